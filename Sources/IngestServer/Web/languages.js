// The languages of the pages, in the order in which the button goes through them. A further one is a file like words-de.js with its
// `words` and `sentences`, how-tos in one like help-en.js, and a line here; what it does not say is said in English.

/** @type {Record<string, Language>} */
export const languages = {
  fr: { name: "Français", locale: "fr-FR", help: async () => await import("./help-fr.js") },
  en: { name: "English", locale: "en-GB", help: async () => await import("./help-en.js") },
};

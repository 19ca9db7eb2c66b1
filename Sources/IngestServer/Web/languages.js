// The languages of the pages, in the order in which the button goes through them. A further one is a file like words-de.js with its
// `words` and `sentences`, and a line here; what it does not say is said in English.

/** @type {Record<string, Language>} */
export const languages = {
  fr: { name: "Français", locale: "fr-FR" },
  en: { name: "English", locale: "en-GB" },
};

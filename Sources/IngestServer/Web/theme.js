// Light, dark, or as the machine has it, and the language: each person's own. The centre keeps them (taste.js), so that another machine has
// them at once; this one remembers the theme for when the centre does not answer.

/** @typedef {"auto" | "light" | "dark"} Theme */

/** @param {{ id: number } | null} person */
const name = (person) => `theme.${person?.id ?? ""}`;

/**
 * What a person chose while the centre did not answer.
 * @param {Person} person
 */
export const unsent = (person) => `unsent.${person.id}`;

/**
 * @param {Person | null} person
 * @returns {Theme}
 */
export function themeOf(person) {
  const theme = localStorage.getItem(name(person));
  return theme === "light" || theme === "dark" ? theme : "auto";
}

/** @param {Person | null} person */
export function showTheme(person) {
  const theme = themeOf(person);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/**
 * @param {Person} person
 * @param {string} theme
 */
export function keepTheme(person, theme) {
  if (theme === "auto") localStorage.removeItem(name(person)); else localStorage.setItem(name(person), theme);
}

/**
 * Somebody is here: their theme is shown. Returns their language, where they ever chose one, and whether the centre does not know what was chosen.
 * @param {Person} person as the centre knows them
 * @returns {{ language?: string, isUnsent: boolean }}
 */
export function settle(person) {
  // What was chosen here without the centre is newer than what it says.
  const text = localStorage.getItem(unsent(person));
  /** @type {Person} */
  const { theme, language } = Object.assign({ ...person }, JSON.parse(text ?? "{}"));
  if (theme) keepTheme(person, theme);
  showTheme(person);
  return { language, isUnsent: text !== null };
}

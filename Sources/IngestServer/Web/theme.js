// Light, dark, or as the machine has it: each person's own, on this machine.

/** @typedef {"auto" | "light" | "dark"} Theme */

/** @param {Person | null} person */
const name = (person) => `theme.${person?.id ?? ""}`;

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
 * @param {Person | null} person
 * @param {string} theme
 */
export function setTheme(person, theme) {
  if (theme === "auto") localStorage.removeItem(name(person)); else localStorage.setItem(name(person), theme);
  showTheme(person);
}

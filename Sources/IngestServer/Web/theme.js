// Light, dark, or as the machine has it, and the language: each person's own. The centre keeps them, so that another machine has them at
// once; this one remembers the theme for when the centre does not answer.

import { request } from "./api.js";

/** @typedef {"auto" | "light" | "dark"} Theme */

/** @param {{ id: number } | null} person */
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
 * @param {Person} person
 * @param {string} theme
 */
function keepTheme(person, theme) {
  if (theme === "auto") localStorage.removeItem(name(person)); else localStorage.setItem(name(person), theme);
}

/** @param {Person} person */
const unsent = (person) => `unsent.${person.id}`;

/**
 * Told to the centre; where it does not answer, at the next sign-in.
 * @param {Person} person
 * @param {{ theme?: string, language?: string }} taste
 */
export async function prefer(person, taste) {
  const whole = { ...JSON.parse(localStorage.getItem(unsent(person)) ?? "{}"), ...taste };
  localStorage.setItem(unsent(person), JSON.stringify(whole));
  try { await request("PUT", "/api/v1/me/preferences", whole); } catch (error) { if (error.status !== 400) return; }
  localStorage.removeItem(unsent(person));
}

/**
 * @param {Person} person
 * @param {string} theme
 */
export function setTheme(person, theme) {
  keepTheme(person, theme);
  showTheme(person);
  return prefer(person, { theme });
}

/**
 * Somebody is here: their theme is shown. Returns their language, where they ever chose one.
 * @param {Person} person as the centre knows them
 * @returns {string | undefined}
 */
export function settle(person) {
  // What was chosen here without the centre is newer than what it says.
  const text = localStorage.getItem(unsent(person));
  const taste = { ...person, ...JSON.parse(text ?? "{}") };
  if (text) prefer(person, {});
  if (taste.theme) keepTheme(person, taste.theme);
  showTheme(person);
  return taste.language;
}

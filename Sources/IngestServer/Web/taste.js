// What a person chooses of the pages is told to the centre, so that another machine has it at sign-in.

import { request } from "./api.js";
import { keepTheme, showTheme, unsent } from "./theme.js";

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

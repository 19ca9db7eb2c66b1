import { h } from "./dom.js";
import { helpLink } from "./help.js";
import { plural, t } from "./i18n.js";

/** Entries of a list that are drawn before somebody asks for more. */
export const entries = 50;

/** How many of each list are shown; a page that is left keeps it. @type {Map<string, number>} */
const shown = new Map();

/**
 * The first of a long list, and a button for more: two thousand missed calls are not two thousand rows to draw each second and to pass by key.
 * @template Item
 * @param {string} name of the list, ends the button's id
 * @param {Item[]} list
 * @param {(item: Item, index: number) => HTMLElement} draw a list item
 * @param {() => void} again draws the page anew
 * @returns {Child[]}
 */
export function firstOf(name, list, draw, again) {
  const count = shown.get(name) ?? entries;
  return [...list.slice(0, count).map(draw),
    list.length > count && h("li", { class: "more" }, h("button", { id: `more-${name}`, onclick: () => { shown.set(name, count + entries); again(); } }, plural("moreEntries", list.length - count)))];
}

/**
 * In place of what is not here yet: it comes, or it cannot, and then what to do stands there.
 * @param {App} app
 */
export const awaited = (app) => (app.isAway()
  ? h("div", { class: "panel empty", role: "status" }, h("h2", {}, t("notHere")), h("p", {}, t("notHereHint")), h("div", { class: "row" }, h("button", { onclick: () => location.reload() }, t("tryAgain")), helpLink("away")))
  : h("p", { class: "quiet" }, "…"));

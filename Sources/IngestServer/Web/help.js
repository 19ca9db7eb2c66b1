import { h } from "./dom.js";
import { lang, t } from "./i18n.js";

/**
 * A link to a how-to (help-fr.js): `/help/NAME` is a page of its own, from which "back" returns.
 * @param {string} name
 * @param {string} [text]
 */
export const helpLink = (name, text = t("helpWhat")) => h("a", { class: "help-link", href: `/help/${name}`, "data-link": true }, text);

/**
 * The same beside an open dialog, which must not go: in a tab of its own.
 * @param {string} name
 */
export const helpAside = (name) => h("a", { class: "help-link", href: `/help/${name}`, target: "_blank", rel: "noopener" }, t("helpWhat"));

/** @type {Map<string, HTMLElement>} */
const kept = new Map();

/**
 * Below each page the link to its how-to. The same node each time, so that the keyboard stays on it.
 * @param {string} page
 */
export function helpFor(page) {
  const key = `${page} ${lang()}`;
  const node = kept.get(key) ?? h("p", { class: "help", id: `help-${page}` }, helpLink(page, t("helpTitle")));
  kept.set(key, node);
  return node;
}

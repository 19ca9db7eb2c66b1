import { h } from "./dom.js";
import { lang, t } from "./i18n.js";

/** Which page of the documentation tells more; they lie beside the sources. @type {Record<PageName, string>} */
export const manuals = {
  receiving: "tutorials/first-scan.md", stocktake: "reference/inventory.md", find: "reference/inventory.md", clients: "how-to/import-files.md", calls: "how-to/answer-calls.md",
  erp: "how-to/connect-an-erp.md", gateways: "how-to/when-scans-are-refused.md", audit: "how-to/people.md",
};

/** @type {Map<string, HTMLElement>} */
const kept = new Map();

/**
 * What a page is for, what to do first, and what to do when it stands still; folded, below the page. The same node each time, so that who opened
 * it keeps it open.
 * @param {PageName} page
 */
export function helpFor(page) {
  const key = `${page} ${lang()}`;
  const node = kept.get(key) ?? h("details", { class: "help", id: `help-${page}` }, h("summary", {}, t("helpTitle")),
    h("dl", {}, h("dt", {}, t("helpFirst")), h("dd", {}, t(`help_${page}`)), h("dt", {}, t("helpBroken")), h("dd", {}, t(`broken_${page}`)),
      h("dt", {}, t("helpMore")), h("dd", {}, h("span", { class: "mono" }, `docs/${manuals[page]}`))));
  kept.set(key, node);
  return node;
}

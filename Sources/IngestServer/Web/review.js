import { h } from "./dom.js";
import { t, number, amount, plural } from "./i18n.js";
import { codeText, signed } from "./parts.js";

/**
 * Whether the ERP has something else than our book there.
 * @param {TakeLine} line
 */
export const differsFromERP = (line) => line.erp !== undefined && line.erp !== (line.book ?? 0);

/**
 * What becomes nothing when somebody says that all was counted: ours, and what the ERP alone has.
 * @param {Take} take
 */
export const toZero = (take) => take.lines.filter((line) => line.counted === 0 && line.result <= 0 && ((line.book ?? 0) > 0 || (line.erp ?? 0) > 0));

/**
 * The list of it, below the question.
 * @param {Take} take
 */
export function drawToZero(take) {
  const gone = toZero(take);
  return gone.length > 0 && h("section", { class: "stack", id: "to-zero" }, h("h3", {}, plural("takeToZero", gone.length)),
    h("ul", { class: "plain" }, gone.slice(0, 100).map((line) => h("li", {}, h("strong", {}, line.description || line.gtin), " ",
      h("span", { class: "soft" }, [t("inBook"), amount(line.book ?? 0, line.unit)].join(" ")), line.erp !== undefined && h("span", { class: "soft" }, ` · ${t("inERP")} ${amount(line.erp, line.unit)}`)))),
    gone.length > 100 && h("p", { class: "soft" }, t("andMore", { n: number(gone.length - 100) })));
}

/**
 * The greatest differences first: what was counted beside what the book says.
 * @param {import("./stocktake.js").StockTakes} view
 * @param {Take} take
 */
export function drawReview(view, take) {
  const open = !view.isDone(take);
  /** @param {TakeLine} line */
  const size = (line) => Math.abs(line.difference ?? 0);
  const differing = take.lines.filter((line) => size(line) > 0);
  // A tag that nobody knows is a difference too: something lies there that the book does not have.
  const unknown = take.unknownTags?.length ?? take.unknown;
  const apart = take.lines.some(differsFromERP);
  const shown = (view.onlyDifferences ? take.lines.filter((line) => size(line) > 0 || differsFromERP(line) || line.unlotted) : [...take.lines]).sort((a, b) => size(b) - size(a) || a.description.localeCompare(b.description));
  // Metres are not added to pieces.
  const sum = differing.reduce((total, line) => total + (line.unit ? 0 : line.difference ?? 0), 0);
  /** @param {string} word */
  const column = (word) => h("th", { class: "num" }, t(word));
  return h("div", { class: "panel stack scroll", id: "review" },
    h("div", { class: "row" }, h("h2", {}, plural("differences", differing.length + unknown)), unknown > 0 && h("span", { class: "pill unknown" }, plural("closeUnknown", unknown)), differing.length > 0 && h("span", { class: "soft" }, t("differenceSum", { n: signed(sum) })),
      h("label", { class: "check push" }, h("input", { type: "checkbox", id: "only-differences", checked: view.onlyDifferences, onchange: (event) => { view.onlyDifferences = event.target.checked; view.app.refresh("stocktake"); } }), h("span", {}, t("onlyDifferences")))),
    shown.length === 0 ? h("p", {}, t(unknown > 0 ? "onlyUnknown" : "noDifferences")) : h("table", { class: open ? "taps stacked" : "stacked" },
      h("thead", {}, h("tr", {}, h("th", {}, t("article")), column("inBook"), apart && column("inERP"), column("counted"), column("movedSince"), column("result"), column("difference"))),
      h("tbody", {}, shown.slice(0, 500).map((line, index) => h("tr", { onclick: open ? () => view.open(take, line) : null },
        h("td", {}, open ? h("button", { class: "line", id: `line-${index}`, "aria-haspopup": "dialog" }, line.description || line.gtin) : line.description || line.gtin, h("div", { class: "soft mono" }, codeText(line.gtin)), line.unlotted !== undefined && h("div", { class: "lost" }, t("unlotted", { n: amount(line.unlotted, line.unit) }))),
        [["inBook", amount(line.book ?? line.expected, line.unit)], ...(apart ? [["inERP", line.erp === undefined ? "·" : amount(line.erp, line.unit)]] : []), ["counted", amount(line.counted, line.unit)], ["movedSince", line.moved ? signed(line.moved) : "·"], ["result", amount(line.result, line.unit)]].map(([word, text]) => h("td", { class: "num", "data-word": t(word) }, text)),
        h("td", { "data-word": t("difference"), class: `num difference ${(line.difference ?? 0) < 0 ? "less" : (line.difference ?? 0) > 0 ? "more" : ""}` }, line.difference ? signed(line.difference) : "="))))),
    shown.length > 500 && h("p", { class: "soft" }, t("andMore", { n: number(shown.length - 500) })));
}

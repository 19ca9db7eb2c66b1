import { h } from "./dom.js";
import { t, number, amount, plural } from "./i18n.js";
import { codeText, isOwnCode, labelForm, pill } from "./parts.js";
import { open } from "./doors.js";
import { Sheet } from "./sheet.js";

/** @type {("expected" | "received" | "missing" | "extra")[]} */
const columns = ["expected", "received", "missing", "extra"];
const lineKinds = ["adjust", "damaged", "refuse", "lot", "later", "accept", "trail"];

/**
 * A tap on a line opens what can be done about it.
 * @param {CountingPage} view
 * @param {Delivery} delivery
 */
export function drawLines(view, delivery) {
  const path = `/api/v1/deliveries/${delivery.id}`;
  /**
   * @param {AnyLine} line
   * @param {boolean} [atOnce] straight to the number
   */
  const touch = async (line, atOnce = false) => { const sheet = await open(view.app, "line", view, delivery.id, line, path, lineKinds); if (atOnce) sheet?.start(); };
  /** What nobody announced and no reader sees: the product is looked for, then its number is keyed in. */
  const byHand = () => open(view.app, "hand", view.app, delivery.lines, (line) => touch(line, true));
  // Labels for what has no barcode of its own.
  const labels = delivery.lines.some((line) => isOwnCode(line.gtin)) && h("button", { id: "print-labels", disabled: view.isAway(), onclick: () => new Sheet(t("printLabels"), () => labelForm(`delivery=${delivery.id}`)) }, t("printLabels"));
  const hand = delivery.status === "open" && h("button", { id: "by-hand", disabled: view.isFixed(), onclick: byHand }, t("countByHand"));
  return h("div", { class: "panel scroll" }, (hand || labels) && h("div", { class: "row" }, h("span", { class: "row push" }, labels, hand)), h("table", { class: "taps stacked four" },
    h("thead", {}, h("tr", {}, h("th", {}, t("article")),
      columns.map((name) => h("th", { class: "num" }, t(name))))),
    h("tbody", {}, delivery.lines.map((line, index) =>
      h("tr", { class: line.extra ? "over" : line.missing === 0 ? "done" : "", onclick: () => touch(line) },
        h("td", {}, h("button", { class: "line", id: `line-${index}`, "aria-haspopup": "dialog" }, line.description || t("notOrdered")), h("div", { class: "soft mono" }, codeText(line.gtin)),
          // No reader sees it of itself: its number is a tap away.
          isOwnCode(line.gtin) && delivery.status === "open" && h("button", { class: "small", id: `hand-${index}`, disabled: view.isFixed(), onclick: (event) => { event.stopPropagation(); touch(line, true); } }, t("keyIn")),
          h("div", { class: "row tags" }, line.damaged > 0 && pill(line.unit ? t("damagedCount", { n: amount(line.damaged, line.unit) }) : plural("damagedCount", line.damaged), "bad"), line.refused > 0 && pill(line.unit ? t("refusedCount", { n: amount(line.refused, line.unit) }) : plural("refusedCount", line.refused), "wait"),
            line.unexpectedSerials !== undefined && line.unexpectedSerials.length > 0 && pill(t("serialDiffers"), "wait"), (line.lots ?? []).map((lot) => pill(t("lotNumber", { lot: lot.number }))))),
        columns.map((name) => h("td", { class: "num", "data-word": t(name) }, amount(line[name], line.unit))))))));
}

/**
 * The pallets and cartons of the paper, and which of their labels were seen.
 * @param {Delivery} delivery
 */
export function drawUnits(delivery) {
  if (!delivery.units?.length) return null;
  const seen = delivery.units.filter((unit) => unit.verified).length;
  /** @param {string} gtin */
  const unitOf = (gtin) => delivery.lines.find((line) => line.gtin === gtin)?.unit;
  /** @param {string} gtin */
  const name = (gtin) => delivery.lines.find((line) => line.gtin === gtin)?.description || gtin;
  return h("div", { class: "panel stack", id: "units" }, h("div", { class: "row" }, h("h2", {}, t("pallets")), h("span", { class: "soft push" }, t("palletsSeen", { seen: number(seen), all: number(delivery.units.length) }))),
    h("ul", { class: "plain call-list" }, delivery.units.slice(0, 300).map((unit) => h("li", { class: unit.parent ? "nested" : "" },
      pill(unit.verified ? t("palletVerified") : t("palletWaiting"), unit.verified ? "good" : ""),
      h("div", { class: "grow" }, h("strong", { class: "mono" }, unit.sscc), unit.parent && h("div", { class: "soft" }, t("palletOn", { sscc: unit.parent })),
        h("div", { class: "soft" }, unit.contents.map((one) => `${amount(one.quantity, unitOf(one.gtin))} × ${name(one.gtin)}${one.lot ? ` (${t("lotNumber", { lot: one.lot })})` : ""}`).join(" · ")))))));
}

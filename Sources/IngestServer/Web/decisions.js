import { h } from "./dom.js";
import { t, when, plural, number, unitName, worded } from "./i18n.js";
import { day, plain, signed, photoLink } from "./parts.js";
import { choose } from "./sheet.js";

/**
 * @param {Counted} detail
 * @param {string} gtin
 */
const nameOf = (detail, gtin) => detail.lines.find((line) => line.gtin === gtin)?.description || gtin;

/**
 * A decision in one line.
 * @param {Counted} detail
 * @param {Decision} decision
 */
export function sayDecision(detail, decision) {
  const unit = unitName(detail.lines.find((line) => line.gtin === decision.gtin)?.unit);
  const n = decision.kind === "adjust" ? signed(decision.quantity ?? 0) : number(decision.quantity ?? 1);
  const what = decision.gtin ? nameOf(detail, decision.gtin) : plain(decision.subject);
  return t(`dec_${decision.kind}`, { what, n: unit ? `${n}\u00A0${unit}` : n, lot: decision.lot ?? "", subject: plain(decision.subject) });
}

/**
 * The last decision that still holds: what a wrong tap is taken back with.
 * @param {Counted} detail
 */
export const lastDecision = (detail) => (detail.decisions ?? []).filter((one) => one.kind !== "undo" && one.kind !== "reopen" && !one.undoneBy).at(-1) ?? null;

/**
 * The mode that scans are taken in, and what takes a mistake back.
 * @param {CountingPage} view
 * @param {Counted} detail
 * @param {string} path
 */
export function drawHand(view, detail, path) {
  const removing = detail.mode === "remove";
  const last = lastDecision(detail);
  return h("div", { class: "hand" },
    detail.status !== "review" && h("button", { class: removing ? "main" : "", id: "mode", disabled: view.isFixed(), "aria-pressed": String(removing), onclick: () => view.act(`${path}/mode`, { mode: removing ? "add" : "remove" }) },
      t(removing ? "modeAdd" : "modeRemove")),
    last && h("button", { id: "undo", disabled: view.isFixed(), onclick: () => view.act(`${path}/decisions`, { kind: "undo", quantity: last.id }) },
      h("span", {}, `↶ ${t("undo", { what: sayDecision(detail, last) })}`, h("span", { class: "soft" }, ` ${worded(last.who)}, ${when(last.at)}`))));
}

/** @param {Counted} detail */
export const drawRemoving = (detail) => detail.mode === "remove" && h("div", { class: "removing", id: "removing", role: "alert" },
  h("span", { class: "mark", "aria-hidden": "true" }, "−"), h("div", {}, h("strong", {}, t("removingTitle")), h("div", {}, t("removingHint"))));

/**
 * @param {Counted} detail
 * @param {Decision} decision
 */
export const drawDecision = (detail, decision) => h("li", { class: decision.undoneBy ? "undone" : "" },
  h("div", { class: "grow" }, h("strong", {}, decision.undoneBy ? h("s", {}, sayDecision(detail, decision)) : sayDecision(detail, decision)),
    h("div", { class: "soft" }, [worded(decision.who), decision.station, when(decision.at), decision.undoneBy && t("undone"), decision.reason && `« ${decision.reason} »`].filter(Boolean).join(" · "))),
  decision.photo ? photoLink(decision.photo) : null);

/**
 * A panel that is folded away; `view.unfolded` keeps it open while the page is drawn anew.
 * @param {CountingPage} view
 * @param {string} id of its title
 * @param {Counted} detail
 * @param {string} title
 * @param {Child} body
 */
function folded(view, id, detail, title, body) {
  const name = `${id} ${detail.id}`;
  return h("details", { class: "panel", open: view.unfolded.has(name), ontoggle: (event) => { if (event.target.open) view.unfolded.add(name); else view.unfolded.delete(name); } },
    h("summary", { id }, h("strong", {}, title)), body);
}

/**
 * Everything that was decided, newest first.
 * @param {CountingPage} view
 * @param {Counted} detail
 */
export function drawHistory(view, detail) {
  const decisions = detail.decisions ?? [];
  if (decisions.length === 0) return null;
  return folded(view, "decisions", detail, plural("decisionCount", decisions.length),
    h("ul", { class: "plain call-list" }, [...decisions].reverse().slice(0, 200).map((one) => drawDecision(detail, one))));
}

/**
 * A pallet that no paper announced; a tag that was received once and has come again.
 * @param {Counted} detail
 * @param {UnknownTag} stray
 */
const whyAsked = (detail, stray) => (stray.subject.startsWith("sscc:") ? t("v_pallet") : stray.gtin ? t("cameBack", { what: nameOf(detail, stray.gtin) }) : null);

/**
 * Labels of which a part could not be read: the article counts, the rest is shown as it was scanned.
 * @param {CountingPage} view
 * @param {Delivery | Take} detail
 */
export function drawRemarks(view, detail) {
  if (!detail.remarks?.length) return null;
  return folded(view, "remarks", detail, plural("remarkCount", detail.remarks.length),
    h("ul", { class: "plain call-list" }, detail.remarks.map((one) => h("li", {}, h("div", { class: "grow" }, h("strong", {}, one.gtin ? nameOf(detail, one.gtin) : plain(one.subject)),
      h("div", { class: "mono" }, worded(one.text)), h("div", { class: "soft" }, when(one.at)))))));
}

/**
 * What the paper says beside its lines: who takes part, when what was, other papers. Those of one kind stand together, under the paper's
 * own code where there is no word for it.
 * @param {CountingPage} view
 * @param {Delivery} detail
 */
export function drawPaper(view, detail) {
  if (!detail.details?.length) return null;
  /** @type {Map<string, string[]>} */
  const facts = new Map();
  for (const { kind, code, value } of detail.details) {
    const key = `paper_${kind}_${code}`;
    const label = t(key) === key ? code : t(key);
    facts.set(label, [...facts.get(label) ?? [], kind === "date" ? day(value) : value]);
  }
  return folded(view, "paper", detail, t("onPaper"),
    h("dl", { class: "factlist" }, [...facts].map(([label, values]) => h("div", {}, h("dt", {}, label), h("dd", {}, values.join(", "))))));
}

/**
 * Tags nobody knows: each is named, or put aside.
 * @param {CountingPage} view
 * @param {Counted} detail
 * @param {string} path
 * @param {{ ignorable: boolean }} options
 */
export function drawUnknown(view, detail, path, { ignorable }) {
  if (!detail.unknownTags?.length) return null;
  const ignored = new Set((detail.decisions ?? []).filter((one) => one.kind === "ignore" && !one.undoneBy).map((one) => one.subject));
  /** @param {object} body */
  const decide = (body) => view.act(`${path}/decisions`, body);
  return h("div", { class: "panel stack", id: "unknown" }, h("h2", {}, t("unknownTags")),
    h("ul", { class: "plain call-list" }, detail.unknownTags.slice(0, 200).map((stray, index) => h("li", {},
      h("div", { class: "grow" }, h("span", { class: "mono" }, plain(stray.subject)), h("div", { class: "soft" }, [whyAsked(detail, stray), ignored.has(stray.subject) ? t("ignored") : when(stray.at)].filter(Boolean).join(" · "))),
      detail.status !== "closed" && !view.isDone(detail) && [
        stray.gtin && h("button", { id: `again-${index}`, disabled: view.isFixed(), onclick: () => decide({ kind: "associate", subject: stray.subject, gtin: stray.gtin }) }, t("receiveAgain")),
        h("button", { id: `this-is-${index}`, disabled: view.isFixed(), onclick: () => view.name(detail, stray.subject) }, t("thisIs")),
        ignorable && !ignored.has(stray.subject) && h("button", { id: `ignore-${index}`, disabled: view.isFixed(), onclick: () => decide({ kind: "ignore", subject: stray.subject }) }, t("ignore")),
        h("button", { id: `take-off-${index}`, disabled: view.isFixed(), onclick: async () => {
          if (await choose(t("takeOffTitle"), plain(stray.subject), [[t("takeOff"), "yes", "main"], [t("cancel"), null, ""]]) === "yes") decide({ kind: "remove", subject: stray.subject });
        } }, t("takeOff")),
      ]))),
    detail.unknownTags.length > 200 && h("p", { class: "soft" }, t("andMore", { n: number(detail.unknownTags.length - 200) })));
}

// What an import would change, before it does: what stands there now beside what would, and how the file's text is read.

import { h } from "./dom.js";
import { t, number } from "./i18n.js";

const styles = { new: "good", changed: "wait", gone: "bad" };
const measured = new Set(["quantity", "minimum", "carton_quantity"]);

/**
 * A text of the centre as people read it: a number with the marks of their language.
 * @param {string} name
 * @param {string | undefined} text
 */
const said = (name, text) => (text === undefined ? "—" : measured.has(name) ? number(Number(text)) : text);

/** @param {ImportChanges["rows"][number]} row */
function drawRow({ kind, title, fields }) {
  const head = h("tr", {}, h("th", { colspan: 2, scope: "rowgroup" }, h("span", { class: `pill ${styles[kind]}` }, t(`change_${kind}`)), " ", title));
  // What is new, or goes, has one side alone.
  const whole = kind !== "changed" && h("tr", {}, h("td", { colspan: 2 },
    fields.map(({ name, now, next }) => t("titled", { title: t(`field_${name}`), what: said(name, kind === "new" ? next : now) })).join(" · ")));
  return h("tbody", {}, head, whole || fields.map(({ name, now, next }) => h("tr", {},
    h("td", { class: "now" }, h("div", { class: "soft" }, t(`field_${name}`)), h("span", {}, said(name, now))), h("td", { class: "next" }, said(name, next)))));
}

/**
 * @param {ImportChanges} changes
 * @returns {Child}
 */
export function drawChanges(changes) {
  const total = changes.new + changes.changed + changes.gone;
  const counts = h("p", { class: "row" }, ["new", "changed", "gone", "unchanged"].map((kind) =>
    h("span", { class: "pill" }, t("titled", { title: t(`changes_${kind}`), what: number(changes[/** @type {"new"} */ (kind)]) }))));
  if (total === 0) return h("section", { class: "stack" }, counts, changes.unchanged > 0 && h("p", { class: "quiet" }, t("changesNone")));
  return h("section", { class: "stack" }, h("h3", {}, t("changesTitle")), counts,
    h("div", { class: "changes", tabindex: 0, role: "region", "aria-label": t("changesTitle") },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("changesNow")), h("th", { scope: "col" }, t("changesNext")))),
        changes.rows.map(drawRow))),
    total > changes.rows.length && h("p", { class: "quiet" }, t("changesMore", { n: number(changes.rows.length), all: number(total) })));
}

/** What a person can say of a file's text. An empty word leaves it to what each number tells. */
const choices = {
  separator: ["semicolon", "comma", "tab", "bar"],
  encoding: ["utf-8", "windows-1252", "utf-16"],
  decimal: ["", "comma", "point"],
};
const names = /** @type {(keyof typeof choices)[]} */ (Object.keys(choices));

/**
 * How the text was read, told in one line, and chosen otherwise below it.
 * @param {TableReading} reading
 * @param {{ asBefore: boolean, changed: (name: keyof TableReading, word: string) => void, anew: () => void }} options `asBefore`: as somebody said of the last file like it
 * @returns {Child}
 */
export function drawReading(reading, { asBefore, changed, anew }) {
  const told = names.filter((name) => reading[name]).map((name) => t("titled", { title: t(`read_${name}`), what: t(`read_${name}_${reading[name]}`) }));
  return h("details", { class: "reading", id: "reading" }, h("summary", {}, asBefore && `${t("readBefore")} · `, told.join(" · ") || t("readHow")),
    h("div", { class: "stack" }, h("div", { class: "columns" }, names.map((name) => h("label", {}, h("span", {}, t(`read_${name}`)),
      h("select", { name, onchange: (event) => changed(name, event.target.value) },
        [...(reading[name] || choices[name][0] === "" ? [] : [""]), ...choices[name]].map((word) =>
          h("option", { value: word, selected: word === (reading[name] ?? "") }, t(`read_${name}_${word || "none"}`))))))),
    asBefore && h("button", { type: "button", class: "small", id: "read-anew", onclick: anew }, t("readAnew")),
    h("p", { class: "quiet" }, t("readHint"))));
}

import { h } from "./dom.js";
import { helpLink } from "./help.js";
import { t, lang, locale, number, divisible, exact, unitName } from "./i18n.js";

/**
 * What was read, without the word that says how.
 * @param {string | null | undefined} subject
 */
export const plain = (subject) => String(subject ?? "").replace(/^(tag|text|scan|serial|sscc|dock):/, "");

/**
 * The same list in its three forms; CSV comes first.
 * @param {string} address
 * @param {string} [query] begins with `?`
 * @param {boolean} [away] there is nobody to make them
 */
export const exportLinks = (address, query = "", away = false) => [["csv", "CSV"], ["xlsx", "Excel"], ["pdf", "PDF"]].map(([form, label]) =>
  h("a", { class: "button", href: away ? null : `${address}/export.${form}${query}${query ? "&" : "?"}lang=${lang()}`, role: away ? "link" : null, "aria-disabled": away ? "true" : null, download: "", "aria-label": t("exportAs", { form: label }), title: t("exportAs", { form: label }) }, label));

/**
 * Which labels, on which sheet: a link to their PDF.
 * @param {string} query what they are of: `gtin=…` or `delivery=…`
 * @param {{ copies?: boolean, serials?: boolean }} [asked] what can be chosen beside the sheet
 */
export function labelForm(query, asked) {
  const { copies, serials } = { copies: false, serials: false, ...asked };
  const many = h("input", { type: "number", min: 1, max: 1000, value: 1, inputmode: "numeric", id: "label-copies" });
  const skip = h("input", { type: "number", min: 0, max: 39, value: 0, inputmode: "numeric", id: "label-skip" });
  const own = h("input", { type: "checkbox", id: "label-serials" });
  const format = h("select", { id: "label-sheet" }, [["3x8", "70 × 37 mm"], ["4x10", "52,5 × 29,7 mm"], ["2x5", "105 × 57 mm"]].map(([name, size]) => h("option", { value: name }, `${(name ?? "").replace("x", " × ")} (${size})`)));
  const link = h("a", { class: "button main big", id: "label-print", download: "" }, t("labelsPDF"));
  const told = () => { link.setAttribute("href", `/api/v1/labels?${query}&sheet=${format.value || "3x8"}&copies=${Number(many.value) || 1}&skip=${Number(skip.value) || 0}${own.checked ? "&serials=1" : ""}`); };
  for (const one of [many, skip, own, format]) one.onchange = told;
  told();
  return h("div", { class: "stack" }, h("p", { class: "soft" }, t("labelsHint")),
    copies && h("label", {}, h("span", {}, t("labelsCopies")), many), h("label", {}, h("span", {}, t("labelsSheet")), format),
    h("label", {}, h("span", {}, t("labelsSkip")), skip), serials && h("label", { class: "check" }, own, h("span", {}, t("labelsSerials"))), link);
}

/**
 * An article's code as people read it: its GTIN; without one its reference, where that does not stand beside it.
 * @param {string} code
 * @param {string} [reference]
 */
export const codeText = (code, reference) => {
  if (!isOwnCode(code)) return code;
  const own = code.startsWith("#erp:") ? "" : code.slice(1);
  return [t("noGTIN"), own !== reference && own].filter(Boolean).join(" · ");
};

/**
 * Whether it is a code of ours, of an article that has no GTIN (`ArticleCode`).
 * @param {string} code
 */
export const isOwnCode = (code) => code.startsWith("#");

/**
 * @param {string} text
 * @param {string} [style]
 */
export const pill = (text, style = "") => h("span", { class: `pill ${style}` }, text);

/**
 * Where there is nothing: what it is, how something comes there, and the how-to.
 * @param {string} title
 * @param {string} text
 * @param {string} help name of the how-to
 */
export const empty = (title, text, help) => h("div", { class: "panel empty" }, h("h2", {}, title), text && h("p", {}, text), h("p", {}, helpLink(help)));

/** Forms that are built once for each language, so that drawing again does not empty them. */
export class Forms {
  constructor() {
    /** @type {Map<string, HTMLElement>} */
    this.all = new Map();
  }
  clear() { this.all.clear(); }
  /**
   * @template {HTMLElement} Form
   * @param {string} name
   * @param {() => Form} make
   * @returns {Form}
   */
  get(name, make) {
    const key = `${name} ${lang()}`;
    const form = /** @type {Form | undefined} */ (this.all.get(key)) ?? make();
    this.all.set(key, form);
    return form;
  }
}

/**
 * @param {string} label
 * @param {Child} input
 */
export const field = (label, input) => h("label", {}, h("span", {}, label), input);

/**
 * Keys for gloves: ten digits, one that takes back, and one of the caller's.
 * @param {(key: string) => void} press
 * @param {{ label: string, value: string, name: string } | null} other
 */
export function keypad(press, other) {
  /** @type {(label: string, value: string, name?: string) => HTMLElement} */
  const key = (label, value, name) => h("button", { type: "button", "aria-label": name, onclick: () => press(value) }, label);
  return h("div", { class: "keypad" }, [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => key(String(n), String(n))),
    other ? key(other.label, other.value, other.name) : h("span", {}), key("0", "0"), key("⌫", "back", t("eraseDigit")));
}

/**
 * A number set by big keys, by ± buttons or by typing; `signed` may be negative. In a `unit` that can be divided, or with `parts`, it has
 * three decimals at most, else it is whole.
 * @param {{ value?: number, signed?: boolean, unit?: string, parts?: boolean, min?: number, max?: number, label: string, changed?: (n: number) => void }} options
 */
export function numberPad({ value = 0, signed = false, unit, parts = divisible(unit), min = signed ? -1000000 : 0, max = 1000000, label, changed }) {
  const pad = { value };
  const mark = new Intl.NumberFormat(locale()).formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
  let fresh = true;
  /** @param {number} n */
  const text = (n) => (signed && n > 0 ? "+" : "") + String(n).replace("-", "−").replace(".", mark);
  /** @type {HTMLInputElement} */
  const shown = h("input", { class: "big-number", inputmode: "none", autocomplete: "off", "aria-label": label, "data-second": true, value: text(value),
    onfocus: () => shown.select(),
    // A scanner that types ends with Enter: a barcode is no quantity and saves nothing.
    onkeydown: (event) => { if (event.key === "Enter") event.preventDefault(); },
    oninput: () => {
      const typed = shown.value.replace("−", "-").replace(/[\s\u00A0\u202F]/g, "");
      const digits = parts ? typed.replace(",", ".").replace(/[^\d.-]/g, "") : typed.replace(/[^\d-]/g, "");
      const fits = parts ? /^-?\d{0,7}(\.\d{0,3})?$/.test(digits) : digits.length <= 7;
      if (fits) set(Number(digits) || 0, false); else shown.value = text(pad.value);
    } });
  /**
   * @param {number} n
   * @param {boolean} [write]
   */
  const set = (n, write = true) => {
    const wanted = parts ? exact(n) : n;
    pad.value = Math.max(min, Math.min(max, wanted));
    if (write || pad.value !== wanted) shown.value = text(pad.value);
    changed?.(pad.value);
  };
  /** @param {string} key */
  const press = (key) => {
    if (key === "sign") { set(-pad.value); return; }
    const sign = pad.value < 0 ? -1 : 1;
    const before = fresh && key !== "back" ? "" : (parts ? shown.value.replace(/[^\d.,]/g, "") : String(Math.abs(pad.value))).replace(/^0$/, "");
    fresh = false;
    const typed = (key === "back" ? before.slice(0, -1) : before + (key === "mark" ? mark : key)).replace(/^[.,]/, "0$&");
    if (!parts) { set(sign * Number(typed.slice(0, 7))); return; }
    if (!/^\d{0,7}([.,]\d{0,3})?$/.test(typed)) return;
    const wanted = sign * (Number(typed.replace(",", ".")) || 0);
    set(wanted);
    // What is being typed stays so: "12," is no number yet.
    if (pad.value === exact(wanted) && /[.,]/.test(typed)) shown.value = `${sign < 0 ? "−" : signed ? "+" : ""}${typed}`;
  };
  /** @param {number} n */
  const step = (n) => h("button", { type: "button", onclick: () => { fresh = true; set(pad.value + n); } }, `${n < 0 ? "−" : "+"}${Math.abs(n)}`);
  const turn = { label: "±", value: "sign", name: t("changeSign") };
  const first = parts && signed ? h("button", { type: "button", "aria-label": turn.name, onclick: () => press("sign") }, turn.label) : step(-10);
  return Object.assign(pad, { set, node: h("div", { class: "numberpad" }, h("div", { class: "steps" }, first, step(-1), shown, step(1), step(10)),
    parts && !signed && unitName(unit) && h("p", { class: "soft" }, unitName(unit)), keypad(press, parts ? { label: mark, value: "mark", name: t("decimalMark") } : signed ? turn : null)) });
}

/**
 * One of a few, with room for a thumb.
 * @param {string} name
 * @param {string[][]} answers each [value, label]
 * @param {string | null | undefined} chosen
 * @param {(value: string) => void} changed
 */
export const radios = (name, answers, chosen, changed) => h("div", { class: "big-choices", role: "radiogroup" }, answers.map(([value, label]) =>
  h("label", { class: "choice" }, h("input", { type: "radio", name, value, id: `${name}-${value}`, checked: chosen === value, onchange: () => changed(value) }), h("span", {}, label))));

/**
 * `+3`, `−2`, `0`.
 * @param {number} n
 */
export const signed = (n) => (n > 0 ? `+${number(n)}` : number(n).replace("-", "−"));

/**
 * A day as the language writes it; the text itself when it is none.
 * @param {string | number | null | undefined} text
 */
export function day(text) {
  const date = text ? new Date(typeof text === "number" ? text : `${String(text).slice(0, 10)}T12:00:00`) : null;
  return !date || Number.isNaN(date.getTime()) ? String(text ?? "") : date.toLocaleDateString(locale());
}

/**
 * How long ago, in the largest word that fits.
 * @param {number} at
 */
export function ago(at) {
  const minutes = Math.max(0, Math.round((Date.now() - at) / 60000));
  if (minutes < 1) return t("justNow");
  const words = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  if (minutes < 60) return words.format(-minutes, "minute");
  if (minutes < 1440) return words.format(-Math.round(minutes / 60), "hour");
  return words.format(-Math.round(minutes / 1440), "day");
}

/** @type {Record<string, string>} */
export const jobStyles = { waiting: "wait", running: "wait", done: "good", dead: "bad" };

/** @param {number} id */
export const photoLink = (id) => h("a", { class: "photo-link", href: `/api/v1/photos/${id}`, target: "_blank", rel: "noopener" },
  h("img", { src: `/api/v1/photos/${id}`, alt: t("photo"), loading: "lazy" }));

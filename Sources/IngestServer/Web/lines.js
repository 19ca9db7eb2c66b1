import { h } from "./dom.js";
import { get } from "./api.js";
import { t, when, amount, exact, divisible, unitName } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { completion } from "./picker.js";
import { codeText, field, numberPad, pill, plain, signed, day } from "./parts.js";
import { photoField } from "./photo.js";
import { drawDecision } from "./decisions.js";

/** @type {("expected" | "received" | "missing" | "extra" | "damaged" | "refused")[]} */
const sums = ["expected", "received", "missing", "extra", "damaged", "refused"];

/** What can be decided about one product of a delivery or of a count. */
export class LineSheet {
  /**
   * @param {CountingPage} view
   * @param {number} id
   * @param {AnyLine} line
   * @param {string} path the delivery's or the count's address
   * @param {string[]} kinds what may be decided there
   */
  constructor(view, id, line, path, kinds) {
    this.view = view;
    this.app = view.app;
    this.id = id;
    this.gtin = line.gtin;
    this.unit = line.unit;
    this.path = path;
    this.kinds = kinds;
    this.sheet = new Sheet(line.description || line.gtin, () => this.menu());
  }

  /** Straight to the number. */
  start() { this.sheet.show(() => this.adjust()); }

  get detail() { return this.view.detail.get(this.id); }

  /** Two lines of one product are decided as one. */
  get line() {
    const lines = (this.detail?.lines ?? []).filter((one) => one.gtin === this.gtin);
    /** @param {typeof sums[number]} name */
    const sum = (name) => exact(lines.reduce((total, one) => total + (one[name] ?? 0), 0));
    return { gtin: this.gtin, lots: lines.flatMap((one) => one.lots ?? []), unexpectedSerials: lines.flatMap((one) => one.unexpectedSerials ?? []), counted: lines[0] ? lines[0].counted : this.path.includes("/takes/") ? 0 : undefined, unlotted: lines[0]?.unlotted,
      expected: sum("expected"), received: sum("received"), missing: sum("missing"), extra: sum("extra"), damaged: sum("damaged"), refused: sum("refused") };
  }

  /** A part of a metre is keyed in digit by digit, from nothing. */
  get least() { return this.parts ? 0 : 1; }

  /** Where an ERP counts in parts of a unit that nobody knows, so do we. */
  get parts() { return divisible(this.unit) || (this.detail?.lines ?? []).some((one) => one.gtin === this.gtin && [one.expected, one.received, one.counted, one.book].some((amount) => !Number.isInteger(amount ?? 0))); }

  menu() {
    const line = this.line;
    const has = line.counted ?? line.received;
    const away = this.view.isFixed();
    const done = this.view.isDone(this.detail);
    // An ERP may ask for the lot when everything is closed.
    const late = this.detail?.status === "closed" && this.detail?.erpJob?.state === "dead";
    /** @param {string} kind */
    const can = (kind) => (!done || (late && kind === "lot")) && this.kinds.includes(kind);
    /** @type {(kind: "adjust" | "damaged" | "refuse" | "lot" | "trail", label: string, style?: string, usable?: boolean) => Child} */
    const item = (kind, label, style, usable = true) => h("button", { id: `do-${kind}`, class: style, disabled: away || !usable, onclick: () => this.sheet.show(() => this[kind]()) }, label);
    /** @type {(kind: string, label: string) => Child} */
    const now = (kind, label) => h("button", { id: `do-${kind}`, disabled: away, onclick: () => this.decide({ kind, gtin: this.gtin }) }, label);
    return [
      h("p", { class: "mono soft" }, codeText(this.gtin)),
      line.counted === undefined
        ? h("p", { class: "sums" }, sums.filter((name, index) => index < 2 || line[name] > 0).map((name) => h("span", {}, h("b", {}, amount(line[name], this.unit)), ` ${t(name)}`)))
        : h("p", { class: "sums" }, h("span", {}, h("b", {}, amount(line.counted, this.unit)), this.unit ? "" : ` ${t("countedPieces")}`)),
      line.lots.length > 0 && h("ul", { class: "plain" }, line.lots.map((lot) => h("li", {}, pill(t("lotNumber", { lot: lot.number })), `× ${amount(lot.quantity, this.unit)}`, lot.expires && h("span", { class: "soft" }, t("expires", { when: day(lot.expires) })), lot.fromPaper && h("span", { class: "soft" }, t("lotFromPaper"))))),
      line.unexpectedSerials.length > 0 && h("p", {}, h("strong", {}, t("unexpectedSerials")), " ", h("span", { class: "mono" }, line.unexpectedSerials.join(", "))),
      away && h("p", { class: "notice wait" }, t("needsServer")),
      h("div", { class: "big-choices" },
        can("adjust") && item("adjust", t("doAdjust"), "main"),
        can("damaged") && item("damaged", t("doDamaged"), "", has - line.damaged > 0),
        can("refuse") && item("refuse", t("doRefuse"), "", has > 0),
        can("lot") && item("lot", t("doLot")),
        can("later") && line.missing > 0 && [now("later", t("doLater")), now("never", t("doNever"))],
        can("accept") && line.extra > 0 && now("accept", t("doAccept")),
        this.kinds.includes("trail") && item("trail", t("doTrail"))),
    ];
  }

  /** @param {object} body */
  async decide(body) {
    const detail = await this.view.act(`${this.path}/decisions`, body);
    if (detail) this.sheet.close();
    return detail;
  }

  /**
   * A form with one number, what else it needs, and what it sends.
   * @param {string} title
   * @param {ReturnType<typeof numberPad>} pad
   * @param {Child} more
   * @param {() => Promise<object | null>} body
   * @param {Child} [hint]
   */
  form(title, pad, more, body, hint) {
    const button = h("button", { class: "main big", type: "submit", id: "save-line" }, t("save"));
    return h("form", {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        if (button.disabled) return;
        button.disabled = true;
        const sent = await this.app.attempt(body);
        if (sent) await this.decide(sent);
        button.disabled = false;
      },
    }, h("h3", {}, title), hint, pad.node, more, h("div", { class: "row" }, button,
      h("button", { type: "button", onclick: () => this.sheet.show(() => this.menu()) }, `‹ ${t("backToLine")}`)));
  }

  adjust() {
    const has = this.line.counted ?? this.line.received;
    const after = h("p", { class: "after", "aria-live": "polite" });
    /** @param {number} n */
    const tell = (n) => { after.textContent = t("adjustAfter", { before: amount(has, this.unit), change: signed(n), after: amount(Math.max(0, exact(has + n)), this.unit) }); };
    const pad = numberPad({ signed: true, unit: this.unit, parts: this.parts, min: -has, label: t("doAdjust"), changed: tell });
    tell(0);
    const reason = h("input", { maxlength: 200, autocomplete: "off" });
    return this.form(t("adjustTitle"), pad, field(t("reason"), reason), async () => {
      if (pad.value === 0) { this.sheet.say(t("notZero")); return null; }
      return { kind: "adjust", gtin: this.gtin, quantity: pad.value, reason: reason.value.trim() || undefined };
    }, after);
  }

  damaged() {
    const pad = numberPad({ value: this.least, unit: this.unit, parts: this.parts, min: this.least, max: exact(this.line.received - this.line.damaged), label: t("damaged") });
    const reason = h("input", { maxlength: 200, autocomplete: "off" });
    const photo = photoField(this.app);
    return this.form(t("damagedTitle"), pad, [photo.node, field(t("reason"), reason)], async () =>
      ({ kind: "damaged", gtin: this.gtin, quantity: pad.value, reason: reason.value.trim() || undefined, photo: await photo.send() ?? undefined }));
  }

  refuse() {
    const pad = numberPad({ value: Math.max(this.least, this.line.extra), unit: this.unit, parts: this.parts, min: this.least, max: this.line.received, label: t("refused") });
    const reason = h("input", { maxlength: 200, autocomplete: "off" });
    const photo = photoField(this.app);
    return this.form(t("refuseTitle"), pad, [photo.node, field(t("reason"), reason)], async () =>
      ({ kind: "refuse", gtin: this.gtin, quantity: pad.value, reason: reason.value.trim() || undefined, photo: await photo.send() ?? undefined }));
  }

  lot() {
    const pad = numberPad({ value: Math.max(this.least, this.line.unlotted ?? exact(this.line.received - this.line.lots.reduce((n, one) => n + one.quantity, 0))), unit: this.unit, parts: this.parts, min: this.least, label: t("quantity") });
    const lot = h("input", { maxlength: 20, required: true, autocomplete: "off", autocapitalize: "characters", "data-first": true });
    return this.form(t("lotTitle"), pad, field(t("lotLabel"), lot), async () => ({ kind: "lot", gtin: this.gtin, quantity: pad.value, lot: lot.value.trim() }));
  }

  trail() {
    const box = h("div", {}, h("p", { class: "soft" }, "…"));
    const detail = this.detail;
    this.app.attempt(() => /** @type {Promise<(Read | Decision)[]>} */ (get(`${this.path}/trail?gtin=${encodeURIComponent(this.gtin)}`))).then((list) => {
      if (!list || !detail) { box.replaceChildren(h("p", {}, t("unreachable"))); return; }
      box.replaceChildren(list.length === 0 ? h("p", { class: "soft" }, t("noTrail")) : h("ul", { class: "plain call-list" }, list.map((one) => (one.kind === "read" ? this.drawRead(/** @type {Read} */ (one)) : drawDecision(detail, /** @type {Decision} */ (one))))));
    });
    return [h("h3", {}, t("doTrail")), box, h("button", { onclick: () => this.sheet.show(() => this.menu()) }, `‹ ${t("backToLine")}`)];
  }

  /** @param {Read} one */
  drawRead(one) {
    const how = t(`read_${String(one.subject).split(":")[0]}`);
    const code = h("span", { class: "mono" }, plain(one.subject));
    return h("li", {}, h("div", { class: "grow" }, h("strong", {}, `${signed(one.quantity)}${unitName(this.unit) && `\u00A0${unitName(this.unit)}`} `), how, " ", one.removed ? h("s", {}, code) : code,
      h("div", { class: "soft" }, [when(one.at), one.device, one.zone, one.lot && t("lotNumber", { lot: one.lot }), one.serial && t("serialNumber", { serial: one.serial }), one.removed && t("takenOff"), one.archive && t("archivedIn", { file: one.archive })].filter(Boolean).join(" · ")),
      one.record && h("div", { class: "soft mono" }, t("recordNumber", { n: one.record }))));
  }
}

/**
 * The line of a product that was looked for: with its unit, if need be from the catalogue.
 * @param {AnyLine[]} lines
 * @param {{ ref: string, title?: string }} one
 */
export async function lineFor(lines, one) {
  const known = lines.find((line) => line.gtin === one.ref);
  if (known) return known;
  const product = await get(`/api/v1/products/${encodeURIComponent(one.ref)}`).catch(() => null);
  return { gtin: one.ref, description: one.title, unit: product?.unit === "C62" ? undefined : product?.unit };
}

/**
 * "This is…": which product an unknown tag is on.
 * @param {CountingPage} view
 * @param {Counted} detail
 * @param {string} subject
 * @param {string} path
 */
export function nameTag(view, detail, subject, path) {
  const app = view.app;
  /** @type {Set<string>} */
  const seen = new Set();
  const near = detail.lines.filter((line) => !seen.has(line.gtin) && seen.add(line.gtin))
    .sort((a, b) => (b.missing ?? 0) - (a.missing ?? 0)).slice(0, 8).map((line) => ({ ref: line.gtin, title: line.description || line.gtin, detail: line.missing ? `${codeText(line.gtin)} · ${amount(line.missing, line.unit)} ${t("missing").toLowerCase()}` : codeText(line.gtin) }));
  // A pallet that nobody announced: how many are on it.
  const pieces = subject.startsWith("sscc:") && path.includes("deliveries") ? h("input", { type: "number", min: 0.001, max: 100000, step: "any", value: 1, inputmode: "decimal", id: "pallet-pieces" }) : null;
  const sheet = new Sheet(t("thisIs"), () => [
    h("p", { class: "mono" }, plain(subject)),
    pieces && field(t("palletPieces"), pieces),
    completion(app, {
      kinds: ["product"], label: t("searchProduct"), near,
      found: async (one) => { if (await view.act(`${path}/decisions`, { kind: "associate", subject, gtin: one.ref, quantity: pieces ? Number(pieces.value) || 1 : undefined })) sheet.close(); },
    }).node,
    h("p", { class: "soft" }, t("thisIsHint")),
  ]);
}

/**
 * What nobody announced and no reader sees: the product is looked for.
 * @param {App} app
 * @param {AnyLine[]} lines
 * @param {(line: AnyLine) => void} found
 */
export function countByHand(app, lines, found) {
  const sheet = new Sheet(t("countByHand"), () => completion(app, {
    kinds: ["product"], label: t("searchProduct"),
    found: async (one) => { sheet.close(); found(await lineFor(lines, one)); },
  }).node);
}

import { ask, h } from "./dom.js";
import { get, post } from "./api.js";
import { t, plural, number, amount } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { field, plain, radios } from "./parts.js";
import { lost } from "./reopen.js";
import { drawQuestion, questionsOf } from "./questions.js";
import { photosField } from "./photo.js";
import { signatureField } from "./sign.js";

/** Every open question with its answers; it closes when all have one. */
export class Closing {
  /**
   * @param {import("./receiving.js").Receiving} view
   * @param {Delivery} detail
   */
  constructor(view, detail) {
    this.view = view;
    this.app = view.app;
    this.id = detail.id;
    /** @type {Record<string, string>} */
    this.answers = {};
    this.reason = h("input", { maxlength: 200, autocomplete: "off", id: "close-reason" });
    this.signature = signatureField(this.app, detail);
    this.photos = photosField(this.app);
    view.closing = this;
    /** @type {Sheet} */
    this.sheet = new Sheet(t("confirmClose"), () => this.draw(), { wide: true });
  }

  get detail() { return this.view.detail.get(this.id); }

  /** @returns {Child} */
  draw() {
    const detail = this.detail;
    if (!detail) return null;
    const questions = questionsOf(detail);
    /** @param {...string} kinds */
    const group = (...kinds) => questions.filter((one) => kinds.includes(one.kind));
    /** @type {["short" | "extra" | "unknown", Question[]][]} */
    const all = [["short", group("short")], ["extra", group("over", "unordered")], ["unknown", group("unknown")]];
    const groups = all.filter(([, list]) => list.length > 0);
    const single = group("serial", "dock");
    const open = single.length > 0 || groups.some(([name]) => !this.answers[name]);
    return [
      h("p", {}, t("closeSum", { received: number(detail.received), expected: number(detail.expected) })),
      single.map((one, index) => drawQuestion(this.view, detail, one, `-${index}-closing`, () => this.sheet.draw())),
      groups.map(([name, list]) => this.drawGroup(detail, name, list)),
      groups.length > 0 && field(t("reasonOptional"), this.reason),
      this.signature.node, this.photos.node,
      open && h("p", { class: "soft", id: "close-why" }, t("closeWhy")),
      h("div", { class: "row" },
        h("button", { class: "main big", id: "close-now", disabled: open || this.view.isAway(), "aria-describedby": open ? "close-why" : null, onclick: () => this.close() }, t("close")),
        h("button", { class: "big", onclick: () => this.sheet.close() }, t("cancel"))),
    ];
  }

  /**
   * @param {Delivery} detail
   * @param {"short" | "extra" | "unknown"} name
   * @param {Question[]} list
   */
  drawGroup(detail, name, list) {
    const answers = { short: [["later", t("shortLater")], ["never", t("shortNever")]], extra: [["accept", t("extraAccept")], ["refuse", t("extraRefuse")]], unknown: [["ignore", t("unknownIgnore")]] }[name];
    /** @param {Question} one */
    const unit = (one) => detail.lines.find((line) => line.gtin === one.gtin)?.unit;
    // What is measured is one thing among pieces, as in the sums above.
    const total = list.reduce((sum, one) => sum + (unit(one) ? 1 : one.quantity ?? 1), 0);
    const word = { short: "closeMissing", extra: "closeExtra", unknown: "closeUnknown" }[name];
    /** @param {Question} one */
    const title = (one) => (one.gtin ? detail.lines.find((line) => line.gtin === one.gtin)?.description || one.gtin : plain(one.subject));
    return h("fieldset", { class: "question" }, h("legend", {}, plural(word, total)),
      h("ul", { class: "plain asked" }, list.slice(0, 12).map((one) => h("li", {}, h("b", {}, amount(one.quantity ?? 1, unit(one))), h("span", { class: one.gtin ? "" : "mono" }, title(one)), one.kind === "unordered" && h("span", { class: "pill extra" }, t("unordered")))),
        list.length > 12 && h("li", { class: "soft" }, t("andMore", { n: number(list.length - 12) }))),
      radios(name, answers, this.answers[name], (value) => { this.answers[name] = value; this.sheet.draw(); }),
      name === "unknown" && h("button", { onclick: () => { this.sheet.close(); document.getElementById("this-is-0")?.focus(); } }, t("unknownName")));
  }

  async close() {
    this.sheet.say("");
    try {
      await this.signature.send(this.id);
      const photos = await this.photos.send();
      const view = await post(`/api/v1/deliveries/${this.id}/close`, { ...this.answers, reason: this.reason.value.trim() || undefined, photos });
      this.view.take(view);
      this.sheet.close();
      await this.view.load();
    } catch (error) {
      if (error.code === "undecided") {
        // Something was read while this was being answered: what was chosen was about less.
        this.answers = {};
        const fresh = await this.app.attempt(() => get(`/api/v1/deliveries/${this.id}`));
        if (fresh) this.view.take(error.problem.questions ? { ...fresh, questions: error.problem.questions } : fresh);
        this.sheet.draw();
        this.sheet.say(t("code_undecided"));
      } else {
        if (error.code === "not-open") this.sheet.close();
        await lost(this.view, error);
      }
    }
  }
}

/**
 * Closes a delivery: with its questions, or by a word where there is none.
 * @param {import("./receiving.js").Receiving} view
 * @param {Delivery} delivery
 */
export async function close(view, delivery) {
  if (questionsOf(delivery).length > 0) { new Closing(view, delivery); return; }
  const signature = signatureField(view.app, delivery);
  const pictures = photosField(view.app);
  const said = h("p", { class: "say-here", role: "alert" });
  const body = h("div", { class: "stack" }, said, h("p", {}, t("closeSum", delivery)), h("p", {}, t("allThere")), signature.node, pictures.node);
  while (await ask(t("confirmClose"), body, [[t("close"), "yes", "main"], [t("cancel"), "no", ""]]) === "yes") {
    try {
      await signature.send(delivery.id);
      view.take(await post(`/api/v1/deliveries/${delivery.id}/close`, { photos: await pictures.send() }));
    } catch (error) {
      // Nobody has signed: what was taken and written is still there.
      if (error.code === "signature-needed") { said.textContent = t("code_signature-needed"); continue; }
      await lost(view, error);
    }
    await view.load();
    return;
  }
}

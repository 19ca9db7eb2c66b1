import { h } from "./dom.js";
import { post, ulid } from "./api.js";
import { t, lang } from "./i18n.js";

/** @param {string} state */
const final = (state) => ["done", "failed", "cancelled", "expired", "unknown"].includes(state);

/** What can be done with a call that runs: hang up, send on. Only what its own line says that it can. */
export class Acts {
  /** @param {import("./calls.js").Calls} page */
  constructor(page) {
    this.page = page;
    this.app = page.app;
    // By call: what was asked last, and how it went.
    /** @type {Map<string, Asked>} */
    this.asked = new Map();
    // Forms of transfers, kept from drawing to drawing.
    /** @type {Map<string, TransferForm | null>} */
    this.forms = new Map();
  }

  clear() { this.asked.clear(); this.forms.clear(); }
  /** @param {string} call */
  delete(call) { this.asked.delete(call); this.forms.delete(call); }
  /** @param {string} call */
  isOpen(call) { return this.forms.has(call); }

  /**
   * What the line of a call can do, as its agent says.
   * @param {Card} card
   */
  can(card) {
    const gateway = this.app.gateways.list.find((one) => one.name === card.gateway && one.online);
    const line = gateway?.status?.devices?.find((device) => device.kind === "telephony" && device.name === card.line && device.state === "ready");
    return line?.can ?? [];
  }

  /**
   * @param {Card} card
   * @param {"hangup" | "transfer"} kind
   * @param {string} [number]
   */
  async ask(card, kind, number) {
    const click = ulid();
    this.asked.set(card.call, { click, kind, number, state: "accepted" });
    const form = this.forms.get(card.call);
    this.forms.delete(card.call);
    this.app.refresh("calls");
    const answer = await this.app.attempt(() => post(`/api/v1/calls/${kind}`, { call: card.call, click, number }));
    if (answer || this.asked.get(card.call)?.click !== click) return;
    this.asked.delete(card.call);
    // What was refused can be put right where it was written.
    if (form && !this.forms.has(card.call)) this.forms.set(card.call, form);
    this.app.refresh("calls");
  }

  /**
   * True when the command is one of these.
   * @param {Progress} data
   */
  progress({ command, state, cause }) {
    for (const [call, one] of this.asked) {
      if (one.click !== command) continue;
      this.asked.set(call, { ...one, state, cause });
      this.app.refresh("calls");
      return true;
    }
    return false;
  }

  /**
   * @param {Card} card
   * @returns {Child}
   */
  draw(card) {
    const remind = this.page.reminders.button(card);
    if (!["ringing", "talking", "held"].includes(card.mine)) return [remind && h("div", { class: "row acts" }, remind), this.drawAsked(card)];
    const can = this.can(card);
    const asked = this.asked.get(card.call);
    const waits = asked !== undefined && !final(asked.state);
    const buttons = [
      can.includes("hangup") && h("button", { class: "small danger", id: `hangup-${card.call}`, disabled: waits, onclick: () => this.ask(card, "hangup") }, t(card.mine === "ringing" ? "refuseCall" : "hangUpNow")),
      can.includes("transfer") && card.mine !== "ringing" && !this.forms.has(card.call) && h("button", { class: "small", id: `transfer-${card.call}`, disabled: waits, onclick: () => this.open(card) }, t("transferTo")),
      card.mine !== "ringing" && remind,
    ].filter(Boolean);
    return [buttons.length > 0 && h("div", { class: "row acts" }, buttons), this.forms.has(card.call) && card.mine !== "ringing" && this.form(card), this.drawAsked(card)];
  }

  /** @param {Card} card */
  drawAsked(card) {
    const asked = this.asked.get(card.call);
    if (!asked) return null;
    const cause = t(`cause_${asked.cause}`) === `cause_${asked.cause}` ? asked.cause ?? "" : t(`cause_${asked.cause}`);
    const word = ["expired", "unknown"].includes(asked.state) ? `act_${asked.state}` : `act_${asked.kind}_${asked.state === "cancelled" ? "failed" : asked.state}`;
    return h("div", { class: `soft asked-act ${asked.state === "failed" ? "lost" : ""}`, role: "status" }, t(word, { number: asked.number ?? "", cause }));
  }

  /** @param {Card} card */
  open(card) {
    this.forms.set(card.call, null);
    this.app.refresh("calls");
    // Whoever sent it on within that moment has no form any more.
    setTimeout(() => { if (this.isOpen(card.call)) this.form(card).input.focus(); }, 50);
  }

  /**
   * @param {Card} card
   * @returns {TransferForm}
   */
  form(card) {
    const kept = this.forms.get(card.call);
    if (kept?.lang === lang()) return kept;
    const input = h("input", { inputmode: "tel", maxlength: 40, required: true, "aria-label": t("transferNumber"), placeholder: t("transferNumber"), value: kept?.input.value ?? "" });
    const form = h("form", {
      class: "row transfer",
      onsubmit: (event) => { event.preventDefault(); if (input.value.trim()) this.ask(card, "transfer", input.value.trim()); },
    }, h("div", { class: "grow" }, input), h("button", { class: "small main", type: "submit" }, t("transferGo")),
    h("button", { class: "small", type: "button", onclick: () => { this.forms.delete(card.call); this.app.refresh("calls"); } }, t("cancel")));
    const made = Object.assign(form, { lang: lang(), input });
    this.forms.set(card.call, made);
    return made;
  }
}

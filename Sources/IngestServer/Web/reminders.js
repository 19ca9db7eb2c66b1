import { h } from "./dom.js";
import { post } from "./api.js";
import { t, when } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { field } from "./parts.js";
import { notify } from "./notify.js";
import { whoIs } from "./card.js";

/** Call-backs with a time: one's own, and those of colleagues who were not there when it was time. */
export class Reminders {
  /** @param {import("./calls.js").Calls} page */
  constructor(page) {
    this.page = page;
    this.app = page.app;
    /** @type {Reminder[]} */
    this.list = [];
  }

  clear() { this.list = []; }

  /** @param {Reminder[] | undefined} list */
  take(list) { this.list = list ?? []; }

  get now() { return Date.now() + this.page.skew; }

  /**
   * It is time: said aloud once, and shown until it is done or put off.
   * @param {Reminder} data
   */
  message(data) {
    this.page.load();
    if (this.app.replaying || !this.page.loud) return;
    const who = whoIs(data.card);
    this.app.play("ring");
    this.app.announce(`${t("remindNow")} ${who.title}`, true);
    notify(`reminder-${data.id}`, `${t("remindNow")} ${who.title}`, who.shown ?? "", () => this.app.go("calls"));
  }

  /**
   * @param {string} call
   * @param {number} due
   */
  async set(call, due) {
    const saved = await this.app.attempt(() => post("/api/v1/reminders", { call, due: Math.round(due) }));
    if (!saved) return false;
    this.app.say(t("remindSaved", { when: when(saved.due) }), "good");
    this.page.load();
    return true;
  }

  /**
   * @param {Reminder} one
   * @param {boolean} done
   */
  async done(one, done) {
    if (await this.app.attempt(() => post(`/api/v1/reminders/${one.id}/done`, { done }))) { notify(`reminder-${one.id}`, null); this.page.load(); }
  }

  /**
   * What became of it in the ERP, or the button that brings it there.
   * @param {Reminder} one
   * @param {string} [place] Of the list and of a card there may be one each.
   */
  drawERP(one, place = "reminder") {
    const job = one.erpJob;
    if (job) return h("span", { class: `pill ${job.state === "done" ? "good" : job.state === "dead" ? "bad" : "wait"}`, title: job.sentence ?? null }, t(`remindERP_${job.state}`));
    return one.mayPush && this.app.may("erp") && h("button", {
      class: "small", id: `${place}-erp-${one.id}`,
      onclick: async () => { if (await this.app.attempt(() => post(`/api/v1/reminders/${one.id}/erp`))) this.page.load(); },
    }, t("remindERP"));
  }

  /**
   * A few times that are often meant, and any other.
   * @param {Card} card
   */
  ask(card) {
    const minute = 60000;
    /** @param {number} date */
    const local = (date) => new Date(date - new Date(date).getTimezoneOffset() * minute).toISOString().slice(0, 16);
    const morning = new Date();
    morning.setDate(morning.getDate() + 1);
    morning.setHours(9, 0, 0, 0);
    const input = h("input", { type: "datetime-local", id: "remind-at", required: true, value: local(Math.ceil((Date.now() + 60 * minute) / (15 * minute)) * 15 * minute) });
    /** @type {[string, () => number][]} */
    const choices = [["remind15", () => this.now + 15 * minute], ["remind60", () => this.now + 60 * minute], ["remindTomorrow", () => morning.getTime()]];
    const sheet = new Sheet(t("remindTitle", { who: whoIs(card).title }), () => [
      h("div", { class: "big-choices" }, choices.map(([word, due]) =>
        h("button", { id: word, onclick: async () => { if (await this.set(card.call, due())) sheet.close(); } }, t(word)))),
      h("form", { class: "stack", onsubmit: async (event) => { event.preventDefault(); if (await this.set(card.call, new Date(input.value).getTime())) sheet.close(); } },
        field(t("remindAt"), input), h("button", { class: "main", type: "submit", id: "remind-save" }, t("save"))),
    ]);
  }

  /** @param {Card} card */
  button(card) {
    return card.dialable && h("button", { class: "small", id: `remind-${card.call}`, onclick: () => this.ask(card) }, t("remind"));
  }

  /**
   * On the card of a call that is over: my call-back with what the ERP has of it, or the button that sets one.
   * @param {Card} card
   */
  drawOn(card) {
    const mine = this.list.find((one) => one.call === card.call && !one.doneBy && one.who === this.app.person?.name);
    if (mine) return h("div", { class: "row", id: `card-reminder-${mine.id}` }, h("span", { class: "soft" }, t("remindSaved", { when: when(mine.due) })), this.drawERP(mine, "card"));
    return card.dialable && h("button", { class: "small", id: `card-remind-${card.call}`, onclick: () => this.ask(card) }, t("remind"));
  }

  /** @param {Reminder} one */
  call(one) { this.page.call(one.card.number?.e164 ?? whoIs(one.card).shown ?? ""); }

  /** Whose time has come, beside the work. */
  drawDue() {
    return this.list.filter((one) => !one.doneBy && one.due <= this.now).map((one) => h("article", { class: "strip reminder", role: "status", id: `due-${one.id}` },
      h("span", { class: "pill wait" }, t("remindNow")), h("strong", {}, whoIs(one.card).title),
      h("span", { class: "soft why" }, [when(one.due), one.team && one.who !== this.app.person?.name && t("remindFor", { who: one.who })].filter(Boolean).join(" · ")),
      h("span", { class: "row" }, one.card.dialable && h("button", { class: "small main", onclick: () => this.call(one) }, t("callBack")),
        h("button", { class: "small", id: `due-done-${one.id}`, onclick: () => this.done(one, true) }, t("done")),
        one.who === this.app.person?.name && h("button", { class: "small", onclick: () => this.set(one.call, this.now + 600000) }, t("remindLater")))));
  }

  /** All of them, on the page of calls. */
  draw() {
    if (this.list.length === 0) return null;
    return h("section", { class: "panel stack" }, h("h2", {}, t("reminders")), h("ul", { class: "plain call-list", id: "reminders" }, this.list.map((one) => {
      const who = whoIs(one.card);
      return h("li", {}, h("span", { class: `pill ${one.doneBy ? "good" : one.due <= this.now ? "bad" : "extra"}` }, one.doneBy ? t("remindDone") : when(one.due)),
        h("div", { class: "grow" }, h("strong", {}, who.title), h("div", { class: "soft" }, [who.company, who.shown !== who.title ? who.shown : null, one.team && one.who !== this.app.person?.name && t("remindFor", { who: one.who }), one.card.note?.note && `« ${one.card.note.note} »`].filter(Boolean).join(" · "))),
        one.doneBy ? h("button", { class: "small", id: `reminder-undo-${one.id}`, onclick: () => this.done(one, false) }, t("remindUndo"))
          : [one.card.dialable && h("button", { class: "small", onclick: () => this.call(one) }, t("callBack")),
            this.drawERP(one),
            h("button", { class: "small", id: `reminder-done-${one.id}`, onclick: () => this.done(one, true) }, t("done"))]);
    })));
  }
}

import { h, icon, replace } from "./dom.js";
import { post } from "./api.js";
import { t, when, clock, lang, plural } from "./i18n.js";
import { drawDelivery, drawErp } from "./facts.js";
import { completion } from "./picker.js";
import { Acts } from "./acts.js";

/** @type {Partial<Record<Card["mine"], string>>} */
const styles = { ringing: "wait", dialling: "wait", talking: "good", held: "extra", missed: "bad" };

/** @param {Card} card */
const isOver = (card) => card.mine === "over" || card.mine === "missed";

/**
 * The person this card is about: the chosen or only match, or what little is known.
 * @param {Card} card
 * @returns {Who}
 */
export function whoIs(card) {
  const chosen = card.note?.party;
  const party = card.parties.find((candidate) => candidate.id === chosen) ?? (card.parties.length === 1 && !card.guess ? card.parties[0] : null);
  const shown = card.number?.display;
  if (card.withheld) return { title: t("withheld") };
  if (party) return { title: party.name || party.company, company: party.name ? party.company : null, party, shown };
  if (card.parties.length > 0) return { title: shown ?? t("unknownCaller"), several: !card.guess, guess: card.guess, shown };
  return { title: card.sentName || shown || t("unknownCaller"), unknown: true, shown };
}

/**
 * What a call was about: a word of ours, or of the site's own list.
 * @param {string} word
 */
export const about = (word) => (t(`disp_${word}`) === `disp_${word}` ? word : t(`disp_${word}`));

/** @param {Direction | undefined} direction */
export const arrow = (direction) => (direction === undefined ? "·" : { inbound: "↙", outbound: "↗", internal: "↔" }[direction]);

/**
 * Why it ended, for people.
 * @param {Card} card
 */
export function reason(card) {
  const cause = card.myCause ?? card.cause;
  if (cause === "answered-elsewhere" && card.answeredBy.length) return t("takenBy", { who: card.answeredBy.join(", ") });
  const text = cause ? t(`cause_${cause}`) : "";
  return card.answeredBy.length && card.mine === "over" && !card.answered ? `${text} · ${t("answeredBy", { who: card.answeredBy.join(", ") })}` : text;
}

/**
 * "Ended · ended" says one thing twice.
 * @param {Card} card
 */
const saysTheSame = (card) => reason(card).toLowerCase() === t(card.mine).toLowerCase();

/** What somebody writes about a call: kept node by node from drawing to drawing, saved by itself. */
export class Note {
  /**
   * @param {App} app
   * @param {string} call
   * @param {CallNote | undefined} note
   * @param {string[]} dispositions
   * @param {(note: CallNote) => void} changed
   */
  constructor(app, call, note, dispositions, changed) {
    this.app = app;
    this.call = call;
    this.changed = changed;
    this.dirty = false;
    /** Whether somebody chose what the call was about. */
    this.chose = false;
    this.lang = lang();
    /** @type {Promise<boolean> | null} */
    this.saving = null;
    /**
     * When what is unsaved was begun.
     * @type {number | null}
     */
    this.first = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.rev = note?.rev ?? 0;
    this.text = h("textarea", {
      rows: 2, maxlength: 4000, placeholder: t("notePlaceholder"), "aria-label": t("note"), value: note?.note ?? "",
      oninput: () => { this.dirty = true; this.say("noteSaving"); this.soon(); },
      onblur: () => this.save(),
    });
    const words = dispositions.length ? dispositions : ["order", "quote", "delivery", "complaint", "appointment", "invoice", "wrong-number", "other"];
    if (note?.disposition && !words.includes(note.disposition)) words.push(note.disposition);
    this.select = h("select", { "aria-label": t("disposition"), onchange: () => { this.dirty = this.chose = true; this.save(); } },
      h("option", { value: "" }, t("dispositionNone")), words.map((word) => h("option", { value: word }, about(word))));
    this.select.value = note?.disposition ?? "";
    this.state = h("span", { class: "soft", role: "status" });
    this.node = h("div", { class: "note" }, this.text, h("div", { class: "row" }, this.select, this.state));
    this.by(note);
  }

  /** @param {CallNote | undefined} note */
  by(note) { if (note?.who && (note.note || note.disposition)) this.state.textContent = `${note.who}, ${when(note.at)}`; }
  /** @param {string} word */
  say(word) { this.state.textContent = t(word); }
  get busy() { return this.dirty || this.saving !== null || document.activeElement === this.text; }

  /**
   * What came from the server is taken over unless somebody is writing here.
   * @param {CallNote | undefined} note
   */
  take(note) {
    if (!note || note.rev <= this.rev || this.dirty || this.saving) return;
    this.rev = note.rev;
    if (this.text.value !== note.note) this.text.value = note.note;
    this.select.value = note.disposition ?? "";
    this.by(note);
  }

  /** A moment after the last key, and every few seconds while somebody goes on typing. */
  soon() {
    this.first ??= Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(700, 3000 - (Date.now() - this.first))));
  }

  async save() {
    clearTimeout(this.timer);
    if (!this.dirty || this.saving) return;
    this.dirty = false;
    this.first = null;
    this.saving = this.send();
    const good = await this.saving;
    this.saving = null;
    if (this.dirty) { if (good) this.save(); else this.timer = setTimeout(() => this.save(), 5000); }
  }

  /**
   * The call became part of another: what is written here goes on there.
   * @param {string} call
   */
  move(call) {
    this.call = call;
    this.rev = 0;
    if (this.text.value || this.select.value) { this.dirty = this.chose = true; this.soon(); }
  }

  /** @returns {Promise<boolean>} */
  async send(attempts = 3) {
    try {
      /** @type {{ call: string, base: number, note: string, disposition?: string }} */
      const body = { call: this.call, base: this.rev, note: this.text.value };
      // What nobody chose here stays as a colleague chose it.
      if (this.chose) body.disposition = this.select.value;
      const saved = await post("/api/v1/calls/note", body);
      this.rev = saved.rev;
      this.chose = false;
      if (!this.dirty) this.select.value = saved.disposition ?? "";
      this.say("noteSaved");
      this.changed(saved);
      return true;
    } catch (error) {
      if (error.code === "note-changed" && attempts > 0) {
        // Both are kept: what a colleague wrote meanwhile, and ours below it.
        const theirs = error.problem?.note;
        this.rev = theirs?.rev ?? 0;
        if (theirs?.note && !this.text.value.includes(theirs.note)) this.text.value = `${theirs.note}\n${this.text.value}`;
        return this.send(attempts - 1);
      }
      if (error.status === 401) { await this.app.attempt(() => { throw error; }); return false; }
      // What is refused for good is not asked again.
      this.dirty = error.status === undefined || error.status >= 500;
      this.state.textContent = t(error.status === undefined ? "noteWaits" : "noteRefused");
      return false;
    }
  }
}

/** One card: who calls, what is open for them, what was said before, and what is being written now. */
export class CardView {
  /** @param {import("./calls.js").Calls} page */
  constructor(page) {
    this.page = page;
    this.app = page.app;
    /** @type {Map<string, HTMLDetailsElement & { lang: string }>} */
    this.forms = new Map();
    /** @type {Map<string, Note>} */
    this.notes = new Map();
    /** @type {Map<string, HTMLDetailsElement & { lang: string }>} */
    this.attaching = new Map();
    this.acts = new Acts(page);
    // Numbers that were given to a client from here: to be taken back while the card is open.
    /** @type {Map<string, number>} */
    this.attached = new Map();
    // Cards beside the work are small until somebody wants more of them.
    /** @type {Set<string>} */
    this.opened = new Set();
  }

  clear() {
    for (const kept of [this.forms, this.notes, this.attaching, this.attached, this.opened, this.acts]) kept.clear();
  }

  /** @param {string} call */
  forget(call) {
    for (const kept of [this.forms, this.notes, this.attaching, this.attached, this.opened, this.acts]) kept.delete(call);
  }

  /**
   * @param {Card} card
   * @param {boolean} opens
   */
  unfold(card, opens) {
    if (opens) this.opened.add(card.call); else this.opened.delete(card.call);
    this.app.refresh("calls");
  }

  /**
   * Somebody is writing in it.
   * @param {Card} card
   */
  isBusy(card) { return this.forms.get(card.call)?.open || this.attaching.get(card.call)?.open || this.acts.isOpen(card.call) || this.notes.get(card.call)?.busy; }

  /**
   * The shortcuts are those of the first card.
   * @param {Card} card
   * @param {boolean} first
   */
  draw(card, first) {
    if (isOver(card) && !this.isKept(card)) return this.drawStrip(card);
    const who = whoIs(card);
    const since = card.mine === "talking" || card.mine === "held" ? card.answered : card.mine === "ringing" ? card.rang : card.mine === "dialling" ? card.dialledAt : null;
    const opened = this.opened.has(card.call);
    return h("article", { class: `card ${card.mine}${opened ? " opened" : ""}`, "data-call": card.call, "aria-label": `${t(card.mine)} ${who.title}` },
      h("div", { class: "row" },
        h("span", { class: `pill ${styles[card.mine] ?? ""}` }, t(card.mine)),
        card.mine === "ringing" && h("span", { class: "bell", "aria-hidden": "true" }, icon("bell")),
        card.again !== undefined && h("span", { class: "pill wait" }, t("again", { n: card.again + 1 })),
        card.transfers !== undefined && h("span", { class: "soft" }, card.transfers.map((one) => t("transferredBy", { by: one.by ?? "?" })).join(" · ")),
        isOver(card) && !saysTheSame(card) && h("span", { class: "soft" }, reason(card)),
        h("span", { class: "row push ends" }, since !== undefined && since !== null && h("span", { class: "clock", "aria-hidden": "true", "data-since": since }, clock(Date.now() + this.page.skew - since)),
        h("button", { class: "small unfold", id: `unfold-${card.call}`, "aria-expanded": String(opened), onclick: () => this.unfold(card, !opened) }, t(opened ? "cardLess" : "cardMore")),
        h("button", { class: "small", id: `dismiss-${card.call}`, onclick: () => this.page.dismiss(card.call) }, t("dismiss"), first && h("kbd", {}, "Esc")))),
      // Beside the work it is a bar that opens where somebody taps it; the keyboard has its button.
      h("div", { class: "brief", onclick: this.app.page !== "calls" && !opened ? () => this.unfold(card, true) : null }, h("div", { class: "who" }, who.title), who.company && h("div", { class: "company" }, who.company),
        who.unknown && who.title !== t("unknownCaller") && h("div", { class: "soft" }, t(card.direction === "outbound" ? "unknownNumber" : "unknownCaller")),
        h("div", { class: "soft came" }, this.road(card))),
      (who.several || who.guess) && this.drawChoices(card, who),
      who.party && card.parties.length > 1 && h("button", { class: "small", onclick: () => this.choose(card, 0) }, t("otherOne")),
      this.drawNumbers(card, who),
      this.acts.draw(card),
      this.drawAttached(card, who),
      h("div", { class: "more stack" },
        who.party && this.drawFacts(card, who.party),
        !who.party && card.lastCalls.length > 0 && this.drawLastCalls(card),
        this.note(card).node,
        isOver(card) && this.page.reminders.drawOn(card),
        !who.party && this.drawCreate(card, who),
        !who.party && card.number && card.number.kind !== "extension" && this.drawAttach(card)));
  }

  /**
   * How the call came: the number that was dialled, the line, the queue.
   * @param {Card} card
   */
  road(card) {
    const dialled = card.dialled && card.dialled !== card.desk?.split("@")[0] ? t("dialled", { number: card.dialled }) : null;
    return [dialled, card.line && t("lineIs", { line: card.line }), card.queue && t("via", { queue: card.queue })].filter(Boolean).join(" · ");
  }

  /**
   * A call of mine stays until I close it: now is the time to write down what was said.
   * @param {Card} card
   */
  isKept(card) { return card.mine === "over" && (card.answered || this.isBusy(card)); }

  /** @param {Card} card */
  drawStrip(card) {
    return h("article", { class: `strip ${card.mine}`, "data-call": card.call, role: "status" },
      h("span", { class: `pill ${card.mine === "missed" ? "bad" : ""}` }, t(card.mine)), h("strong", {}, whoIs(card).title),
      !saysTheSame(card) && h("span", { class: "soft why" }, reason(card)),
      h("button", { class: "small push", id: `dismiss-${card.call}`, onclick: () => this.page.dismiss(card.call) }, t("dismiss")));
  }

  /**
   * @param {Card} card
   * @param {Who} who
   */
  drawChoices(card, who) {
    return h("div", { class: "stack choices" }, h("strong", {}, t(who.guess ? "guessMatch" : "severalMatch")),
      h("ul", { class: "plain" }, card.parties.map((party, index) =>
        h("li", {}, h("button", { onclick: () => this.choose(card, party.id) }, h("kbd", {}, String(index + 1)),
          h("span", {}, `${party.name || party.company}${party.name && party.company ? ` · ${party.company}` : ""}`)),
        h("span", { class: "soft" }, this.why(card, party))))));
  }

  /**
   * Why this one is offered.
   * @param {Card} card
   * @param {Party} party
   */
  why(card, party) {
    return [
      card.guess ? t("whyGuess", { number: party.numbers[0] ?? "" }) : null,
      party.openDeliveries !== undefined && party.openDeliveries > 0 ? plural("whyDeliveries", party.openDeliveries) : null,
      party.chosen ? t("whyChosen", { who: party.chosen.by, when: when(party.chosen.at) }) : null,
      party.reference,
    ].filter(Boolean).join(" · ");
  }

  /**
   * @param {Card} card
   * @param {number} party
   */
  async choose(card, party) {
    const saved = await this.app.attempt(() => post("/api/v1/calls/note", { call: card.call, base: this.note(card).rev, party }));
    if (!saved) return;
    card.note = saved;
    this.note(card).take(saved);
    this.app.refresh("calls");
  }

  /**
   * @param {Card} card
   * @param {Party} party
   */
  drawFacts(card, party) {
    const client = this.page.clients.get(card.call);
    const mine = client && client.party === party.id ? client : null;
    const deliveries = mine?.deliveries ?? card.deliveries.filter((delivery) => delivery.party === party.id);
    /** @param {number} id */
    const open = (id) => this.app.openRef("delivery", id);
    return [
      h("div", { class: "facts" },
        h("div", {}, h("h3", {}, t("openDeliveries")), deliveries.length === 0 ? h("p", {}, t("none"))
          : h("ul", { class: "plain" }, deliveries.map((delivery) => drawDelivery(delivery, delivery.id === undefined ? null : open)))),
        this.drawLastCalls(card)),
      drawErp(mine?.erp ?? card.erp),
    ];
  }

  /** @param {Card} card */
  drawLastCalls(card) {
    return h("div", {}, h("h3", {}, t("lastCalls")), card.lastCalls.length === 0 ? h("p", {}, t("noCalls"))
      : h("ul", { class: "plain" }, card.lastCalls.slice(0, 3).map((call) => h("li", {}, when(call.at), h("span", { class: "soft" },
        [call.missed ? t("notAnswered") : call.answeredBy.length ? t("answeredBy", { who: call.answeredBy.join(", ") }) : t("answeredByNobody"),
          call.disposition && about(call.disposition),
          call.note && `« ${call.note} »`].filter(Boolean).join(" · "))))));
  }

  /**
   * @param {Card} card
   * @param {Who} who
   */
  drawNumbers(card, who) {
    const numbers = new Set([...(who.shown ? [who.shown] : []), ...(who.party?.numbers ?? [])]);
    // The number that calls and the same number from the directory are one.
    /** @param {string} text */
    const plain = (text) => text.replace(/\D/g, "").slice(-9);
    const distinct = [...numbers].filter((text, index, all) => all.findIndex((other) => plain(other) === plain(text)) === index);
    if (distinct.length === 0 && !card.link) return null;
    return h("div", { class: "row" }, card.link && h("a", { class: "button small", id: `link-${card.call}`, href: card.link, target: "_blank", rel: "noopener noreferrer" }, t("openLink")), distinct.map((text) => h("button", { class: "small", onclick: () => this.page.call(text) }, `☎ ${text}`)));
  }

  /** @param {Card} card */
  note(card) {
    let note = this.notes.get(card.call);
    if (!note || note.lang !== lang() && !note.busy) {
      note = new Note(this.app, card.call, card.note, [...this.page.dispositions], (saved) => { card.note = saved; });
      this.notes.set(card.call, note);
    }
    note.take(card.note);
    return note;
  }

  /**
   * One form a card, kept from drawing to drawing: what somebody types must survive the next event.
   * @param {Card} card
   * @param {Who} who
   */
  drawCreate(card, who) {
    const kept = this.forms.get(card.call);
    if (kept?.lang === lang()) return kept;
    const form = this.makeCreate(card, who);
    form.lang = lang();
    this.forms.set(card.call, form);
    return form;
  }

  /**
   * The number of somebody who is here already: searched, chosen, and taken back as easily.
   * @param {Card} card
   */
  drawAttach(card) {
    const kept = this.attaching.get(card.call);
    if (kept?.lang === lang()) return kept;
    const search = completion(this.app, { kinds: ["party"], label: t("attachSearch"), found: (one) => this.attach(card, Number(String(one.ref).replace(/^party:/, ""))) });
    const form = h("details", { class: "attach" }, h("summary", {}, h("strong", {}, t("attachClient"))), search.node);
    form.lang = lang();
    this.attaching.set(card.call, form);
    return form;
  }

  /**
   * @param {Card} card
   * @param {number} id
   * @param {boolean} [attach]
   */
  async attach(card, id, attach = true) {
    if (!card.number) return;
    const number = card.number.e164 ?? card.number.display;
    const party = await this.app.attempt(() => post(`/api/v1/parties/${id}/numbers`, { number, attach }));
    if (!party) return;
    // Taken back, the centre may have told the card before it answered here, and somebody searches on already.
    if (attach) { this.attaching.delete(card.call); this.attached.set(card.call, id); } else this.attached.delete(card.call);
    // A card that is over is not told again by the centre.
    const shown = this.page.cards.get(card.call);
    if (shown) {
      shown.parties = [...shown.parties.filter((known) => known.id !== id && !shown.guess), ...(attach ? [{ ...party, openDeliveries: 0 }] : [])];
      shown.guess = false;
      if (attach && shown.parties.length > 1) await this.choose(shown, id);
    }
    this.page.load();
  }

  /**
   * @param {Card} card
   * @param {Who} who
   */
  drawAttached(card, who) {
    const id = this.attached.get(card.call);
    if (id === undefined || who.party?.id !== id) return null;
    return h("div", { class: "row attached", role: "status" }, h("span", { class: "soft" }, t("attached")),
      h("button", { class: "small", id: `undo-${card.call}`, onclick: () => this.attach(card, id, false) }, t("attachUndo")));
  }

  /**
   * @param {Card} card
   * @param {Who} who
   */
  makeCreate(card, who) {
    const name = h("input", { name: "name", value: card.sentName ?? "", maxlength: 120 });
    const company = h("input", { name: "company", maxlength: 120 });
    const phone = h("input", { name: "number", value: who.shown ?? "", inputmode: "tel", maxlength: 40 });
    return h("details", { class: "create" }, h("summary", {}, h("span", {}, h("strong", {}, t("createClient")), who.shown ? ` · ${who.shown}` : ""), h("kbd", {}, "C")),
      h("form", {
        class: "stack",
        onsubmit: async (event) => {
          event.preventDefault();
          const party = await this.app.attempt(() => post("/api/v1/parties", { name: name.value, company: company.value, numbers: phone.value ? [phone.value] : [] }));
          if (!party) return;
          this.forms.delete(card.call);
          const shown = this.page.cards.get(card.call);
          if (shown && !shown.parties.some((known) => known.id === party.id)) { shown.parties.push(party); shown.guess = false; }
          if (shown && shown.parties.length > 1) await this.choose(shown, party.id);
          this.app.say(t("saved"), "good");
          this.page.load();
        },
      },
        h("label", {}, h("span", {}, t("company")), company), h("label", {}, h("span", {}, t("clientName")), name),
        h("label", {}, h("span", {}, t("number")), phone), h("button", { class: "main", type: "submit" }, t("save"))));
  }
}

export { isOver };

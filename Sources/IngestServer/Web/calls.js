import { h, keeping, part, replace } from "./dom.js";
import { get, post, request, ulid } from "./api.js";
import { t, when, clock, lang, number, worded } from "./i18n.js";
import { CardView, about, arrow, isOver, reason, whoIs } from "./card.js";
import { Reminders } from "./reminders.js";
import { firstOf } from "./long.js";
import { helpLink } from "./help.js";
import { notify, notifyState, askNotify } from "./notify.js";

/** @param {string} state */
const dialOver = (state) => ["done", "failed", "cancelled", "expired", "unknown"].includes(state);

/** Who calls, before the second ring; the card follows the call. */
export class Calls {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Map<string, Card>} */
    this.cards = new Map();
    /** @type {Map<string, Card>} */
    this.watched = new Map();
    // What the ERP says of who calls, by call: it comes later than the card.
    /** @type {Map<string, ClientNews>} */
    this.clients = new Map();
    this.view = new CardView(this);
    this.reminders = new Reminders(this);
    /** @type {Card[]} */
    this.missed = [];
    /** @type {Card[]} */
    this.past = [];
    /** @type {Card[] | null} */
    this.found = null;
    /** @type {Why[] | null} */
    this.reasons = null;
    /** @type {string[]} */
    this.dispositions = [];
    /** @type {Map<string, HTMLElement>} */
    this.forms = new Map();
    /** @type {{ id: string, number: string, state: string, cause?: string, presents?: string, line?: string } | null} */
    this.dial = null;
    /** Whether a call opens the card's link by itself. */
    this.opensLinks = false;
    /**
     * The window of the site's own program.
     * @type {Window | null}
     */
    this.other = null;
    /**
     * Where cards are drawn on their own page.
     * @type {HTMLElement | null}
     */
    this.place = null;
    this.skew = 0;
    this.loud = true;
    setInterval(() => this.tick(), 1000);
    document.addEventListener("keydown", (event) => this.key(event));
  }

  clear() {
    for (const kept of [this.cards, this.watched, this.clients, this.forms, this.view, this.reminders]) kept.clear();
    this.missed = [];
    this.past = [];
    this.found = null;
    this.reasons = null;
    this.dial = null;
  }

  async load() {
    const data = await this.app.attempt(() => get("/api/v1/calls"));
    if (!data) return;
    // The cards themselves come with the stream, in its order; this answer may be older.
    this.missed = data.missed;
    this.reminders.take(data.reminders);
    this.past = data.history;
    this.dispositions = data.dispositions;
    this.opensLinks = data.opensLinks ?? false;
    if (this.found) await this.search();
    this.app.refresh("calls");
  }

  /** @param {Card[]} cards */
  running(cards) {
    const known = new Set(cards.map((card) => card.call));
    // A card whose call the server does not know any more must not stay open.
    for (const [id, card] of this.cards) if (!known.has(id) && !isOver(card)) this.remove(id);
    this.watched.clear();
    for (const card of cards) {
      if (card.mine === "watched") this.watched.set(card.call, card);
      else if (!((this.cards.get(card.call)?.rev ?? -1) > card.rev)) this.cards.set(card.call, card);
    }
    this.app.refresh("calls");
  }

  /** What rings comes first, what is over last. */
  sorted() {
    const order = ["ringing", "dialling", "talking", "held", "missed", "over"];
    return [...this.cards.values()].sort((a, b) => order.indexOf(a.mine) - order.indexOf(b.mine) || b.started - a.started);
  }

  missedCount() { return this.missed.filter((card) => !card.taken?.by).length; }

  title() {
    const ringing = [...this.cards.values()].find((card) => card.mine === "ringing");
    return ringing ? `☎ ${whoIs(ringing).title}` : null;
  }

  /** @param {MessageOf<"call" | "missed" | "reminder" | "command" | "loud" | "dismissed" | "note" | "client">} message */
  message({ type, data }) {
    switch (type) {
      case "missed": this.load(); return;
      case "loud": this.loud = data.loud; return;
      case "dismissed": this.remove(data.call); return;
      case "note": this.noted(data); return;
      case "command": this.progress(data); return;
      case "reminder": this.reminders.message(data); return;
      case "client": this.clients.set(data.call, data); if (this.cards.has(data.call)) this.app.refresh("calls"); return;
    }
    if (data.mine === "watched" || this.watched.has(data.call) && data.mine === "over" && !this.cards.has(data.call)) {
      if (data.mine === "watched") { this.watched.set(data.call, data); this.cards.delete(data.call); } else this.watched.delete(data.call);
      this.app.refresh("calls");
      return;
    }
    this.watched.delete(data.call);
    const before = this.cards.get(data.call);
    if (before && before.rev > data.rev) return;
    if (data.merged) this.merge(data.call, data.merged);
    // Another of this person's browsers put it aside, or the telephone was given back.
    if (data.dismissed || data.mine === "gone" || data.merged) { if (before) this.remove(data.call); return; }
    const begins = data.mine === "ringing" && before?.mine !== "ringing";
    if (isOver(data) && !before) return;
    this.cards.set(data.call, data);
    if (begins) this.ring(data);
    if (isOver(data)) {
      this.closeLater(data);
      this.load();
    }
    this.app.refresh("calls");
  }

  /**
   * Of all the tabs of a person one is loud; the others show the card.
   * @param {Card} card
   */
  ring(card) {
    // Whoever called a moment ago is still calling: the card of then makes room.
    for (const [id, old] of this.cards) if (id !== card.call && isOver(old) && !this.view.isBusy(old) && old.number?.e164 && old.number.e164 === card.number?.e164) this.remove(id);
    this.app.send({ shown: card.call });
    if (this.app.replaying || !this.loud) return;
    this.app.play("ring");
    this.app.announce(`${t("ringing")} ${whoIs(card).title}`, true);
    const who = whoIs(card);
    if (this.opensLinks && card.link) this.openLink(card.link);
    notify(card.call, `☎ ${who.title}`, [who.company, who.shown].filter(Boolean).join(" · "), () => this.app.go("calls"));
  }

  /**
   * The site's own program, in one window for all calls; where the browser opens none, the card's link is there.
   * @param {string} address
   */
  openLink(address) {
    try {
      if (this.other && !this.other.closed) { this.other.location.replace(address); return; }
      this.other = window.open("", "_blank");
      if (!this.other) return;
      // That program is not to reach back into this page.
      this.other.opener = null;
      this.other.location.replace(address);
    } catch { this.other = null; }
  }

  /**
   * A note that is being written goes on in the call that this one became part of.
   * @param {string} from
   * @param {string} into
   */
  merge(from, into) {
    const note = this.view.notes.get(from);
    if (!note?.busy) return;
    this.view.notes.delete(from);
    const other = this.view.notes.get(into);
    if (other) { other.text.value = [other.text.value, note.text.value].filter(Boolean).join("\n"); other.dirty = true; other.soon(); return; }
    note.move(into);
    this.view.notes.set(into, note);
  }

  /** @param {Messages["note"]} data */
  noted({ call, note }) {
    const card = this.cards.get(call);
    if (card) card.note = note;
    this.view.notes.get(call)?.take(note);
    this.load();
  }

  /** @param {Progress} data */
  progress(data) {
    if (this.view.acts.progress(data) || this.dial?.id !== data.command) return;
    // Which line it is and what the other side sees are told once.
    this.dial = { ...this.dial, state: data.state, cause: data.cause, presents: data.presents ?? this.dial.presents, line: data.line ?? this.dial.line };
    this.app.refresh("calls");
    if (!dialOver(data.state)) return;
    const finished = this.dial;
    setTimeout(() => { if (this.dial === finished) { this.dial = null; this.app.refresh("calls"); } }, 8000);
  }

  /**
   * A card that is over goes away, unless somebody is writing in it or has spoken: then they close it.
   * @param {Card} card
   */
  closeLater(card) {
    setTimeout(() => {
      if (this.cards.get(card.call) !== card) return;
      if (this.view.isBusy(card)) this.closeLater(card); else this.remove(card.call);
    }, card.mine === "missed" ? 20000 : card.answered ? 180000 : 6000);
  }

  /** @param {string} call */
  remove(call) {
    this.view.notes.get(call)?.save();
    this.cards.delete(call);
    this.clients.delete(call);
    this.view.forget(call);
    notify(call, null);
    this.app.refresh("calls");
  }

  /**
   * Put aside here, gone in every tab of this person.
   * @param {string} call
   */
  dismiss(call) {
    this.remove(call);
    post("/api/v1/calls/dismiss", { call }).catch(() => {});
  }

  tick() {
    for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-since]"))) {
      node.textContent = clock(Date.now() + this.skew - Number(node.dataset.since));
    }
  }

  // MARK: keyboard

  /**
   * Out of a field, then out of a card. Letters are told by whoever tells a person's keys from a scanner's.
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (event.key !== "Escape" || !this.app.person || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const first = this.sorted()[0];
    if (target.closest?.("input, textarea, select")) target.blur();
    else if (first) this.dismiss(first.call);
  }

  /**
   * A letter that a person typed beside every field, on this page: a shortcut. Nothing else here moves the keyboard.
   * @param {string} letter
   */
  shortcut(letter) {
    if (!this.app.person || document.querySelector("dialog[open]") || document.activeElement?.matches?.("input, textarea, select")) return;
    const first = this.sorted()[0];
    if (first && "nc".includes(letter.toLowerCase())) { this.view.unfold(first, true); document.querySelector(`[data-call="${CSS.escape(first.call)}"]`)?.classList.add("opened"); }
    /** @param {string} selector */
    const go = (selector) => {
      const node = /** @type {HTMLElement | null} */ (document.querySelector(selector));
      if (!node) return;
      node.focus();
      node.scrollIntoView({ block: "nearest" });
    };
    const card = first && `[data-call="${CSS.escape(first.call)}"]`;
    switch (letter.toLowerCase()) {
      case "/": go("#search"); break;
      case "d": go("#number"); break;
      case "n": if (card) go(`${card} textarea`); break;
      case "m": go("#missed button"); break;
      case "c": {
        const form = card && /** @type {HTMLDetailsElement | null} */ (document.querySelector(`${card} details.create`));
        if (form) { form.open = true; go(`${card} details.create input`); }
        break;
      }
      case "?": this.help(); break;
      default: {
        const party = first && whoIs(first).several && first.parties[Number(letter) - 1];
        if (party) this.view.choose(first, party.id);
      }
    }
  }

  help() {
    const keys = [["Esc", "keyEsc"], ["N", "keyN"], ["C", "keyC"], ["1 … 9", "key1"], ["D", "keyD"], ["/", "keySearch"], ["M", "keyM"]];
    const dialog = h("dialog", { "aria-labelledby": "keys-title" }, h("div", { class: "stack" }, h("h2", { id: "keys-title" }, t("keys")),
      h("dl", { class: "keys" }, keys.map(([key, word]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(word))])),
      h("form", { method: "dialog" }, h("button", { class: "main" }, t("closeHelp")))));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  // MARK: drawing

  /** Cards lie above every page, so that nobody has to go and look. No focus is taken. */
  drawRinging() { keeping(() => this.layCards()); }

  layCards() {
    const place = part("ringing");
    if (!this.app.person) { replace(place); return; }
    // On other pages only what runs, and where somebody is still writing; what is over is told by the number on the tab.
    const running = this.app.page === "calls" ? [] : this.sorted().filter((card) => !isOver(card) || this.view.isBusy(card));
    replace(place, this.drawDial(this.app.page === "calls"), this.app.page === "calls" ? null : this.reminders.drawDue(), running.map((card, index) => this.view.draw(card, index === 0)));
  }

  /** @param {boolean} hidden */
  drawDial(hidden) {
    if (!this.dial || hidden) return null;
    const { state, cause, id, presents, line } = this.dial;
    const why = cause ? (t(`cause_${cause}`) === `cause_${cause}` ? worded(cause) : t(`cause_${cause}`)) : "";
    return h("div", { class: `toast ${state === "failed" ? "bad" : ""}`, id: "dial", role: "status" }, `☎ ${this.dial.number} · ${t(`d_${state}`, { cause: why })}`,
      (presents || line) && h("span", { class: "soft", id: "dial-line" }, [presents && t("presents", { number: presents }), line && t("lineIs", { line })].filter(Boolean).join(" · ")),
      !dialOver(state) && h("button", { class: "small", onclick: () => this.app.attempt(() => request("DELETE", `/api/v1/calls/${id}`)) }, t("hangUp")));
  }

  /** Cards come only while the telephone exchange can be heard: a break is said here, not guessed from silence. */
  drawLines() {
    const lines = this.app.gateways.telephony();
    const bad = lines.filter((line) => line.state !== "ready");
    // For a day's work: later it stands in the journal only.
    const doubts = lines.flatMap(({ name, doubt }) => (doubt?.from !== undefined && doubt.to !== undefined && Date.now() + this.skew - doubt.to < 8 * 3600000 ? [{ name, from: doubt.from, to: doubt.to, calls: doubt.calls ?? 0, unclear: doubt.unclear ?? 0, counted: doubt.counted }] : []));
    return [
      lines.length > 0 && bad.length > 0 && h("div", { class: "notice bad" }, bad.map((line) => h("div", {}, t("lineDown", { name: line.name, why: line.reason ? worded(line.reason) : t(`s_${line.state}`), when: when(line.since) }))), helpLink("calls")),
      doubts.filter(({ unclear }) => unclear > 0).map(({ name, from, to, unclear }) => h("div", { class: "notice wait" }, t(unclear === 1 ? "unclear_one" : "unclear", { n: unclear, from: when(from), to: when(to), name }))),
      doubts.filter(({ calls, counted }) => calls > 0 || counted !== true).map(({ name, from, to, calls }) => h("div", { class: "notice wait" }, t(calls === 1 ? "doubt_one" : calls > 0 ? "doubt" : "doubtSome", { n: calls, from: when(from), to: when(to), name }))),
    ];
  }

  /** @param {string} text */
  async call(text) {
    const id = ulid();
    this.dial = { id, number: text, state: "accepted" };
    this.app.refresh("calls");
    const answer = await this.app.attempt(() => post("/api/v1/calls", { number: text, click: id }));
    if (!answer && this.dial?.id === id) { this.dial = null; this.app.refresh("calls"); }
  }

  /** @param {HTMLElement} main */
  draw(main) { keeping(() => this.layPage(main)); }

  /** @param {HTMLElement} main */
  layPage(main) {
    // Cards have a column of their own: what somebody is about to press does not move when one comes or goes.
    this.place ??= h("div", { class: "stack", id: "cards" });
    const scrolled = this.place.scrollTop;
    const cards = this.sorted().map((card, index) => this.view.draw(card, index === 0));
    const due = this.reminders.drawDue();
    replace(this.place, this.drawDial(false), due, cards, cards.length + due.length === 0 && h("p", { class: "soft nobody hide-small" }, t("cardsHere")));
    replace(main, h("div", { class: "calls-page" },
      h("div", { class: "stack" },
        h("div", { class: "row" }, h("h1", {}, t("calls")), h("button", { class: "small push hide-small", id: "keys", onclick: () => this.help() }, t("keys"), h("kbd", {}, "?"))),
        this.drawLines(),
        h("div", { class: "columns" }, this.drawDesk(), h("div", { class: "stack" }, this.drawDialBox(), this.drawNotify())),
        this.reminders.draw(),
        h("section", { class: "panel stack" }, h("h2", {}, t("missedCalls")), this.missed.length === 0 ? h("p", { class: "soft" }, t("noMissed"), " ", helpLink("calls"))
          : h("ul", { class: "plain call-list", id: "missed" }, firstOf("missed", this.missed, (card) => this.drawMissed(card), () => this.app.refresh("calls")))),
        this.drawHistory(), this.drawWhy()),
      h("aside", { class: "stack" }, this.place, this.watched.size > 0 && this.drawWatched())));
    this.place.scrollTop = scrolled;
  }

  drawWatched() {
    return h("section", { class: "panel stack", id: "watched" }, h("h2", {}, t("teamNow")),
      h("ul", { class: "plain call-list" }, [...this.watched.values()].sort((a, b) => a.started - b.started).map((card) => {
        const who = whoIs(card);
        const state = card.talks.length ? ["good", t("watchTalks", { who: card.talks.join(", ") })] : card.rings.length ? ["wait", t("watchRings", { who: card.rings.join(", ") })] : ["", t(card.state === "queued" ? "watchWaits" : "watchOffered")];
        return h("li", {}, h("span", { class: `pill ${state[0]}` }, state[1]), h("div", { class: "grow" }, h("strong", {}, who.title),
          h("div", { class: "soft" }, [who.company, who.shown !== who.title ? who.shown : null, card.queue].filter(Boolean).join(" · "))),
        h("span", { class: "clock small", "data-since": card.started }, clock(Date.now() + this.skew - card.started)));
      })));
  }

  drawDesk() {
    const person = this.app.person;
    if (!person?.extension) return this.kept(`desk ${this.app.sites}`, () => this.makeDesk());
    return h("section", { class: "panel row" }, h("div", {}, h("div", { class: "soft" }, t("telephone")), h("h2", {}, person.extension)),
      h("button", { class: "push", id: "release", onclick: () => this.claim(null) }, t("release")));
  }

  /**
   * A form that is built once for each language, so that redrawing does not empty it.
   * @template {HTMLElement} Form
   * @param {string} name
   * @param {() => Form} make
   * @returns {Form}
   */
  kept(name, make) {
    const key = `${name} ${lang()}`;
    const form = /** @type {Form | undefined} */ (this.forms.get(key)) ?? make();
    this.forms.set(key, form);
    return form;
  }

  makeDesk() {
    const input = h("input", { inputmode: "numeric", maxlength: 16, id: "extension", required: true });
    const sites = this.app.sites ?? [];
    const site = h("select", { id: "site" }, sites.map((name) => h("option", { value: `@${name}` }, name)), h("option", { value: "" }, t("otherSite")));
    return h("form", { class: "panel stack", onsubmit: (event) => { event.preventDefault(); this.claim(input.value.trim() + site.value); } },
      h("h2", {}, t("telephone")), h("p", { class: "soft" }, t("claimHint")),
      h("label", {}, h("span", {}, t("extensionLabel")), input),
      sites.length ? h("label", {}, h("span", {}, t("siteLabel")), site) : null, h("button", { class: "main", type: "submit" }, t("claim")));
  }

  /** @param {string | null} extension */
  async claim(extension) {
    const answer = await this.app.attempt(() => request("PUT", "/api/v1/me/extension", { extension }));
    if (!answer) return;
    this.app.person = answer.person;
    if (!extension) this.cards.clear();
    this.running(answer.calls);
    await this.load();
  }

  drawDialBox() {
    const form = this.kept("dial", () => this.makeDialBox());
    const button = form.querySelector("button");
    if (button) button.disabled = !this.app.person?.extension;
    return form;
  }

  makeDialBox() {
    const input = h("input", { inputmode: "tel", maxlength: 40, "aria-label": t("dialHint"), placeholder: t("dialHint"), id: "number" });
    return h("form", {
      class: "panel row",
      onsubmit: (event) => { event.preventDefault(); const text = input.value; input.value = ""; if (text.trim()) this.call(text); },
    }, h("div", { class: "grow" }, input), h("button", { type: "submit" }, `☎ ${t("dial")}`, h("kbd", {}, "D")));
  }

  drawNotify() {
    if (notifyState() !== "default") return null;
    return h("section", { class: "panel row" }, h("p", { class: "grow soft" }, t("notifyWhy")),
      h("button", { class: "small", id: "notify", onclick: async () => { await askNotify(); this.app.refresh("calls"); } }, t("notifyAsk")));
  }

  // MARK: lists

  /** @param {Card} card */
  drawMissed(card) {
    const taken = card.taken?.by;
    const mine = taken === this.app.person?.name;
    /** @type {(path: string, body?: object) => Promise<unknown>} */
    const act = async (path, body) => { const answer = await this.app.attempt(() => post(path, { call: card.call, ...body })); this.load(); return answer; };
    return this.drawEntry(card, [
      card.perhapsMissed ? h("span", { class: "pill", title: t("perhapsMissedWhy") }, t("perhapsMissed")) : null,
      taken ? h("span", { class: `pill ${mine ? "good" : "extra"}` }, mine ? t("takenByMe") : t("takenBySomebody", { who: taken })) : null,
      card.dialable && (!taken || mine) && h("button", { class: "small", id: `back-${card.call}`, onclick: async () => { if (mine || await act("/api/v1/missed/take", { take: true })) this.call(card.number?.e164 ?? whoIs(card).shown ?? ""); } }, t("callBack")),
      // Nobody can call back a number that was withheld: it can be put aside, not taken.
      (mine || !taken && !card.withheld) && h("button", { class: "small", id: `take-${card.call}`, onclick: () => act("/api/v1/missed/take", { take: !mine }) }, t(mine ? "giveBack" : "take")),
      this.reminders.button(card),
      h("button", { class: "small", id: `done-${card.call}`, onclick: () => act("/api/v1/missed/done") }, t("done")),
    ]);
  }

  /**
   * @param {Card} card
   * @param {Child} actions
   */
  drawEntry(card, actions) {
    const who = whoIs(card);
    const talk = card.talked && card.ended ? clock(card.ended - card.talked) : null;
    const reached = card.answeredBy.length > 0;
    const disposition = card.note?.disposition;
    return h("li", {},
      h("span", { role: "img", "aria-label": t(card.direction ?? "inbound"), class: reached ? "" : "lost" }, arrow(card.direction)),
      h("div", { class: "grow" }, h("strong", {}, who.title), card.calls && h("span", { class: "pill wait" }, t("times", { n: number(card.calls.length) })),
        h("div", { class: "soft" }, [who.company, who.shown !== who.title ? who.shown : null, card.direction === "inbound" && card.dialled && t("dialled", { number: card.dialled }), when(card.started), card.corrected && t("timeCorrected"), reached ? t("answeredBy", { who: card.answeredBy.join(", ") }) : reason(card) || t("notAnswered"), talk, card.queue].filter(Boolean).join(" · ")),
        card.note && (card.note.note || disposition) && h("div", { class: "said" }, disposition && h("span", { class: "pill" }, about(disposition)), card.note.note && ` « ${card.note.note} »`, h("span", { class: "soft" }, ` ${card.note.who}`))),
      actions);
  }

  drawHistory() {
    const list = this.found ?? this.past;
    const form = this.kept("search", () => this.makeSearch());
    return h("section", { class: "panel stack" }, h("div", { class: "row" }, h("h2", {}, t("history")),
      this.app.may("exports") && h("a", { class: "button small push", id: "export", download: "calls.csv", href: `/api/v1/calls/export.csv?q=${encodeURIComponent(form.query ?? "")}` }, t("exportCSV")),
      this.app.may("exports") && [["xlsx", "Excel"], ["pdf", "PDF"]].map(([kind, label]) => h("a", { class: "button small", download: "", href: `/api/v1/calls/export.${kind}?q=${encodeURIComponent(form.query ?? "")}&lang=${lang()}` }, label))),
    form,
    list.length === 0 ? h("p", { class: "soft" }, t(this.found ? "nothingFound" : "noHistory"))
      : h("ul", { class: "plain call-list", id: "history" }, firstOf("history", list, (card) => this.drawEntry(card, [
        card.dialable && h("button", { class: "small", id: `again-${card.call}`, onclick: () => this.call(card.number?.e164 ?? whoIs(card).shown ?? "") }, t("callBack")),
        this.reminders.button(card),
        h("button", { class: "small", id: `write-${card.call}`, onclick: () => this.edit(card) }, t("details"))]), () => this.app.refresh("calls"))));
  }

  makeSearch() {
    const input = h("input", { type: "search", id: "search", maxlength: 120, placeholder: t("searchHint"), "aria-label": t("searchHint"), oninput: () => { clearTimeout(this.searching); this.searching = setTimeout(() => this.search(), 250); } });
    const team = h("input", { type: "checkbox", id: "team", onchange: () => this.search() });
    const form = h("form", { class: "row search", onsubmit: (event) => { event.preventDefault(); this.search(); } },
      h("div", { class: "grow" }, input), h("label", { class: "check" }, team, h("span", {}, t("wholeTeam"))));
    return Object.assign(form, { fields: { input, team }, query: "" });
  }

  async search() {
    const form = this.kept("search", () => this.makeSearch());
    const { input, team } = form.fields;
    form.query = input.value.trim();
    if (!form.query && !team.checked) { this.found = null; this.app.refresh("calls"); return; }
    const question = `${form.query} ${team.checked}`;
    this.question = question;
    const found = await this.app.attempt(() => get(`/api/v1/calls/search?q=${encodeURIComponent(form.query)}${team.checked ? "&team=1" : ""}`));
    // A later question's answer must not be written over by an earlier one's.
    if (!found || this.question !== question) return;
    this.found = found;
    this.app.refresh("calls");
  }

  /**
   * What became of a call: who rang, who talked, for how long.
   * @param {Card} card
   */
  drawLegs(card) {
    /** @param {Leg} leg */
    const spans = (leg) => [
      leg.rang && t("legRang", { time: clock((leg.answered ?? leg.ended ?? leg.rang) - leg.rang) }),
      leg.answered && t("legTalked", { time: clock((leg.ended ?? leg.answered) - leg.answered) }),
      leg.holds && t("legHolds", { n: number(leg.holds) }),
      !leg.answered && leg.cause ? t(`cause_${leg.cause}`) : null,
    ].filter(Boolean).join(" · ");
    return h("ul", { class: "plain call-list" }, card.legs.map((leg) => h("li", {}, h("strong", {}, leg.who || t("outside")), h("span", { class: "soft" }, spans(leg)))),
      (card.transfers ?? []).map((one) => h("li", {}, h("span", { class: "soft" }, t("legTransfer", { by: one.by ?? "?", to: one.to ?? "?" })))));
  }

  /**
   * A call of the history, with its note, in a dialog.
   * @param {Card} card
   */
  edit(card) {
    this.view.notes.delete(card.call);
    const note = this.view.note(card);
    const dialog = h("dialog", { "aria-labelledby": "note-title" }, h("div", { class: "stack" }, h("h2", { id: "note-title" }, `${whoIs(card).title} · ${when(card.started)}`), this.drawLegs(card), note.node,
      h("form", { method: "dialog" }, h("button", { class: "main" }, t("closeHelp")))));
    dialog.addEventListener("close", async () => { await note.save(); dialog.remove(); this.view.forget(card.call); this.load(); });
    document.body.append(dialog);
    dialog.showModal();
    note.text.focus();
  }

  drawWhy() {
    const details = this.kept("why", () => h("details", {
      class: "panel", id: "why",
      ontoggle: async () => {
        if (!details.open) return;
        this.reasons = await this.app.attempt(() => get("/api/v1/calls/why")) ?? this.reasons;
        this.app.refresh("calls");
      },
    }, h("summary", {}, h("strong", {}, t("whyTitle"))), h("div", { class: "scroll" })));
    if (details.open && this.reasons) {
      replace(/** @type {HTMLElement} */ (details.lastChild), this.reasons.length === 0 ? h("p", { class: "soft" }, t("noHistory")) : h("table", {}, h("thead", {}, h("tr", {}, ["whyWhen", "whyDesk", "whyPeople", "whyVerdict"].map((word) => h("th", {}, t(word))))),
        h("tbody", {}, this.reasons.map((entry) => h("tr", {}, h("td", {}, when(entry.at)), h("td", {}, entry.desk), h("td", {}, entry.people.join(", ") || "–"),
          h("td", {}, t(`why_${entry.verdict}`, { browsers: entry.shown.map((one) => `${one.browser} (${number(one.afterMs)} ms)`).join(", ") || entry.browsers.join(", ") })))))));
    }
    return details;
  }
}

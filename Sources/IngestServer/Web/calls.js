import { h, icon, replace } from "./dom.js";
import { get, post, request, ulid } from "./api.js";
import { t, when, clock, lang } from "./i18n.js";

/** Who calls, before the second ring; the card follows the call. */
export class Calls {
  constructor(app) {
    this.app = app;
    this.cards = new Map();
    this.missed = [];
    this.past = [];
    this.chosen = new Map();
    this.forms = new Map();
    this.dial = null;
    this.skew = 0;
    setInterval(() => this.tick(), 1000);
  }

  clear() {
    this.cards.clear();
    this.chosen.clear();
    this.forms.clear();
    this.missed = [];
    this.past = [];
    this.dial = null;
  }

  async load() {
    const data = await this.app.attempt(() => get("/api/v1/calls"));
    if (!data) return;
    // The cards themselves come with the stream, in its order; this answer may be older.
    this.missed = data.missed;
    this.past = data.history;
    this.app.refresh("calls");
  }

  running(cards) {
    const known = new Set(cards.map((card) => card.call));
    // A card whose call the server does not know any more must not stay open.
    for (const [id, card] of this.cards) if (!known.has(id) && !this.isOver(card)) this.cards.delete(id);
    for (const card of cards) if (!((this.cards.get(card.call)?.rev ?? -1) > card.rev)) this.cards.set(card.call, card);
    this.app.refresh("calls");
  }

  /** What rings comes first, what is over last. */
  sorted() {
    const order = ["ringing", "talking", "held", "missed", "over"];
    return [...this.cards.values()].sort((a, b) => order.indexOf(a.mine) - order.indexOf(b.mine) || b.started - a.started);
  }

  isOver(card) { return card.mine === "over" || card.mine === "missed"; }
  missedCount() { return this.missed.length; }

  title() {
    const ringing = [...this.cards.values()].find((card) => card.mine === "ringing");
    return ringing ? `☎ ${this.who(ringing).title}` : null;
  }

  message({ type, data }) {
    if (type === "missed") { this.load(); return; }
    if (type === "command") {
      if (this.dial?.id === data.command) {
        this.dial = { ...this.dial, state: data.state, cause: data.cause };
        this.app.refresh("calls");
        if (["done", "failed", "cancelled", "expired", "unknown"].includes(data.state)) {
          const finished = this.dial;
          setTimeout(() => { if (this.dial === finished) { this.dial = null; this.app.refresh("calls"); } }, 8000);
        }
      }
      return;
    }
    const before = this.cards.get(data.call);
    if (before && before.rev > data.rev) return;
    if (data.mine === "ringing" && before?.mine !== "ringing") {
      this.app.play("ring");
      this.app.announce(`${t("ringing")} ${this.who(data).title}`, true);
    }
    if (this.isOver(data) && !before) return;
    this.cards.set(data.call, data);
    if (this.isOver(data)) {
      this.closeLater(data);
      this.load();
    }
    this.app.refresh("calls");
  }

  /** A card that is over goes away, unless it rings again or somebody is writing in it. */
  closeLater(card) {
    setTimeout(() => {
      if (this.cards.get(card.call) !== card) return;
      if (this.forms.get(card.call)?.open) this.closeLater(card); else this.remove(card.call);
    }, card.mine === "missed" ? 20000 : 6000);
  }

  remove(call) {
    this.cards.delete(call);
    this.chosen.delete(call);
    this.forms.delete(call);
    this.app.refresh("calls");
  }

  /** The person this card is about: the chosen or only match, or what little is known. */
  who(card) {
    const party = card.parties.length === 1 ? card.parties[0] : card.parties.find((candidate) => candidate.id === this.chosen.get(card.call));
    const shown = card.number?.display;
    if (card.withheld) return { title: t("withheld") };
    if (party) return { title: party.name || party.company, company: party.name ? party.company : null, party, shown };
    if (card.parties.length > 1) return { title: shown, several: true, shown };
    return { title: card.sentName || shown || t("unknownCaller"), unknown: true, shown };
  }

  tick() {
    for (const node of document.querySelectorAll("[data-since]")) {
      node.textContent = clock(Date.now() + this.skew - Number(node.dataset.since));
    }
  }

  /** Cards lie above every page, so that nobody has to go and look. No focus is taken. */
  drawRinging() {
    const place = document.getElementById("ringing");
    if (!this.app.person) { replace(place); return; }
    // On other pages only what runs; what is over is told by the number on the tab.
    const running = this.app.page === "calls" ? [] : this.sorted().filter((card) => !this.isOver(card));
    replace(place, this.drawDial(this.app.page === "calls"), running.map((card) => this.drawCard(card)));
  }

  drawDial(hidden) {
    if (!this.dial || hidden) return null;
    const { state, cause, id } = this.dial;
    const over = ["done", "failed", "cancelled", "expired", "unknown"].includes(state);
    const reason = cause ? (t(`cause_${cause}`) === `cause_${cause}` ? cause : t(`cause_${cause}`)) : "";
    return h("div", { class: `toast ${state === "failed" ? "bad" : ""}`, id: "dial" }, `☎ ${this.dial.number} · ${t(`d_${state}`, { cause: reason })}`,
      !over && h("button", { class: "small", onclick: () => this.app.attempt(() => request("DELETE", `/api/v1/calls/${id}`)) }, t("hangUp")));
  }

  drawCard(card) {
    const who = this.who(card);
    const since = card.mine === "talking" || card.mine === "held" ? card.answered : card.mine === "ringing" ? card.rang : null;
    const cause = card.mine === "over" || card.mine === "missed" ? card.myCause ?? card.cause : null;
    return h("article", { class: `card ${card.mine}`, "data-call": card.call, "aria-label": `${t(card.mine)} ${who.title}` },
      h("div", { class: "row" },
        h("span", { class: `pill ${{ ringing: "wait", talking: "good", held: "extra", missed: "bad" }[card.mine] ?? ""}` }, t(card.mine)),
        card.mine === "ringing" && h("span", { class: "bell", "aria-hidden": "true" }, icon("bell")),
        card.queue && h("span", { class: "soft" }, t("via", { queue: card.queue })),
        cause && h("span", { class: "soft" }, t(`cause_${cause}`), card.answeredBy.length ? ` · ${t("answeredBy", { who: card.answeredBy.join(", ") })}` : ""),
        since && h("span", { class: "clock push", "aria-hidden": "true", "data-since": since }, clock(Date.now() + this.skew - since)),
        h("button", { class: since ? "small" : "small push", id: `dismiss-${card.call}`, onclick: () => this.remove(card.call) }, t("dismiss"))),
      h("div", {}, h("div", { class: "who" }, who.title), who.company && h("div", { class: "company" }, who.company),
        !who.party && who.unknown && who.title !== t("unknownCaller") && h("div", { class: "soft" }, t(card.direction === "outbound" ? "unknownNumber" : "unknownCaller"))),
      who.several && h("div", { class: "stack" }, h("strong", {}, t("severalMatch")),
        h("ul", { class: "plain" }, card.parties.map((party) =>
          h("li", {}, h("button", { onclick: () => { this.chosen.set(card.call, party.id); this.app.refresh("calls"); } },
            `${party.name || party.company}${party.name && party.company ? ` · ${party.company}` : ""}`))))),
      who.party && card.parties.length > 1 && h("button", { class: "small", onclick: () => { this.chosen.delete(card.call); this.app.refresh("calls"); } }, t("otherOne")),
      this.drawNumbers(card, who),
      !who.party && this.drawCreate(card, who),
      who.party && h("div", { class: "facts" },
        h("div", {}, h("h3", {}, t("openDeliveries")), card.deliveries.length === 0 ? h("p", {}, t("none"))
          : h("ul", { class: "plain" }, card.deliveries.map((delivery) => h("li", {}, h("strong", {}, delivery.note), delivery.supplier,
            h("span", { class: "pill" }, `${t(`status_${delivery.status}`)} ${delivery.received}/${delivery.expected}`))))),
        h("div", {}, h("h3", {}, t("lastCalls")), card.lastCalls.length === 0 ? h("p", {}, t("noCalls"))
          : h("ul", { class: "plain" }, card.lastCalls.map((call) => h("li", {}, when(call.at), h("span", { class: "soft" },
            call.missed ? t("notAnswered") : t("answeredBy", { who: call.answeredBy.join(", ") }))))))));
  }

  drawNumbers(card, who) {
    const numbers = new Set([...(who.shown ? [who.shown] : []), ...(who.party?.numbers ?? [])]);
    // The number that calls and the same number from the directory are one.
    const plain = (text) => text.replace(/\D/g, "").slice(-9);
    const distinct = [...numbers].filter((text, index, all) => all.findIndex((other) => plain(other) === plain(text)) === index);
    if (distinct.length === 0) return null;
    return h("div", { class: "row" }, distinct.map((text) => h("button", { class: "small", onclick: () => this.call(text) }, `☎ ${text}`)));
  }

  /** One form a card, kept from drawing to drawing: what somebody types must survive the next event. */
  drawCreate(card, who) {
    const kept = this.forms.get(card.call);
    if (kept?.lang === lang()) return kept;
    const form = this.makeCreate(card, who);
    form.lang = lang();
    this.forms.set(card.call, form);
    return form;
  }

  makeCreate(card, who) {
    const name = h("input", { name: "name", value: card.sentName ?? "", maxlength: 120 });
    const company = h("input", { name: "company", maxlength: 120 });
    const phone = h("input", { name: "number", value: who.shown ?? "", inputmode: "tel", maxlength: 40 });
    return h("details", { class: "create" }, h("summary", {}, h("strong", {}, t("createClient")), who.shown ? ` · ${who.shown}` : ""),
      h("form", {
        class: "stack",
        onsubmit: async (event) => {
          event.preventDefault();
          const party = await this.app.attempt(() => post("/api/v1/parties", { name: name.value, company: company.value, numbers: phone.value ? [phone.value] : [] }));
          if (!party) return;
          this.forms.delete(card.call);
          const shown = this.cards.get(card.call);
          if (shown && !shown.parties.some((known) => known.id === party.id)) shown.parties.push(party);
          this.chosen.set(card.call, party.id);
          this.app.say(t("saved"), "good");
          this.load();
        },
      },
        h("label", {}, h("span", {}, t("company")), company), h("label", {}, h("span", {}, t("clientName")), name),
        h("label", {}, h("span", {}, t("number")), phone), h("button", { class: "main", type: "submit" }, t("save"))));
  }

  async call(text) {
    const id = ulid();
    this.dial = { id, number: text, state: "accepted" };
    this.app.refresh("calls");
    const answer = await this.app.attempt(() => post("/api/v1/calls", { number: text, click: id }));
    if (!answer && this.dial?.id === id) { this.dial = null; this.app.refresh("calls"); }
  }

  draw(main) {
    replace(main, h("div", { class: "stack" },
      h("h1", {}, t("calls")), this.drawDial(false),
      h("div", { class: "stack", id: "cards" }, this.sorted().map((card) => this.drawCard(card))),
      h("div", { class: "columns" }, this.drawDesk(), this.drawDialBox()),
      h("div", { class: "columns" },
        h("section", { class: "panel stack" }, h("h2", {}, t("missedCalls")), this.missed.length === 0 ? h("p", { class: "soft" }, t("noMissed"))
          : h("ul", { class: "plain call-list", id: "missed" }, this.missed.map((card) => this.drawPast(card, true)))),
        h("section", { class: "panel stack" }, h("h2", {}, t("history")), this.past.length === 0 ? h("p", { class: "soft" }, t("noHistory"))
          : h("ul", { class: "plain call-list" }, this.past.map((card) => this.drawPast(card, false)))))));
  }

  drawDesk() {
    const person = this.app.person;
    if (!person.extension) return this.kept("desk", () => this.makeDesk());
    return h("section", { class: "panel row" }, h("div", {}, h("div", { class: "soft" }, t("telephone")), h("h2", {}, person.extension)),
      h("button", { class: "push", id: "release", onclick: () => this.claim(null) }, t("release")));
  }

  /** A form that is built once for each language, so that redrawing does not empty it. */
  kept(name, make) {
    const key = `${name} ${lang()}`;
    if (!this.forms.has(key)) this.forms.set(key, make());
    return this.forms.get(key);
  }

  makeDesk() {
    const input = h("input", { inputmode: "numeric", maxlength: 16, id: "extension", required: true });
    return h("form", { class: "panel stack", onsubmit: (event) => { event.preventDefault(); this.claim(input.value.trim()); } },
      h("h2", {}, t("telephone")), h("p", { class: "soft" }, t("claimHint")),
      h("label", {}, h("span", {}, t("extensionLabel")), input), h("button", { class: "main", type: "submit" }, t("claim")));
  }

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
    form.querySelector("button").disabled = !this.app.person.extension;
    return form;
  }

  makeDialBox() {
    const input = h("input", { inputmode: "tel", maxlength: 40, "aria-label": t("dialHint"), placeholder: t("dialHint"), id: "number" });
    return h("form", {
      class: "panel stack",
      onsubmit: (event) => { event.preventDefault(); const text = input.value; input.value = ""; if (text.trim()) this.call(text); },
    }, h("h2", {}, t("dial")), input, h("button", { type: "submit" }, `☎ ${t("dial")}`));
  }

  drawPast(card, missed) {
    const who = this.who(card);
    const arrow = { inbound: "↙", outbound: "↗", internal: "↔" }[card.direction] ?? "·";
    return h("li", {},
      h("span", { role: "img", "aria-label": t(card.direction ?? "inbound") }, arrow),
      h("div", { class: "grow" }, h("strong", {}, who.title), h("div", { class: "soft" },
        [who.company, who.shown !== who.title ? who.shown : null, when(card.started), card.answeredBy.length ? t("answeredBy", { who: card.answeredBy.join(", ") }) : t("notAnswered")].filter(Boolean).join(" · "))),
      card.dialable && h("button", { class: "small", id: `back-${missed}-${card.call}`, onclick: () => this.call(card.direction === "outbound" ? card.called : who.shown) }, t("callBack")),
      missed && h("button", { class: "small", id: `done-${card.call}`, onclick: async () => { await this.app.attempt(() => post("/api/v1/missed/done", { call: card.call })); this.load(); } }, t("done")));
  }
}

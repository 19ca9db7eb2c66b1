import { h, replace } from "./dom.js";
import { get, post } from "./api.js";
import { importButton } from "./doors.js";
import { t, when } from "./i18n.js";
import { about, arrow } from "./card.js";
import { empty, field, Forms } from "./parts.js";
import { drawDelivery, drawErp } from "./facts.js";
import { Sheet } from "./sheet.js";
import { awaited, firstOf } from "./long.js";

/** Clients: who they are, what is under way for them, what was said. */
export class Clients {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Party[] | null} */
    this.list = null;
    this.asked = "";
    /** @type {number | null} */
    this.chosen = null;
    /** @type {Party | null} */
    this.data = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {number | undefined} */
    this.typing = undefined;
    this.waits = 0;
    this.forms = new Forms();
    this.clear();
  }

  clear() {
    clearTimeout(this.timer);
    this.forms.clear();
    this.list = null;
    this.asked = "";
    this.chosen = null;
    this.data = null;
  }

  async load() {
    // Read when somebody looks: the list may be long.
    if (this.app.page !== "clients") { this.list = null; return; }
    await Promise.all([this.ask(), this.chosen === null ? null : this.fetch()]);
  }

  arrive() { if (this.list === null) this.load(); }

  /** @param {MessageOf<"client">} message */
  message({ type, data }) {
    if (type !== "client" || data.party !== this.chosen || !this.data) return;
    this.data = { ...this.data, erp: data.erp };
    this.app.refresh("clients");
  }

  async ask() {
    const text = this.asked;
    const list = await this.app.attempt(() => get(`/api/v1/parties?q=${encodeURIComponent(text)}`));
    if (!list || this.asked !== text) return;
    this.list = list;
    this.app.refresh("clients");
  }

  async fetch() {
    const id = this.chosen;
    const data = await this.app.attempt(() => get(`/api/v1/parties/${id}`));
    if (!data || this.chosen !== id) return;
    this.data = data;
    clearTimeout(this.timer);
    // The ERP answers later than the centre.
    if (data.erp?.state === "waiting" && (this.waits += 1) < 6) this.timer = setTimeout(() => this.fetch(), 2000);
    this.app.refresh("clients");
  }

  /** @param {string | null} [ref] */
  visit(ref) {
    const id = ref ? Number(ref) : null;
    if (id !== this.chosen) { this.data = null; this.waits = 0; clearTimeout(this.timer); }
    this.chosen = id;
    if (id !== null) this.fetch();
    this.app.refresh("clients");
  }

  /** @param {HTMLElement} main */
  draw(main) {
    replace(main, h("div", { class: `split ${this.chosen !== null ? "chosen" : ""}` },
      h("aside", { class: "stack" },
        h("div", { class: "row" }, h("h1", {}, t("clients")),
          h("span", { class: "push" }, importButton(this.app, "parties", { id: "import-parties", label: t("import_parties"), away: this.app.isAway(), done: () => this.load() })),
          this.app.may("clients.edit") && h("button", { id: "new-client", disabled: this.app.isAway(), onclick: () => this.create() }, t("createClient"))),
        this.forms.get("search", () => this.makeSearch()),
        this.list === null ? awaited(this.app) : this.list.length === 0 ? (this.asked ? empty(t("nothingFound"), t("fewerWords"), "clients") : empty(t("noClients"), t("noClientsHint"), "clients"))
          : h("ul", { class: "deliveries" }, firstOf("clients", this.list, (party) => h("li", {}, h("button", { id: `party-${party.id}`, "aria-current": party.id === this.chosen ? "true" : null, onclick: () => this.app.go("clients", String(party.id)) },
            h("strong", {}, party.company || party.name), h("span", { class: "soft" }, [party.company ? party.name : null, party.reference, party.numbers?.[0]].filter(Boolean).join(" · ")))), () => this.app.refresh("clients")))),
      h("section", { class: "stack", id: "client" }, this.chosen === null ? empty(t("chooseClient"), "", "clients") : this.data ? this.drawClient(this.data) : awaited(this.app))));
  }

  makeSearch() {
    const input = h("input", { type: "search", id: "client-search", maxlength: 120, placeholder: t("clientSearch"), "aria-label": t("clientSearch"), value: this.asked,
      oninput: () => { this.asked = input.value.trim(); clearTimeout(this.typing); this.typing = setTimeout(() => this.ask(), 200); } });
    return h("form", { role: "search", onsubmit: (event) => { event.preventDefault(); this.ask(); } }, input);
  }

  /** @param {Party} party */
  drawClient(party) {
    const extension = this.app.person?.extension;
    return [
      h("div", { class: "row" }, h("button", { class: "small only-small", onclick: () => this.app.go("clients") }, `‹ ${t("allClients")}`),
        h("div", {}, h("h1", {}, party.company || party.name), party.company && party.name && h("div", { class: "company" }, party.name)), party.reference && h("span", { class: "soft" }, party.reference)),
      party.numbers?.length > 0 && h("div", { class: "row" }, party.numbers.map((text) => h("button", { disabled: !extension, title: extension ? null : t("code_no-extension"), onclick: () => this.app.calls.call(text) }, `☎ ${text}`))),
      party.erp && party.erp.state !== "absent" && h("section", { class: "panel" }, drawErp(party.erp)),
      h("div", { class: "columns" },
        h("section", { class: "panel stack" }, h("h2", {}, t("openDeliveries")), party.deliveries?.length ? h("ul", { class: "plain call-list" }, party.deliveries.map((one) => drawDelivery(one, (id) => this.app.openRef("delivery", id)))) : h("p", { class: "soft" }, t("none"))),
        h("section", { class: "panel stack" }, h("h2", {}, t("lastCalls")), party.lastCalls?.length ? h("ul", { class: "plain call-list" }, party.lastCalls.map((call) => this.drawCall(call))) : h("p", { class: "soft" }, t("noCalls")))),
    ];
  }

  /** @param {PastCall} call */
  drawCall(call) {
    return h("li", {}, h("span", { role: "img", "aria-label": t(call.direction ?? "inbound"), class: call.missed ? "lost" : "" }, arrow(call.direction)),
      h("div", { class: "grow" }, h("strong", {}, when(call.at)), h("div", { class: "soft" }, [call.missed ? t("notAnswered") : call.answeredBy?.length ? t("answeredBy", { who: [call.answeredBy].flat().join(", ") }) : null, call.disposition && about(call.disposition), call.note && `« ${call.note} »`].filter(Boolean).join(" · "))));
  }

  create() {
    const company = h("input", { maxlength: 120, required: true, autocomplete: "off" });
    const name = h("input", { maxlength: 120, autocomplete: "off" });
    const numbers = h("input", { maxlength: 120, inputmode: "tel", autocomplete: "off" });
    const sheet = new Sheet(t("createClient"), () => h("form", {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        const party = await this.app.attempt(() => post("/api/v1/parties", { company: company.value.trim(), name: name.value.trim(), numbers: numbers.value.split(/[,;/]/).map((text) => text.trim()).filter(Boolean) }));
        if (!party) return;
        sheet.close();
        this.app.say(t("saved"), "good");
        this.ask();
        this.app.go("clients", String(party.id));
      },
    }, field(t("company"), company), field(t("clientName"), name), field(t("numbersLabel"), numbers), h("button", { class: "main big", type: "submit" }, t("save"))));
  }
}

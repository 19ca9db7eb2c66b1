import { h, replace } from "./dom.js";
import { get } from "./api.js";
import { t, when, worded } from "./i18n.js";
import { Forms } from "./parts.js";
import { helpLink } from "./help.js";
import { Users } from "./users.js";
import { Webhooks } from "./webhooks.js";
import { openTokens } from "./tokens.js";
import { openAccount } from "./account.js";
import { awaited } from "./long.js";

/** Who did what, newest first; and the people and webhooks, for those who keep them. */
export class Audit {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {LedgerEntry[] | null} */
    this.list = null;
    this.more = false;
    this.filter = { who: "", subject: "" };
    this.people = false;
    this.hooked = false;
    this.forms = new Forms();
    this.users = new Users(this);
    this.hooks = new Webhooks(this);
    this.clear();
  }

  clear() {
    this.forms.clear();
    this.users.clear();
    this.hooks.clear();
    this.list = null;
    this.more = false;
    this.filter = { who: "", subject: "" };
    this.people = false;
    this.hooked = false;
  }

  async load() {
    if (this.app.page !== "audit") { this.list = null; return; }
    await Promise.all([this.fetch(), this.people ? this.users.load() : null, this.hooked ? this.hooks.load() : null]);
  }

  arrive() { this.load(); }

  /** @param {number} [before] */
  async fetch(before) {
    const { who, subject } = this.filter;
    const query = new URLSearchParams(Object.entries({ before: String(before ?? ""), who, subject }).filter(([, value]) => value !== ""));
    const list = await this.app.attempt(() => get(`/api/v1/audit?${query}`));
    if (!list || who !== this.filter.who || subject !== this.filter.subject) return;
    // The page was left meanwhile: older entries have nothing to stand below.
    if (before !== undefined && this.list === null) return;
    this.list = before === undefined ? list : [...this.list ?? [], ...list];
    this.more = list.length > 0;
    this.app.refresh("audit");
  }

  /** @param {HTMLElement} main */
  draw(main) {
    const canPeople = this.app.may("users");
    replace(main, h("div", { class: "stack" },
      h("div", { class: "row" }, h("h1", {}, t(this.people ? "users" : this.hooked ? "webhooks" : "audit")),
        h("div", { class: "row push" }, canPeople && h("button", { id: "people", "aria-pressed": String(this.people), onclick: () => { this.people = !this.people; this.hooked = false; if (this.people) this.users.load(); this.app.refresh("audit"); } }, t(this.people ? "audit" : "users")),
          canPeople && h("button", { id: "webhooks", "aria-pressed": String(this.hooked), onclick: () => { this.hooked = !this.hooked; this.people = false; if (this.hooked) this.hooks.load(); this.app.refresh("audit"); } }, t(this.hooked ? "audit" : "webhooks")),
          canPeople && h("button", { id: "tokens", onclick: () => openTokens(this.app) }, t("tokens")),
          h("button", { id: "account", onclick: () => openAccount(this.app) }, t("account")))),
      this.people && canPeople ? this.users.draw() : this.hooked && canPeople ? this.hooks.draw() : [this.forms.get("filter", () => this.makeFilter()), this.drawTrail()]));
  }

  makeFilter() {
    /** @param {"who" | "subject"} name */
    const input = (name) => h("input", { id: `audit-${name}`, maxlength: 80, placeholder: t(`audit_${name}`), "aria-label": t(`audit_${name}`), value: this.filter[name] });
    const fields = { who: input("who"), subject: input("subject") };
    const ask = () => { this.filter = { who: fields.who.value.trim(), subject: fields.subject.value.trim() }; this.fetch(); };
    return h("form", { class: "row filters", role: "search", onsubmit: (event) => { event.preventDefault(); ask(); } },
      h("div", { class: "grow" }, fields.who), h("div", { class: "grow" }, fields.subject), h("button", { type: "submit", class: "main" }, t("filterDo")),
      h("button", { type: "button", onclick: () => { fields.who.value = fields.subject.value = ""; ask(); } }, t("filterClear")));
  }

  drawTrail() {
    if (this.list === null) return awaited(this.app);
    if (this.list.length === 0) return h("p", { class: "soft" }, t("nothingFound"), " ", helpLink("audit"));
    /** @type {(name: "who" | "subject", value: string) => HTMLElement} */
    const only = (name, value) => h("button", { class: "link", onclick: () => { this.filter = { ...this.filter, [name]: value }; this.forms.clear(); this.fetch(); } }, name === "who" ? worded(value) : value);
    return h("div", { class: "panel stack scroll" }, h("table", { class: "trail" },
      h("thead", {}, h("tr", {}, h("th", {}, t("whyWhen")), h("th", {}, t("who")), h("th", {}, t("what")), h("th", {}, t("audit_subject")))),
      h("tbody", {}, this.list.map((one) => h("tr", {}, h("td", {}, when(one.at)), h("td", {}, only("who", one.who), one.station && h("div", { class: "soft" }, one.station)),
        h("td", {}, t(`did_${one.what}`) === `did_${one.what}` ? one.what : t(`did_${one.what}`), one.reason && h("div", { class: "soft" }, `« ${one.reason} »`)),
        h("td", {}, one.subject && only("subject", one.subject), one.detail && h("div", { class: "soft" }, worded(one.detail))))))),
    this.more && h("button", { id: "audit-more", onclick: () => this.fetch(this.list?.at(-1)?.id) }, t("older")));
  }
}

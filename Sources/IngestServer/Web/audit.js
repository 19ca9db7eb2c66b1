import { h, replace } from "./dom.js";
import { get } from "./api.js";
import { t, when, worded } from "./i18n.js";
import { Forms } from "./parts.js";
import { helpLink } from "./help.js";
import { Users } from "./users.js";
import { Webhooks } from "./webhooks.js";
import { Roles } from "./roles.js";
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
    /** @type {"people" | "roles" | "hooks" | null} What is shown in the place of the trail. */
    this.aside = null;
    this.forms = new Forms();
    this.users = new Users(this);
    this.hooks = new Webhooks(this);
    this.roles = new Roles(this);
    this.clear();
  }

  clear() {
    this.forms.clear();
    this.users.clear();
    this.hooks.clear();
    this.roles.clear();
    this.list = null;
    this.more = false;
    this.filter = { who: "", subject: "" };
    this.aside = null;
  }

  async load() {
    if (this.app.page !== "audit") { this.list = null; return; }
    await Promise.all([this.fetch(), this.bring()]);
  }

  /** What stands in the place of the trail. */
  bring() { return this.aside === "people" ? this.users.load() : this.aside === "roles" ? this.loadRoles() : this.aside === "hooks" ? this.hooks.load() : null; }

  async loadRoles() { await Promise.all([this.users.load(), this.roles.load()]); }

  /**
   * A button to it, and back.
   * @param {"people" | "roles" | "hooks"} aside
   * @param {string} id
   * @param {string} word
   */
  door(aside, id, word) {
    const on = this.aside === aside;
    return h("button", { id, "aria-pressed": String(on), onclick: () => { this.aside = on ? null : aside; this.bring(); this.app.refresh("audit"); } }, t(on ? "audit" : word));
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
    const mine = { people: this.app.may("users"), roles: this.app.may("users"), hooks: this.app.may("webhooks") };
    const words = { people: "users", roles: "whoMay", hooks: "webhooks" };
    const aside = this.aside && mine[this.aside] ? this.aside : null;
    replace(main, h("div", { class: "stack" },
      h("div", { class: "row" }, h("h1", {}, t(aside ? words[aside] : "audit")),
        h("div", { class: "row push" }, mine.people && this.door("people", "people", "users"), mine.roles && this.door("roles", "rights", "whoMay"), mine.hooks && this.door("hooks", "webhooks", "webhooks"),
          h("button", { id: "account", onclick: () => openAccount(this.app) }, t("account")))),
      aside === "people" ? this.users.draw() : aside === "roles" ? this.roles.draw() : aside === "hooks" ? this.hooks.draw() : [this.forms.get("filter", () => this.makeFilter()), this.drawTrail()]));
  }

  makeFilter() {
    /** @param {"who" | "subject"} name */
    const input = (name) => h("input", { id: `audit-${name}`, maxlength: 80, placeholder: t(`audit_${name}`), "aria-label": t(`audit_${name}`), value: this.filter[name] });
    const fields = { who: input("who"), subject: input("subject") };
    const ask = () => { this.filter = { who: fields.who.value.trim(), subject: fields.subject.value.trim() }; this.fetch(); };
    return h("form", { class: "row filters", role: "search", onsubmit: (event) => { event.preventDefault(); ask(); } },
      this.app.may("audit") && h("div", { class: "grow" }, fields.who), h("div", { class: "grow" }, fields.subject), h("button", { type: "submit", class: "main" }, t("filterDo")),
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

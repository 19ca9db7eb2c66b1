import { h, replace } from "./dom.js";
import { get } from "./api.js";
import { t, when, worded } from "./i18n.js";
import { Forms, field } from "./parts.js";
import { helpLink } from "./help.js";
import { Users } from "./users.js";
import { Webhooks } from "./webhooks.js";
import { Roles } from "./roles.js";
import { Privacy } from "./privacy.js";
import { openTokens } from "./tokens.js";
import { openScreens } from "./screens.js";
import { openAccount } from "./account.js";
import { awaited } from "./long.js";

/** What of the trail can be asked for: all, deeds, who looked at whom, or a room of it. */
const kinds = ["all", "deeds", "reads", "delivery", "take", "product", "import", "party", "call", "missed", "number", "session", "user", "gateway", "configuration", "erp", "webhook"];

/**
 * The first and the last moment of a day, as an input of dates says it; nothing where it says none.
 * @param {string} day
 * @param {boolean} [isEnd]
 */
export const momentOf = (day, isEnd) => (day ? String(new Date(`${day}T${isEnd ? "23:59:59.999" : "00:00:00"}`).getTime()) : "");

/** @typedef {"people" | "roles" | "hooks" | "guard"} Aside */

/** Who did what and who looked at whom, newest first; and the people, webhooks and data protection, for those who keep them. */
export class Audit {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {LedgerEntry[] | null} */
    this.list = null;
    this.more = false;
    this.filter = { who: "", subject: "", kind: "", from: "", to: "" };
    /** @type {Aside | null} What is shown in the place of the trail. */
    this.aside = null;
    this.forms = new Forms();
    this.users = new Users(this);
    this.hooks = new Webhooks(this);
    this.roles = new Roles(this);
    this.guard = new Privacy(this);
    this.clear();
  }

  clear() {
    this.forms.clear();
    this.users.clear();
    this.hooks.clear();
    this.roles.clear();
    this.guard.clear();
    this.list = null;
    this.more = false;
    this.filter = { who: "", subject: "", kind: "", from: "", to: "" };
    this.aside = null;
  }

  async load() {
    if (this.app.page !== "audit") { this.list = null; return; }
    await Promise.all([this.fetch(), this.bring()]);
  }

  /** What stands in the place of the trail. */
  bring() { return this.aside === "people" ? this.users.load() : this.aside === "roles" ? this.loadRoles() : this.aside === "hooks" ? this.hooks.load() : this.aside === "guard" ? this.guard.load() : null; }

  async loadRoles() { await Promise.all([this.users.load(), this.roles.load()]); }

  /**
   * A button to it, and back.
   * @param {Aside} aside
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
    const filter = this.filter;
    const query = this.query({ before: String(before ?? "") });
    const list = await this.app.attempt(() => get(`/api/v1/audit?${query}`));
    if (!list || filter !== this.filter) return;
    // The page was left meanwhile: older entries have nothing to stand below.
    if (before !== undefined && this.list === null) return;
    this.list = before === undefined ? list : [...this.list ?? [], ...list];
    this.more = list.length > 0;
    this.app.refresh("audit");
  }

  /** @param {Record<string, string>} [also] */
  query(also) {
    const { who, subject, kind, from, to } = this.filter;
    return new URLSearchParams(Object.entries({ ...also, who, subject, kind, from: momentOf(from), to: momentOf(to, true) }).filter(([, value]) => value !== ""));
  }

  /** @param {HTMLElement} main */
  draw(main) {
    const mine = { people: this.app.may("users"), roles: this.app.may("users"), hooks: this.app.may("webhooks"), guard: this.app.may("users") };
    const words = { people: "users", roles: "whoMay", hooks: "webhooks", guard: "privacy" };
    const aside = this.aside && mine[this.aside] ? this.aside : null;
    replace(main, h("div", { class: "stack" },
      h("div", { class: "row" }, h("h1", {}, t(aside ? words[aside] : "audit")),
        h("div", { class: "row push" }, mine.people && this.door("people", "people", "users"), mine.roles && this.door("roles", "rights", "whoMay"), mine.hooks && this.door("hooks", "webhooks", "webhooks"),
          mine.guard && this.door("guard", "privacy", "privacy"),
          mine.people && h("button", { id: "tokens", onclick: () => openTokens(this.app) }, t("tokens")),
          mine.people && h("button", { id: "screens", onclick: () => openScreens(this.app) }, t("boundScreens")),
          h("button", { id: "account", onclick: () => openAccount(this.app) }, t("account")))),
      aside === "people" ? this.users.draw() : aside === "roles" ? this.roles.draw() : aside === "hooks" ? this.hooks.draw() : aside === "guard" ? this.guard.draw() : [this.forms.get("filter", () => this.makeFilter()), this.app.may("audit") && this.drawExports(), this.drawTrail()]));
  }

  drawExports() {
    const query = this.query().toString();
    return h("div", { class: "row" }, [["csv", "CSV"], ["jsonl", t("auditLines")]].map(([form, label]) => h("a", { class: "button small", download: "", href: `/api/v1/audit/export.${form}${query ? "?" : ""}${query}`, "aria-label": t("exportAs", { form: label }), title: t("exportAs", { form: label }) }, label)));
  }

  makeFilter() {
    /** @param {"who" | "subject"} name */
    const input = (name) => h("input", { id: `audit-${name}`, maxlength: 80, value: this.filter[name] });
    /** @param {"from" | "to"} name */
    const day = (name) => h("input", { type: "date", id: `audit-${name}`, value: this.filter[name] });
    const kind = h("select", { id: "audit-kind" }, kinds.map((one) => h("option", { value: one === "all" ? "" : one, selected: this.filter.kind === (one === "all" ? "" : one) }, t(`trail_${one}`))));
    const fields = { who: input("who"), subject: input("subject"), from: day("from"), to: day("to") };
    const ask = () => { this.filter = { who: fields.who.value.trim(), subject: fields.subject.value.trim(), kind: kind.value, from: fields.from.value, to: fields.to.value }; this.fetch(); };
    const all = () => { fields.who.value = fields.subject.value = fields.from.value = fields.to.value = kind.value = ""; ask(); };
    return h("form", { class: "row filters", role: "search", onsubmit: (event) => { event.preventDefault(); ask(); } },
      this.app.may("audit") && h("div", { class: "grow" }, field(t("audit_who"), fields.who)), h("div", { class: "grow" }, field(t("audit_subject"), fields.subject)), h("div", { class: "grow" }, field(t("audit_kind"), kind)),
      h("div", { class: "grow" }, field(t("audit_from"), fields.from)), h("div", { class: "grow" }, field(t("audit_to"), fields.to)), h("button", { type: "submit", class: "main" }, t("filterDo")), h("button", { type: "button", onclick: all }, t("filterClear")));
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

import { h } from "./dom.js";
import { get } from "./api.js";
import { number, plural, t } from "./i18n.js";

/** Gateways of one answer. */
const page = 30;
/** Fewer need no search. */
const few = 12;

/** Of thousands of gateways those that are asked for, the worst first, as `GatewayPage` has them. */
export class FleetPages {
  /** @param {import("./gateways.js").Gateways} view */
  constructor(view) {
    this.view = view;
    this.text = this.site = "";
    this.wrong = false;
    /** @type {GatewayPage | null} */
    this.data = null;
    /** Grows with each question: an answer to an older one is thrown away. */
    this.asked = 0;
    /** @type {number | undefined} */
    this.waiting = undefined;
    /** @type {HTMLInputElement | undefined} */
    this.search = undefined;
  }

  /** Otherwise the page has all of them. */
  get isAsked() { return Boolean(this.text || this.site || this.wrong) || this.view.total > this.view.list.length; }

  /** @returns {Gateway[]} */
  get shown() { return this.isAsked && this.data ? this.data.gateways : this.view.list; }

  async load() {
    if (!this.isAsked) { this.data = null; return; }
    // What somebody unfolded stays.
    await this.ask(0, Math.min(200, Math.max(page, this.data?.gateways.length ?? 0)));
  }

  async more() { await this.ask(this.data?.gateways.length ?? 0, page); }

  /**
   * @param {number} skip
   * @param {number} limit
   */
  async ask(skip, limit) {
    const asked = ++this.asked;
    const data = await this.view.app.attempt(() => get(`/api/v1/fleet?limit=${limit}&skip=${skip}&q=${encodeURIComponent(this.text)}&site=${encodeURIComponent(this.site)}&wrong=${this.wrong ? 1 : 0}`));
    if (!data || asked !== this.asked) return;
    // Somebody may have moved up or down meanwhile: nobody twice.
    const before = skip ? (this.data?.gateways ?? []).filter((one) => !data.gateways.some((other) => other.name === one.name)) : [];
    this.data = { ...data, gateways: [...before, ...data.gateways] };
    for (const grant of data.grants) this.view.grants.set(grant.name, grant);
    this.view.app.refresh("gateways");
  }

  /** @param {Gateway} one */
  message(one) {
    const index = this.data?.gateways.findIndex((other) => other.name === one.name) ?? -1;
    if (this.data && index >= 0) this.data.gateways[index] = one;
  }

  drawFilters() {
    const { total, sites } = this.view;
    if (total <= few && !this.isAsked) return null;
    const search = this.search ??= h("input", { type: "search", id: "gateway-search", maxlength: 100, autocomplete: "off",
      oninput: (event) => { this.text = event.target.value.trim(); clearTimeout(this.waiting); this.waiting = setTimeout(() => this.again(), 200); } });
    for (const name of ["placeholder", "aria-label"]) search.setAttribute(name, t("gatewaySearch"));
    return h("div", { class: "stack", role: "search", "aria-label": t("gatewaySearch") }, search,
      h("div", { class: "row" },
        sites.length > 1 && h("select", { id: "gateway-site", class: "grow", "aria-label": t("gatewaySites"), onchange: (event) => { this.site = event.target.value; this.again(); } },
          h("option", { value: "" }, t("gatewaySites")), sites.map((one) => h("option", { value: one.site, selected: one.site === this.site }, one.wrong ? `${one.site} (${number(one.wrong)})` : one.site))),
        h("button", { class: "chip small", id: "gateway-wrong", "aria-pressed": String(this.wrong), onclick: () => { this.wrong = !this.wrong; this.again(); } }, t("gatewayWrong"), this.view.wrong > 0 && h("span", { class: "count" }, number(this.view.wrong))),
        this.data && this.isAsked && h("span", { class: "soft", role: "status", id: "gateway-matching" }, t("gatewayMatching", { n: number(this.data.matching), all: number(total) }))));
  }

  again() {
    if (!this.isAsked) { this.data = null; this.view.app.refresh("gateways"); }
    this.load();
  }

  drawMore() {
    const rest = this.isAsked && this.data ? this.data.matching - this.data.gateways.length : 0;
    return rest > 0 && h("button", { id: "gateway-more", onclick: () => this.more() }, plural("moreDeliveries", rest));
  }
}

import { h } from "./dom.js";
import { get } from "./api.js";
import { lang, number, plural, t } from "./i18n.js";
import { day } from "./parts.js";

/**
 * The list of deliveries in pages, as `DeliveryList` sorts them: open, late, today, later, closed. Of a thousand the first thirty are on the
 * page, the rest is folded, and the search asks the server.
 */

/** @type {DeliveryState[]} */
export const states = ["open", "late", "today", "later", "closed"];
/** Deliveries that are asked for at once. */
export const page = 30;

/** The day here, YYYY-MM-DD. */
export const dayHere = (now = new Date()) => [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((n) => String(n).padStart(2, "0")).join("-");

/**
 * The same rule as the server's.
 * @param {DeliverySums} one
 * @param {string} today
 * @returns {DeliveryState}
 */
export function stateOf(one, today) {
  if (one.status !== "expected") return one.status;
  const on = one.expectedOn?.slice(0, 10);
  return !on || on > today ? "later" : on < today ? "late" : "today";
}

/**
 * Whole days between two days.
 * @param {string} from
 * @param {string} to
 */
export const daysBetween = (from, to) => Math.round((Date.parse(`${to}T12:00:00Z`) - Date.parse(`${from.slice(0, 10)}T12:00:00Z`)) / 86400000);

/**
 * "6 days late", "expected today", "expected on 24/12".
 * @param {DeliverySums} one
 * @param {string} today
 */
export function dueText(one, today) {
  if (!one.expectedOn || one.status === "closed") return null;
  const late = daysBetween(one.expectedOn, today);
  return late > 0 ? plural("daysLate", late) : late === 0 ? t("expectedToday") : t("expectedOn", { when: day(one.expectedOn) });
}

/** What is asked for, what has come of it, and what there is of each state. */
export class DeliveryPages {
  /** @param {import("./receiving.js").Receiving} view */
  constructor(view) {
    this.view = view;
    /** @type {Map<string, HTMLElement>} */
    this.kept = new Map();
    this.text = "";
    this.dock = "";
    this.supplier = "";
    /** @type {DeliveryState | ""} */
    this.state = "";
    /** @type {Partial<Record<DeliveryState, number>> | null} */
    this.counts = null;
    /** @type {string[]} */
    this.suppliers = [];
    /** @type {string[]} */
    this.docks = [];
    this.today = dayHere();
    /** @type {Set<DeliveryState>} */
    this.unfolded = new Set();
    /** Grows with each question: an answer to an older one is thrown away. */
    this.asked = 0;
    /** @type {number | undefined} */
    this.waiting = undefined;
  }

  clear() {
    this.text = this.dock = this.supplier = this.state = "";
    this.counts = null;
    this.suppliers = [];
    this.docks = [];
    this.unfolded = new Set();
    this.asked += 1;
    this.kept.clear();
    clearTimeout(this.waiting);
  }

  get isFiltered() { return Boolean(this.text || this.dock || this.supplier || this.state); }
  get total() { return states.reduce((sum, state) => sum + (this.counts?.[state] ?? 0), 0); }

  /**
   * @param {{ state?: string, after?: number, limit?: number }} more
   * @returns {`/api/v1/deliveries?${string}`}
   */
  address({ state = this.state, after, limit = page } = {}) {
    /** @type {[string, string | number][]} */
    const asked = Object.entries({ days: this.view.days, limit, today: this.today, q: this.text, dock: this.dock, supplier: this.supplier, state, after: after ?? "" });
    return `/api/v1/deliveries?${asked.filter(([, value]) => value !== "").map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
  }

  /** The first page, and again of what somebody unfolded. Undefined where the server does not answer, null where a later question was asked. */
  async first() {
    this.today = dayHere();
    const number = ++this.asked;
    // What somebody unfolded stays.
    const limit = Math.min(200, Math.max(page, this.view.list.length));
    const data = await this.view.app.attempt(() => get(this.address({ limit })));
    if (!data) return undefined;
    if (number !== this.asked) return null;
    this.counts = data.counts ?? null;
    this.suppliers = data.suppliers ?? [];
    this.docks = data.docks ?? [];
    return data;
  }

  /**
   * More of one state: behind the last of it that is here.
   * @param {DeliveryState} state
   */
  async more(state) {
    const number = this.asked;
    const last = this.view.list.filter((one) => stateOf(one, this.today) === state).at(-1);
    const data = await this.view.app.attempt(() => get(this.address({ state, after: last?.id })));
    if (data && number === this.asked) this.view.bring(data.deliveries);
  }

  /**
   * Deliveries of a number that is not on the page, for the question which one is meant.
   * @param {string} text
   */
  async find(text) {
    const data = await this.view.app.attempt(() => get(`/api/v1/deliveries?limit=20&q=${encodeURIComponent(text)}`));
    if (data) this.view.bring(data.deliveries);
  }

  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.view.load(), 200);
  }

  // MARK: drawing

  /** Only where there is something to search in: six deliveries need no filters. */
  drawFilters() {
    if (!this.counts || (!this.isFiltered && this.total <= 6)) return null;
    const away = this.view.isAway();
    const search = /** @type {HTMLInputElement} */ (this.keep("search", () => h("input", { type: "search", id: "delivery-search", maxlength: 100, autocomplete: "off", placeholder: t("deliverySearch"), "aria-label": t("deliverySearch"),
      oninput: (event) => { this.text = event.target.value.trim(); this.soon(); } })));
    search.disabled = away;
    return h("div", { class: "stack delivery-filters", role: "search", "aria-label": t("deliverySearch") }, search,
      h("div", { class: "chips" }, states.map((state) => (this.counts?.[state] ?? 0) + (this.state === state ? 1 : 0) > 0 && h("button", { class: "chip small", id: `only-${state}`, disabled: away, "aria-pressed": String(this.state === state),
        onclick: () => { this.state = this.state === state ? "" : state; this.view.load(); } }, t(`state_${state}`), h("span", { class: `count ${state === "late" ? "" : "calm"}` }, number(this.counts?.[state] ?? 0))))),
      (this.docks.length > 1 || this.suppliers.length > 1) && h("div", { class: "row" },
        this.docks.length > 1 && this.drawChoice("dock", this.docks, away), this.suppliers.length > 1 && this.drawChoice("supplier", this.suppliers, away)));
  }

  /**
   * @param {"dock" | "supplier"} name
   * @param {string[]} all
   * @param {boolean} away
   */
  drawChoice(name, all, away) {
    const known = all.includes(this[name]) || !this[name] ? all : [this[name], ...all];
    return h("select", { id: `only-${name}`, class: "grow", disabled: away, "aria-label": t(`only_${name}`), onchange: (event) => { this[name] = event.target.value; this.view.load(); } },
      h("option", { value: "" }, t(`only_${name}`)), known.map((one) => h("option", { value: one, selected: one === this[name] }, one)));
  }

  /**
   * A field that is not made anew while somebody types in it.
   * @param {string} name
   * @param {() => HTMLElement} make
   */
  keep(name, make) {
    const key = `${name} ${lang()}`;
    const node = this.kept.get(key) ?? make();
    this.kept.set(key, node);
    return node;
  }

  /**
   * The groups one below the other; what comes later and what is closed is folded where there is much of it.
   * @param {(DeliverySums | Delivery)[]} list
   * @param {(one: DeliverySums) => HTMLElement} draw
   * @returns {Child}
   */
  drawGroups(list, draw) {
    const away = this.view.isAway();
    const short = !this.counts || this.total <= page || this.isFiltered;
    return states.map((state) => {
      const here = list.filter((one) => stateOf(one, this.today) === state);
      const count = Math.max(here.length, this.counts?.[state] ?? 0);
      if (count === 0 || (this.state && this.state !== state)) return null;
      const folds = !short && (state === "later" || state === "closed");
      const open = !folds || this.unfolded.has(state);
      const title = [t(`state_${state}`), h("span", { class: `count ${state === "late" ? "" : "calm"}` }, number(count))];
      const fold = () => { if (open) this.unfolded.delete(state); else this.unfolded.add(state); this.view.app.refresh("receiving"); if (!open && here.length === 0) this.more(state); };
      return h("section", { class: "stack delivery-group", id: `group-${state}`, "aria-labelledby": `group-title-${state}` },
        h("h2", { class: "group-title", id: `group-title-${state}` }, folds ? h("button", { class: "link", id: `fold-${state}`, "aria-expanded": String(open), onclick: fold }, open ? "▾ " : "▸ ", title) : title),
        open && h("ul", { class: "deliveries" }, here.map((one) => h("li", {}, draw(one)))),
        open && count > here.length && h("button", { id: `more-${state}`, disabled: away, onclick: () => this.more(state) }, plural("moreDeliveries", count - here.length)));
    });
  }
}

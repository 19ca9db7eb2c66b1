// A page whose script has not come yet: it remembers what it is told, and tells it to the page when that is there.

import { replace } from "./dom.js";
import { awaited } from "./long.js";

/** What is remembered of one page: after so much it reads everything again instead. */
const most = 500;

/** What only the page that is shown is told. */
const ofTheShown = ["arrive", "visit", "hidden"];

export class Later {
  /**
   * @param {App} app
   * @param {PageName} page
   */
  constructor(app, page) {
    this.app = app;
    this.page = page;
    /** @type {[name: string, all: unknown[]][]} */
    this.told = [];
    this.skew = 0;
    /** @type {number | null} */
    this.chosen = null;
  }

  /**
   * @param {string} name
   * @param {unknown[]} all
   */
  remember(name, ...all) {
    if (this.told.length >= most) this.told = [["load", []]];
    this.told.push([name, all]);
  }

  clear() { this.told = []; }
  async load() { if (!this.told.some(([name]) => name === "load")) this.remember("load"); }
  arrive() { this.remember("arrive"); }
  hidden() { this.remember("hidden"); }
  /** @param {unknown[]} all */
  visit(...all) { this.remember("visit", ...all); }
  /** @param {unknown} message */
  message(message) { this.remember("message", message); }
  /** @param {unknown} cards */
  running(cards) { this.remember("running", cards); }
  /** @param {unknown} job */
  pushed(job) { this.remember("pushed", job); }
  /** @param {unknown[]} all */
  open(...all) { this.remember("open", ...all); }

  // Of calls, as long as nobody knows of any.
  missedCount() { return 0; }
  title() { return null; }
  drawRinging() {}
  shortcut() {}

  /** @param {HTMLElement} main */
  draw(main) { replace(main, awaited(this.app)); }

  /**
   * The page is there: it is told everything, in its order.
   * @param {Page & { skew?: number }} page
   */
  hand(page) {
    if (page.skew !== undefined) page.skew = this.skew;
    const methods = /** @type {Record<string, ((...all: unknown[]) => unknown) | undefined>} */ (/** @type {unknown} */ (page));
    for (const [name, all] of this.told) {
      // Whoever went on to another page meanwhile is not there.
      if (this.app.page === this.page || !ofTheShown.includes(name)) methods[name]?.(...all);
    }
    this.told = [];
  }
}

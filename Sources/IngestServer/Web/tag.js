import { h } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, when, number } from "./i18n.js";
import { lastSeen } from "./product.js";
import { tone, wakeSound } from "./sound.js";
import { awaited } from "./long.js";

/** From the weakest to the strongest a reader tells, in dBm. */
const weakest = -80;
const strongest = -35;
/** A tag that was not heard for so long is not near, in milliseconds. */
const fresh = 2500;

/** One label: whose it is, where it was last, and a search for it with bar and tone. */
export class TagView {
  /** @param {import("./find.js").Find} page */
  constructor(page) {
    this.page = page;
    this.app = page.app;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {string | null} */
    this.epc = null;
    /** @type {(Item & { unseen?: boolean }) | null} */
    this.item = null;
    /** @type {{ by: Map<string, Heard>, ends?: number, over: boolean } | null} */
    this.search = null;
    this.clear();
  }

  clear() {
    this.stop();
    this.epc = null;
    this.item = null;
    this.search = null;
  }

  /** @param {string} ref */
  open(ref) {
    const epc = ref.replace(/^tag:/, "");
    if (epc !== this.epc) { this.item = null; this.search = null; }
    this.epc = epc;
    return this.load();
  }

  async load() {
    const epc = this.epc;
    const items = epc && await this.app.attempt(() => get(`/api/v1/items?epc=${encodeURIComponent(epc)}`));
    if (!items || this.epc !== epc) return;
    this.item = items.find((one) => one.epc === epc) ?? items[0] ?? { epc, description: "", unseen: true };
    this.epc = this.item.epc;
    this.app.refresh("find");
  }

  // MARK: finding

  get isSearching() { return Boolean(this.search && !this.search.over); }

  async start() {
    wakeSound();
    /** @type {NonNullable<TagView["search"]>} */
    const search = { by: new Map(), over: false };
    this.search = search;
    this.app.refresh("find");
    const epc = this.epc ?? "";
    const answer = await this.app.attempt(() => post("/api/v1/find", { epc }));
    // Begun again meanwhile: the later one has its own clock and ends by itself.
    if (this.isSearching && this.search !== search) return;
    if (!answer) { this.search = null; this.app.refresh("find"); return; }
    if (search.over || this.epc !== epc) { request("DELETE", `/api/v1/find/${encodeURIComponent(epc)}`).catch(() => {}); return; }
    search.ends = Date.now() + answer.seconds * 1000;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.tick(), 250);
  }

  stop() {
    clearInterval(this.timer);
    if (!this.search || this.search.over || this.epc === null) return;
    this.search.over = true;
    request("DELETE", `/api/v1/find/${encodeURIComponent(this.epc)}`).catch(() => {});
    this.app.refresh("find");
  }

  tick() {
    if (!this.search || Date.now() > (this.search.ends ?? 0)) clearInterval(this.timer);
    if (this.search && Date.now() > (this.search.ends ?? 0)) this.search.over = true;
    this.app.refresh("find");
  }

  /** @param {MessageOf<"found">} message */
  message({ data }) {
    if (!this.search || this.search.over || data.epc !== this.epc) return;
    const strength = data.rssiDBm === undefined ? 0.5 : Math.max(0, Math.min(1, (data.rssiDBm - weakest) / (strongest - weakest)));
    this.search.by.set(`${data.zone} ${data.device}`, { ...data, strength, heard: Date.now() });
    // The nearest that still hears it: the further readers must not make it jump.
    const now = this.heard();
    if (now[0] && now[0].device === data.device && now[0].zone === data.zone) tone(strength);
    this.app.refresh("find");
  }

  heard() { return [...this.search?.by.values() ?? []].filter((one) => Date.now() - one.heard < fresh).sort((a, b) => b.strength - a.strength); }

  // MARK: drawing

  draw() {
    const item = this.item;
    if (!item) return awaited(this.app);
    const { delivery } = item;
    /** @type {(name: string, value: Child) => Child} */
    const fact = (name, value) => value && h("div", {}, h("dt", {}, t(name)), h("dd", {}, value));
    if (this.isSearching) return [h("h2", {}, item.description || t("unknownTag")), h("p", { class: "mono" }, item.epc), this.drawSearch()];
    return [
      h("div", { class: "row" }, h("h2", {}, item.description || t("unknownTag")), item.gtin && h("button", { class: "push", id: "see-product", onclick: () => this.app.openRef("product", item.gtin ?? "") }, t("seeProduct"))),
      h("p", { class: "mono" }, item.epc),
      item.unseen ? h("p", { class: "notice wait" }, t("tagUnseen")) : h("p", { class: "where" }, lastSeen(item)),
      h("dl", { class: "factlist" }, fact("serial", item.serial), fact("firstSeen", item.firstSeen !== undefined && when(item.firstSeen)), fact("bookedIn", item.bookedIn), fact("tagTID", item.tid), fact("tagUser", item.user),
        fact("deliveryNote", delivery === undefined ? item.note : item.note && h("button", { class: "link", onclick: () => this.app.openRef("delivery", delivery) }, item.note))),
      h("div", { class: "stack" },
        this.search?.over && h("p", { class: "soft" }, t("findOver")),
        this.app.may("stock.find") && h("button", { class: "main big", id: "find-start", disabled: this.app.isAway(), onclick: () => this.start() }, t("findStart"))),
    ];
  }

  drawSearch() {
    const heard = this.heard();
    const best = heard[0];
    const bar = h("div", { class: best ? (best.strength > 0.75 ? "hot" : best.strength > 0.4 ? "warm" : "cold") : "" });
    bar.style.width = `${best ? Math.max(4, Math.round(best.strength * 100)) : 0}%`;
    const left = this.search?.ends !== undefined ? Math.max(0, Math.ceil((this.search.ends - Date.now()) / 1000)) : null;
    return h("section", { class: "panel stack finder", id: "finder" },
      h("div", { class: "finder-bar", role: "meter", "aria-label": t("findStrength"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": best ? Math.round(best.strength * 100) : 0 }, bar),
      h("p", { class: "finder-says", role: "status" }, best ? t(best.strength > 0.75 ? "findHot" : best.strength > 0.4 ? "findWarm" : "findCold", { zone: best.zone }) : t("findSilent")),
      heard.length > 0 && h("ul", { class: "plain" }, heard.slice(0, 5).map((one) => h("li", {}, h("strong", {}, one.zone), h("span", { class: "soft" }, one.device), h("span", { class: "push" }, one.rssiDBm === undefined ? "" : `${number(one.rssiDBm)} dBm`)))),
      h("div", { class: "row" }, h("button", { class: "main big", id: "find-stop", onclick: () => this.stop() }, t("findStop")), left !== null && h("span", { class: "soft" }, t("secondsLeft", { n: left }))));
  }
}

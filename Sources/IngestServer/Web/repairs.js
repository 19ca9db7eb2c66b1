import { h, replace } from "./dom.js";
import { get, request } from "./api.js";
import { addWords, plural, t, when, worded } from "./i18n.js";
import { empty, pill } from "./parts.js";
import { choose } from "./sheet.js";
import { awaited, firstOf } from "./long.js";
import { repairs } from "./words-repairs.js";

addWords(repairs);

/** While the page is shown it is read again when a gateway says something; so often at most, in milliseconds. */
const pause = 5000;
const styles = { broken: "bad", warning: "wait", note: "" };

/**
 * What can be done here about a finding: a page to open, or a gateway to forget.
 * @param {Repair} repair
 * @returns {{ word: string, page?: PageName, forget?: string } | null}
 */
export function remedy({ code, gateway, subject }) {
  if (["erp-dead", "erp-rights", "erp-unreachable", "erp-refuses"].includes(code)) return { word: "repairsERP", page: "erp" };
  if (code.startsWith("webhook-")) return { word: "repairsWebhooks", page: "audit" };
  if (["gateway-silent", "gateway-never"].includes(code) && subject) return { word: "repairsForget", forget: subject };
  return gateway || code.startsWith("gateway-") ? { word: "repairsGateway", page: "gateways" } : null;
}

/** What is wrong here and at the gateways, the worst first, each with what was seen and what to do. */
export class Repairs {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Repair[] | null} */
    this.list = null;
    this.read = 0;
  }

  clear() { this.list = null; }

  async load() {
    if (this.app.page !== "repairs") { this.list = null; return; }
    this.read = Date.now();
    const list = await this.app.attempt(() => get("/api/v1/repairs"));
    if (!list) return;
    this.list = list;
    this.app.refresh("repairs");
  }

  arrive() { this.load(); }

  /** In the chip of a dock's screen: where a gateway has found something, and this person may see it. */
  chip() {
    return this.app.may("gateways.see") && this.app.gateways.list.some(({ status }) => status?.findings?.some((one) => one.severity !== "note"))
      && h("a", { href: "/repairs", "data-link": true, id: "chip-repairs" }, t("repairs"));
  }

  /** A gateway has said how it is. */
  message() { if (this.app.page === "repairs" && Date.now() - this.read > pause) this.load(); }

  /** @param {string} name */
  async forget(name) {
    const answer = await choose(t("gatewayForgetTitle", { who: name }), t("gatewayForgetText"), [[t("gatewayForget"), "yes", "danger"], [t("cancel"), null]]);
    if (answer !== "yes") return;
    if (await this.app.attempt(() => request("DELETE", `/api/v1/gateways/${encodeURIComponent(name)}`))) await this.load();
  }

  /** @param {HTMLElement} main */
  draw(main) {
    const list = this.list;
    if (!list) return replace(main, awaited(this.app));
    const many = list.filter((repair) => repair.severity !== "note").length;
    replace(main, h("div", { class: "stack" },
      h("div", { class: "row" }, h("h1", {}, t("repairs")), many > 0 && h("span", { class: "soft" }, plural("repairsCount", many)),
        h("button", { id: "repairs-again", class: "push", onclick: () => this.load() }, t("repairsAgain"))),
      list.length === 0 ? empty(t("repairsNone"), t("repairsNoneHint"), "repairs")
        : h("ul", { class: "deliveries", id: "repairs-list" }, firstOf("repairs", list, (repair) => h("li", {}, this.drawOne(repair)), () => this.app.refresh("repairs")))));
  }

  /** @param {Repair} repair */
  drawOne(repair) {
    const deed = remedy(repair);
    const key = [repair.gateway ?? "", repair.code, repair.subject ?? ""].join("-").replace(/[^\w-]+/g, "-");
    const isMine = deed && (deed.forget ? this.app.may("gateways.command") : deed.page && this.app.sees(deed.page));
    return h("article", { class: "panel stack", "data-repair": repair.code },
      h("div", { class: "row" }, pill(t(`repairs_${repair.severity}`), styles[repair.severity]), h("h2", {}, repair.title ? worded(repair.title) : repair.code),
        h("span", { class: "soft" }, [repair.gateway ?? t("repairsCentre"), repair.subject !== repair.gateway && repair.subject].filter(Boolean).join(" · ")),
        h("span", { class: "soft push" }, t("since", { when: when(repair.since) }))),
      repair.evidence.map((text) => h("p", { class: "wrap" }, worded(text))),
      repair.fix && h("p", { class: "wrap" }, h("strong", {}, t("repairsFix")), " ", worded(repair.fix)),
      isMine && h("div", { class: "row" }, deed.page
        ? h("a", { class: "button small", id: `repair-${key}`, href: `/${deed.page}`, "data-link": true }, t(deed.word))
        : h("button", { class: "small", id: `repair-${key}`, onclick: () => this.forget(deed.forget ?? "") }, t(deed.word))));
  }
}

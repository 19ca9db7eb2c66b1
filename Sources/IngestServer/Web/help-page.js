import { h, replace } from "./dom.js";
import { lang, t } from "./i18n.js";
import { languages } from "./languages.js";
import { awaited } from "./long.js";
import { helpLink } from "./help.js";

/** The how-tos by where somebody stands who looks for one. */
/** @type {[word: string, names: string[]][]} */
export const shelves = [
  ["helpDock", ["receiving", "reopen", "scan", "dock", "refused", "away", "stocktake", "find", "import"]],
  ["helpDesk", ["calls", "clients"]],
  ["helpOffice", ["erp", "gateways", "repairs", "audit", "signin", "trust", "told", "privacy", "webhooks"]],
];

/** How-tos that are of a page: it is one touch away. */
const pages = ["receiving", "stocktake", "find", "clients", "calls", "erp", "gateways", "audit"];

/**
 * A text of a how-to: `x` is typed as it stands, [key] is a word of the pages, `/ca.crt` and `/ca-next.crt` are there to be had. French signs stay with their words.
 * @param {string} text
 * @returns {Child[]}
 */
export const rich = (text) => text.split(/(`[^`]+`|\[[\w-]+\])/).filter(Boolean).map((part) => (/^`\/ca(-next)?\.crt`$/.test(part) ? h("a", { href: part.slice(1, -1), download: `quai-${part.slice(2, -1)}` }, part.slice(1, -1)) : part.startsWith("`") ? h("code", {}, part.slice(1, -1))
  : /^\[[\w-]+\]$/.test(part) ? h("strong", {}, t(part.slice(1, -1))) : part.replace(/ (?=[:;?!»])/g, "\u00A0").replace(/« /g, "«\u00A0")));

/** A how-to, or all of them: what a page is for, what to do, and what to do when it goes wrong. To be read without signing in. */
export class HelpPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Map<string, Record<string, HowTo>>} By language. */
    this.texts = new Map();
    /** @type {Set<string>} Languages that are on their way. */
    this.asked = new Set();
    /** @type {Map<string, HTMLElement>} */
    this.kept = new Map();
  }

  async load() {}
  clear() {}

  /** Which one the address names; empty for all. */
  get name() {
    const [, name = ""] = location.pathname.match(/^\/help\/([^/]+)\/?$/) ?? [];
    try { return decodeURIComponent(name); } catch { return ""; }
  }

  /** @returns {HowTo | undefined} */
  get shown() {
    const texts = this.texts.get(lang());
    return texts && Object.hasOwn(texts, this.name) ? texts[this.name] : undefined;
  }

  title() { return [this.shown?.title, t("help")].filter(Boolean).join(" · "); }

  /** Asked for until it comes, because the network may be away. */
  async bring(code = lang()) {
    if (this.asked.has(code)) return;
    this.asked.add(code);
    const come = await (languages[code].help ?? languages.en.help)?.().catch(() => null);
    if (come) this.texts.set(code, come.help);
    else setTimeout(() => { this.asked.delete(code); this.app.refresh("help"); }, 3000);
    this.app.refresh("help");
  }

  /** @param {HTMLElement} main */
  draw(main) {
    const texts = this.texts.get(lang());
    if (!texts) { this.bring(); replace(main, awaited(this.app)); return; }
    const key = `${lang()} ${this.name}`;
    const node = this.kept.get(key) ?? (this.shown ? this.drawOne(texts, this.shown) : this.drawAll(texts));
    this.kept.set(key, node);
    replace(main, node);
  }

  /**
   * @param {Record<string, HowTo>} texts
   * @param {HowTo} one
   */
  drawOne(texts, one) {
    const { name } = this;
    return h("article", { class: "guide stack", id: "guide" },
      h("div", { class: "row unprinted" }, h("a", { class: "button", id: "help-all", href: "/help/", "data-link": true }, `‹ ${t("helpAll")}`),
        pages.includes(name) && h("a", { class: "button", id: "help-open", href: `/${name}`, "data-link": true }, t("titled", { title: t("helpOpen"), what: t(name) })),
        h("button", { class: "push", id: "help-print", onclick: () => window.print() }, t("herePrint"))),
      h("h1", {}, one.title), h("p", { class: "lead" }, rich(one.what)),
      h("section", {}, h("h2", {}, t("helpFirst")), h("ol", {}, one.steps.map((step) => h("li", {}, rich(step))))),
      h("section", {}, h("h2", {}, t("helpBroken")), h("dl", {}, one.wrong.map(([seen, deed]) => h("div", {}, h("dt", {}, rich(seen)), h("dd", {}, rich(deed)))))),
      h("section", { class: "unprinted" }, h("h2", {}, t("helpMore")), h("ul", { class: "plain" }, one.see.map((other) => h("li", {}, helpLink(other, texts[other].title))))));
  }

  /** @param {Record<string, HowTo>} texts */
  drawAll(texts) {
    return h("article", { class: "guide stack", id: "guide" }, h("h1", {}, t("help")),
      this.name && h("p", { class: "notice wait", role: "status" }, t("helpNone")),
      shelves.map(([word, names]) => h("section", {}, h("h2", {}, t(word)), h("ul", { class: "plain" }, names.map((name) =>
        h("li", {}, helpLink(name, texts[name].title), h("div", { class: "soft" }, rich(texts[name].what))))))));
  }
}

import { h, replace } from "./dom.js";
import { get } from "./api.js";
import { t, when, number, amount } from "./i18n.js";
import { codeText, empty, Forms, pill } from "./parts.js";
import { importButton } from "./doors.js";
import { helpLink } from "./help.js";
import { ProductView } from "./product.js";
import { TagView } from "./tag.js";

/** @type {("products" | "codes" | "tags")[]} */
const imported = ["products", "codes", "tags"];
const kinds = ["product", "tag", "delivery", "party", "call"];

/** One field for everything: products, labels, deliveries, clients, calls. */
export class Find {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Set<string>} */
    this.kinds = new Set();
    /** @type {Hit[] | null} */
    this.found = null;
    /** @type {{ list: ListedProduct[], total: number } | null} */
    this.products = null;
    this.asked = "";
    /** @type {"product" | "tag" | null} */
    this.shown = null;
    this.forms = new Forms();
    this.product = new ProductView(this);
    this.tag = new TagView(this);
    this.clear();
  }

  clear() {
    this.forms.clear();
    this.kinds = new Set();
    this.found = null;
    this.products = null;
    this.asked = "";
    this.shown = null;
    this.product.clear();
    this.tag.clear();
  }

  /** After a break: what is on the screen is read again. */
  async load() {
    if (this.shown && this.app.page === "find") await this[this.shown].load();
    this.app.refresh("find");
  }

  /** @param {MessageOf<"found">} message */
  message(message) { this.tag.message(message); }

  /**
   * `product:GTIN` or `tag:EPC`: opened from another page or an address; nothing is the search itself.
   * @param {string | null} [ref]
   */
  visit(ref) {
    const [kind, ...rest] = String(ref ?? "").split(":");
    const id = rest.join(":");
    this.tag.stop();
    this.shown = (kind === "product" || kind === "tag") && id ? kind : null;
    if (this.shown) this[this.shown].open(id);
    this.app.refresh("find");
  }

  hidden() { this.tag.stop(); }

  /** @param {HTMLElement} main */
  draw(main) {
    replace(main, h("div", { class: "stack" },
      h("div", { class: "row" }, h("h1", {}, t("find")), this.shown && h("button", { class: "push", id: "find-back", onclick: () => this.app.go("find") }, `‹ ${t("backToSearch")}`)),
      this.shown ? this[this.shown].draw() : [this.drawSearch(), this.drawFound()]));
  }

  drawSearch() {
    const form = this.forms.get("search", () => this.makeSearch());
    // It names its list while there is one.
    if (this.found?.length) form.input.setAttribute("aria-controls", "found"); else form.input.removeAttribute("aria-controls");
    for (const chip of form.chips) chip.setAttribute("aria-pressed", String(chip.dataset.kind === "all" ? this.kinds.size === 0 : this.kinds.has(chip.dataset.kind ?? "")));
    return form;
  }

  makeSearch() {
    const input = h("input", { type: "search", id: "find-field", maxlength: 120, autocomplete: "off", placeholder: t("findHint"), "aria-label": t("findHint"), value: this.asked,
      oninput: () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.ask(), 200); },
      onkeydown: (event) => { if (event.key === "ArrowDown") { event.preventDefault(); /** @type {HTMLElement | null} */ (document.querySelector("#found button"))?.focus(); } } });
    const chips = ["all", ...kinds].map((kind) => h("button", { type: "button", class: "chip", "data-kind": kind, id: `kind-${kind}`, onclick: () => {
      if (kind === "all") this.kinds.clear(); else if (!this.kinds.delete(kind)) this.kinds.add(kind);
      this.ask();
    } }, t(`kind_${kind}`)));
    const form = h("form", { class: "stack", role: "search", onsubmit: (event) => { event.preventDefault(); clearTimeout(this.timer); this.ask(true); } }, input, h("div", { class: "chips", role: "group", "aria-label": t("findKinds") }, chips));
    return Object.assign(form, { input, chips });
  }

  async ask(open = false) {
    const text = this.forms.get("search", () => this.makeSearch()).input.value.trim();
    this.asked = text;
    const question = `${text} ${[...this.kinds].join(",")}`;
    this.question = question;
    if (text.length < 2) { this.found = null; this.app.refresh("find"); return; }
    const answer = await this.app.attempt(() => get(`/api/v1/search?q=${encodeURIComponent(text)}${this.kinds.size ? `&kind=${[...this.kinds].join(",")}` : ""}`));
    // A later question's answer must not be written over by an earlier one's.
    if (!answer || this.question !== question) return;
    this.found = answer.found ?? [];
    if (open && this.found.length === 1) { this.app.openRef(this.found[0].kind, this.found[0].ref); return; }
    this.app.refresh("find");
  }

  drawFound() {
    if (!this.found) return this.drawProducts();
    if (this.found.length === 0) return empty(t("nothingFound"), t("nothingFoundHint"), "find");
    return h("ul", { class: "deliveries", id: "found" }, this.found.map((one, index) => h("li", {}, h("button", { id: `found-${index}`, onkeydown: (event) => this.walk(event), onclick: () => this.app.openRef(one.kind, one.ref) },
      h("span", { class: "top" }, h("strong", {}, one.title || one.ref), pill(t(`kind_${one.kind}`), { product: "good", tag: "extra", delivery: "wait" }[one.kind])),
      h("span", { class: "soft" }, [one.detail, one.zone, one.at && when(one.at)].filter(Boolean).join(" · "))))));
  }

  /** Before anything is asked: the catalogue by name, a page more at a time. */
  drawProducts() {
    if (!this.products) { this.more(); return empty(t("findEmpty"), t("findEmptyHint"), "find"); }
    const { list, total } = this.products;
    return h("section", { class: "panel stack", id: "products" },
      h("div", { class: "row" }, h("h2", {}, t("products", { n: number(total) })),
        h("span", { class: "row push" }, imported.map((kind) => importButton(this.app, kind, { id: `import-${kind}`, label: t(`import_${kind}`), done: () => { this.products = null; this.app.refresh("find"); } })))),
      list.length === 0 ? h("p", { class: "soft" }, t("noProducts"), " ", helpLink("import")) : h("table", { class: "taps" },
        h("thead", {}, h("tr", {}, h("th", {}, t("article")), h("th", { class: "num" }, t("inStock")))),
        h("tbody", {}, list.map((one) => h("tr", { onclick: () => this.app.openRef("product", one.gtin) },
          h("td", {}, h("button", { class: "line", id: `product-${one.gtin}` }, one.description || one.gtin), h("div", { class: "soft mono" }, [codeText(one.gtin, one.reference), one.reference].filter(Boolean).join(" · "))),
          h("td", { class: "num" }, amount(one.quantity, one.unit)))))),
      list.length < total && h("button", { id: "more-products", onclick: () => this.more() }, t("moreProducts")));
  }

  async more() {
    if (this.reading) return;
    this.reading = true;
    const before = this.products?.list ?? [];
    const answer = await this.app.attempt(() => get(`/api/v1/products?offset=${before.length}&limit=100`));
    this.reading = false;
    if (!answer) return;
    this.products = { list: [...before, ...answer.products], total: answer.total };
    this.app.refresh("find");
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#found button"))];
    (all[all.indexOf(/** @type {HTMLElement} */ (event.target)) + step] ?? this.forms.get("search", () => this.makeSearch()).input).focus();
  }
}

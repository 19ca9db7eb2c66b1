import { h } from "./dom.js";
import { get, request } from "./api.js";
import { t, when, number, amount, exact, plural, unitName, worded } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { exportLinks, field, isOwnCode, labelForm, numberPad, pill, plain } from "./parts.js";
import { awaited } from "./long.js";

/** One product: where it lies, which pieces, what moved. */
export class ProductView {
  /** @param {import("./find.js").Find} page */
  constructor(page) {
    this.page = page;
    this.app = page.app;
    /** @type {string | null} */
    this.gtin = null;
    /** @type {Product | null} */
    this.data = null;
    this.all = false;
    this.clear();
  }

  clear() {
    this.gtin = null;
    this.data = null;
    this.all = false;
  }

  /** @param {string} gtin */
  open(gtin) {
    if (gtin !== this.gtin) { this.data = null; this.all = false; }
    this.gtin = gtin;
    return this.load();
  }

  async load() {
    const gtin = this.gtin;
    const data = gtin && await this.app.attempt(() => get(`/api/v1/products/${encodeURIComponent(gtin)}`));
    if (!data || this.gtin !== gtin) return;
    this.data = data;
    this.app.refresh("find");
  }

  draw() {
    const product = this.data;
    if (!product) return awaited(this.app);
    const stock = product.stock ?? [];
    const total = exact(stock.reduce((sum, one) => sum + one.quantity, 0));
    const low = product.minimum !== undefined && product.minimum !== null && total < product.minimum;
    /** @type {(name: string, value: Child) => Child} */
    const fact = (name, value) => value && h("div", {}, h("dt", {}, t(name)), h("dd", {}, value));
    return [
      h("div", { class: "row" }, h("h2", {}, product.description || product.gtin), low && pill(t("belowMinimum"), "bad"),
        h("button", { class: "push", id: "print-labels", disabled: this.app.isAway(), onclick: () => new Sheet(t("printLabels"), () => labelForm(`gtin=${encodeURIComponent(product.gtin)}`, { copies: true, serials: !isOwnCode(product.gtin) })) }, t("printLabels")),
        h("button", { id: "edit-product", disabled: this.app.isAway() || !this.app.may("products.edit"), title: this.app.may("products.edit") ? null : t("needsRight"), onclick: () => this.edit() }, t("editProduct"))),
      h("dl", { class: "factlist" }, fact("gtin", isOwnCode(product.gtin) ? pill(t("noGTIN"), "wait") : h("span", { class: "mono" }, product.gtin)), fact("reference", product.reference), fact("supplier", product.supplier), fact("unit", unitName(product.unit)),
        fact("tracking", product.tracking && t(`tracking_${product.tracking}`)), fact("erp", product.erp),
        fact("minimum", product.minimum !== undefined && product.minimum !== null ? amount(product.minimum, product.unit) : null),
        fact("otherCodes", product.codes?.length ? h("span", { class: "mono" }, product.codes.join(", ")) : null),
        fact("cartons", product.cartons?.length ? product.cartons.map((one) => `${one.gtin} = ${amount(one.quantity, product.unit)}`).join(", ") : null)),
      h("div", { class: "columns" },
        h("section", { class: "panel stack" }, h("div", { class: "row" }, h("h3", {}, t("stockByZone")), h("span", { class: `push stock-total ${low ? "lost" : ""}` }, amount(total, product.unit))),
          stock.length === 0 ? h("p", { class: "soft" }, t("noStock")) : h("ul", { class: "bars" }, stock.map((one) => this.drawBar(one, Math.max(...stock.map((other) => other.quantity), 1))))),
        this.drawItems(product.items ?? [])),
      this.drawMovements(product),
    ];
  }

  /**
   * @param {{ zone: string, quantity: number }} one
   * @param {number} most
   */
  drawBar(one, most) {
    const bar = h("div", {});
    bar.style.width = `${Math.max(0, Math.round((100 * one.quantity) / most))}%`;
    return h("li", {}, h("span", {}, one.zone), h("b", {}, amount(one.quantity, this.data?.unit)), h("span", { class: "meter", "aria-hidden": "true" }, bar));
  }

  /** @param {Item[]} items */
  drawItems(items) {
    const shown = this.all ? items : items.slice(0, 20);
    return h("section", { class: "panel stack" }, h("h3", {}, plural("pieces", items.length)),
      items.length === 0 ? h("p", { class: "soft" }, t("noItems")) : h("ul", { class: "plain call-list" }, shown.map((item, index) => h("li", {}, h("div", { class: "grow" }, h("span", { class: "mono" }, item.serial ? t("serialNumber", { serial: item.serial }) : item.epc),
        h("div", { class: "soft" }, lastSeen(item))), h("button", { id: `item-${index}`, "aria-label": `${t("seeTag")} ${item.serial ?? item.epc}`, onclick: () => this.app.openRef("tag", item.epc) }, t("seeTag"))))),
      items.length > shown.length && h("button", { id: "all-items", onclick: () => { this.all = true; this.app.refresh("find"); } }, t("showAll", { n: number(items.length) })));
  }

  /** @param {Product} product */
  drawMovements(product) {
    const movements = product.movements ?? [];
    return h("section", { class: "panel stack scroll" }, h("div", { class: "row" }, h("h3", {}, t("movements")), h("div", { class: "row push" }, this.app.may("exports") && exportLinks("/api/v1/movements", `?gtin=${encodeURIComponent(product.gtin)}`, this.app.isAway()))),
      movements.length === 0 ? h("p", { class: "soft" }, t("noMovements")) : drawMovementTable(movements));
  }

  edit() {
    const product = this.data;
    if (!product) return;
    /** @type {(name: "description" | "reference" | "supplier" | "unit", limit: number, value?: string) => HTMLInputElement} */
    const text = (name, limit, value = product[name]) => h("input", { maxlength: limit, autocomplete: "off", value: value ?? "" });
    const fields = { description: text("description", 200), reference: text("reference", 64), supplier: text("supplier", 120), unit: text("unit", 20, unitName(product.unit)) };
    fields.description.required = true;
    const pad = numberPad({ value: product.minimum ?? 0, unit: product.unit, label: t("minimum") });
    const cartons = h("textarea", { rows: 2, value: (product.cartons ?? []).map((one) => `${one.gtin} ${one.quantity}`).join("\n") });
    const sheet = new Sheet(t("editProduct"), () => h("form", {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        /** @type {Record<string, unknown>} */
        const body = Object.fromEntries(Object.entries(fields).map(([name, input]) => [name, input.value.trim()]));
        for (const name of ["reference", "supplier", "unit"]) if (!body[name]) delete body[name];
        if (pad.value > 0 || product.minimum) body.minimum = pad.value;
        const typed = cartons.value.split("\n").map((line) => line.trim().split(/[\s;=×x]+/)).filter((parts) => parts[0]).map(([gtin, quantity]) => ({ gtin, quantity: Number((quantity ?? "").replace(",", ".")) }));
        if (typed.some((one) => !/^\d{8,14}$/.test(one.gtin) || !(one.quantity > 0))) { sheet.say(t("cartonsBad")); return; }
        // What is known already is not added once more.
        body.cartons = typed.filter((one) => !product.cartons?.some((known) => known.gtin === one.gtin.padStart(14, "0") && known.quantity === one.quantity));
        const saved = await this.app.attempt(() => request("PUT", `/api/v1/products/${encodeURIComponent(product.gtin)}`, body));
        if (!saved) return;
        sheet.close();
        this.app.say(t("noteSaved"), "good");
        await this.load();
      },
    },
      h("div", {}, h("strong", {}, t("minimum")), h("p", { class: "soft" }, t("minimumHint")), pad.node),
      Object.entries(fields).map(([name, input]) => field(t(name), input)), field(t("cartonsLabel"), cartons),
      h("button", { class: "main big", type: "submit" }, t("save"))));
  }
}

/** @param {Item} item */
export const lastSeen = (item) => [item.present && item.zone ? t("isAt", { zone: item.zone }) : item.zone ? t("wasAt", { zone: item.zone }) : t("seenNowhere"), item.lastSeen && when(item.lastSeen)].filter(Boolean).join(" · ");

/** @param {Movement[]} movements */
export const drawMovementTable = (movements) => h("table", {},
  h("thead", {}, h("tr", {}, h("th", {}, t("whyWhen")), h("th", {}, t("movement")), h("th", { class: "num" }, t("quantity")), h("th", { class: "hide-small" }, t("who")))),
  h("tbody", {}, movements.slice(0, 200).map((one) => h("tr", {}, h("td", {}, when(one.at)),
    h("td", {}, h("strong", {}, t(`move_${one.kind}`)), ` ${[one.from, one.to].filter(Boolean).join(" → ")}`, h("div", { class: "soft mono" }, [one.lot && t("lotNumber", { lot: one.lot }), one.subject && plain(one.subject)].filter(Boolean).join(" · "))),
    h("td", { class: "num" }, amount(one.quantity, one.unit)), h("td", { class: "hide-small" }, worded(one.who))))));

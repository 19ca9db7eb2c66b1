import { h } from "./dom.js";
import { get, post } from "./api.js";
import { lang, t } from "./i18n.js";
import { empty, exportLinks, field } from "./parts.js";
import { choose } from "./sheet.js";
import { helpLink } from "./help.js";
import { awaited } from "./long.js";

/**
 * Lines of two cells: what it is, and how much or how long.
 * @param {string} id
 * @param {string[][]} rows
 */
const table = (id, rows) => h("table", { class: "trail", id }, h("tbody", {}, rows.map(([what, much]) => h("tr", {}, h("td", {}, what), h("td", {}, much)))));

/** What is kept about somebody: looked up, given out, erased; how long things are kept, and the record of processing. */
export class Privacy {
  /** @param {import("./audit.js").Audit} page */
  constructor(page) {
    this.page = page;
    this.app = page.app;
    /** @type {{ kind: string, days: number }[] | null} */
    this.periods = null;
    /** @type {PersonalPlaces | null} */
    this.found = null;
  }

  clear() { this.periods = null; this.found = null; }

  async load() {
    const periods = await this.app.attempt(() => get("/api/v1/retention"));
    if (!periods) return;
    this.periods = periods;
    this.app.refresh("audit");
  }

  /** @param {string} of */
  async look(of) {
    if (!of) return;
    const found = await this.app.attempt(() => get(`/api/v1/personal?of=${encodeURIComponent(of)}`));
    if (!found) return;
    this.found = found;
    this.app.refresh("audit");
  }

  async erase() {
    const number = this.found?.number;
    if (!number) return;
    const dry = await this.app.attempt(() => post("/api/v1/personal/erase", { number, dryRun: true }));
    if (!dry) return;
    const title = t("personalEraseTitle", { of: this.found?.of ?? number });
    if (await choose(title, t("personalEraseText", dry), [[t("personalEraseDo"), "yes", "danger"], [t("cancel"), null, "main"]]) !== "yes") return;
    if (!await this.app.attempt(() => post("/api/v1/personal/erase", { number, dryRun: false }))) return;
    this.app.say(t("personalErased"), "good");
    this.found = null;
    this.page.forms.clear();
    this.app.refresh("audit");
  }

  draw() {
    if (this.periods === null) return awaited(this.app);
    return [this.page.forms.get("person", () => this.makeForm()), this.found && this.drawFound(this.found),
      h("section", { class: "panel stack" }, h("h2", {}, t("periods")), table("periods", this.periods.map(({ kind, days }) => [t(`kept_${kind}`), days ? t("periodDays", { n: days }) : t("periodEver")])), h("p", { class: "soft" }, t("periodsHint"))),
      h("section", { class: "panel stack" }, h("h2", {}, t("processing")), h("p", { class: "soft" }, t("processingHint")), h("div", { class: "row" }, exportLinks("/api/v1/processing", "", this.app.isAway())))];
  }

  makeForm() {
    const of = h("input", { id: "person-of", maxlength: 120, autocomplete: "off", required: true });
    return h("form", { class: "panel stack", role: "search", onsubmit: (event) => { event.preventDefault(); this.look(of.value.trim()); } },
      h("p", {}, t("personalHint"), " ", helpLink("privacy")), h("div", { class: "row" }, h("div", { class: "grow" }, field(t("personalFind"), of)), h("button", { type: "submit", class: "main" }, t("personalLook"))));
  }

  /** @param {PersonalPlaces} found */
  drawFound(found) {
    if (found.count === 0) return h("div", { id: "person-found" }, empty(t("personalNothing", { of: found.of }), t("personalNothingHint"), "privacy"));
    /** @type {(form: string, label: string) => HTMLElement} */
    const link = (form, label) => h("a", { class: "button", download: "", href: `/api/v1/personal/export.${form}?of=${encodeURIComponent(found.number ?? found.of)}&lang=${lang()}` }, label);
    return h("section", { class: "panel stack", id: "person-found" }, h("h2", {}, t("personalOf", { of: found.of })),
      table("places", found.places.map((one) => [t(`place_${one.place}`), t(one.more ? "personalMore" : "personalRows", { n: one.count })])),
      h("div", { class: "row" }, link("html", t("personalPage")), link("json", t("personalJSON")),
        found.number && h("button", { class: "danger push", id: "person-erase", disabled: this.app.isAway(), onclick: () => this.erase() }, t("personalErase"))),
      !found.number && h("p", { class: "soft" }, t("personalNames")));
  }
}

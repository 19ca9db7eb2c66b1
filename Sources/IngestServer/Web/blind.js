import { h } from "./dom.js";
import { get, post } from "./api.js";
import { t, number, amount, plural, when } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { completion } from "./picker.js";
import { field, plain, radios } from "./parts.js";

/**
 * Nobody announced it: the delivery is whatever comes.
 * @param {import("./receiving.js").Receiving} view
 */
export function openBlind(view) {
  const app = view.app;
  const zones = view.zones.length ? view.zones : ["dock-1"];
  const here = app.station();
  /** @type {string | null} */
  let zone = here !== null && zones.includes(here) ? here : zones.length === 1 ? zones[0] : null;
  const supplier = completion(app, { kinds: ["party"], label: t("supplier"), keep: true, found: (one) => { supplier.input.value = one.title ?? ""; } });
  supplier.input.required = true;
  const note = h("input", { maxlength: 60, autocomplete: "off" });
  const sheet = new Sheet(t("blind"), () => h("form", {
    class: "stack",
    onsubmit: async (event) => {
      event.preventDefault();
      if (!zone) { sheet.say(t("code_zone-needed")); return; }
      /** @type {{ zone: string, supplier: string, note?: string }} */
      const body = { zone, supplier: supplier.input.value.trim() };
      if (note.value.trim()) body.note = note.value.trim();
      const detail = await app.attempt(() => post("/api/v1/deliveries/blind", body));
      if (!detail) return;
      sheet.close();
      view.take(detail);
      view.show(detail.id);
    },
  },
    h("p", { class: "soft" }, t("blindHint")),
    h("div", {}, h("strong", {}, t("supplier")), supplier.node), field(t("noteOptional"), note),
    h("fieldset", { class: "question" }, h("legend", {}, t("dock")), radios("blind-zone", zones.map((name) => [name, name]), zone, (value) => { zone = value; })),
    h("button", { class: "main big", type: "submit" }, t("blindStart"))));
}

/** Something was read and nothing is open: what it may belong to. */
export class Proposals {
  /** @param {import("./receiving.js").Receiving} view */
  constructor(view) {
    this.view = view;
    /** @type {number | null | undefined} */
    this.timer = null;
    /** @type {string | null} */
    this.zone = null;
    /** @type {string | null} The zone that the answers are about. */
    this.shown = null;
    /** @type {Proposal[]} */
    this.list = [];
    /** @type {StrayRead[]} */
    this.strays = [];
    this.clear();
  }

  clear() {
    clearTimeout(this.timer ?? undefined);
    this.timer = null;
    this.zone = null;
    this.shown = null;
    this.list = [];
    this.strays = [];
  }

  /**
   * At most once in two seconds: a pallet is a hundred tags.
   * @param {string} zone
   */
  ask(zone) {
    const { view } = this;
    this.zone = zone;
    this.timer ??= setTimeout(async () => {
      this.timer = null;
      const asked = this.zone;
      if (!asked) return;
      const at = encodeURIComponent(asked);
      const answers = await view.app.attempt(() => Promise.all([get(`/api/v1/deliveries/proposals?zone=${at}`), get(`/api/v1/deliveries/strays?zone=${at}`)]));
      // Without an answer nobody can say that nothing fits.
      if (!answers || this.zone !== asked) return;
      [this.list, this.strays] = answers;
      this.shown = asked;
      view.app.refresh("receiving");
    }, this.list.length ? 2000 : 300);
  }

  draw() {
    if (!this.zone || this.shown !== this.zone) return null;
    const view = this.view;
    const away = view.isAway();
    return h("div", { class: "panel stack", id: "proposals" }, h("h2", {}, this.list.length ? t("proposals", { zone: this.zone }) : t("noProposals", { zone: this.zone })),
      h("div", { class: "big-choices" }, this.list.map((one, index) => h("button", { class: index === 0 ? "main" : "", id: `proposal-${one.id}`, disabled: away, onclick: async () => {
        const zone = this.zone;
        if (await view.act(`/api/v1/deliveries/${one.id}/open`, { zone })) { view.show(one.id); await view.load(); }
      } }, h("span", {}, h("strong", {}, one.note), ` ${one.supplier}`, h("span", { class: "fits" }, t("fits", { fits: number(one.fits), pieces: number(one.pieces) }))))),
      this.strays.length > 0 && h("details", { id: "strays" }, h("summary", {}, plural("strayCount", this.strays.length)),
        h("ul", { class: "plain call-list" }, this.strays.map((one) => h("li", {}, h("div", { class: "grow" }, h("strong", {}, one.description || one.gtin || plain(one.subject)), one.quantity === 1 && !one.unit ? "" : ` × ${amount(one.quantity, one.unit)}`,
          h("div", { class: "soft" }, [(one.description || one.gtin) && plain(one.subject), when(one.at)].filter(Boolean).join(" · "))))))),
      h("button", { disabled: away, onclick: () => openBlind(view) }, t("blind"))));
  }
}

import { h } from "./dom.js";
import { get } from "./api.js";
import { t, number, amount, plural, when } from "./i18n.js";
import { plain } from "./parts.js";
import { open } from "./doors.js";

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
      h("button", { disabled: away, onclick: () => open(view.app, "blind", view) }, t("blind"))));
  }
}

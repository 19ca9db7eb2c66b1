import { h } from "./dom.js";
import { helpLink } from "./help.js";
import { t, when, number, unitName } from "./i18n.js";

/** @typedef {import("./receiving.js").Receiving} Receiving */

/**
 * What was decided at the depot's own page and was not done: why, who is said to have decided it, and one button each way.
 * @param {Receiving} view
 * @param {Delivery} delivery
 */
export const drawProposed = (view, delivery) => (delivery.proposals ?? []).length > 0 && h("div", { class: "panel stack", id: "proposed" }, h("h2", {}, t("depotTitle")), h("p", { class: "soft" }, t("depotHint"), " ", helpLink("away")),
  (delivery.proposals ?? []).map((one) => {
    const line = delivery.lines.find((line) => line.gtin === one.gtin);
    const unit = unitName(line?.unit), n = one.quantity === undefined ? "" : number(one.quantity);
    const more = [one.short && t(`depotShort_${one.short}`), one.extra && t(`depotExtra_${one.extra}`), one.ignoresUnknown && t("depotUnknown")].filter(Boolean).join(", ");
    /** @param {boolean} accept */
    const settle = async (accept) => {
      if (await view.act(`/api/v1/deliveries/${delivery.id}/proposals/${one.id}`, { accept })) view.app.say(t(accept ? "depotDone" : "depotLeft"), "good");
    };
    return h("div", { class: "notice", id: `proposed-${one.id}` },
      h("strong", { class: "block" }, t(`depot_${one.kind}`, { what: line?.description || one.gtin || "", n: unit ? `${n}\u00A0${unit}` : n }), more && ` (${more})`),
      one.reason && h("span", { class: "block" }, `«\u00A0${one.reason}\u00A0»`), h("span", { class: "block" }, t(`depotwhy_${one.why}`)),
      h("span", { class: "soft block" }, t("depotBy", { who: one.who, when: when(one.at), zone: one.zone, agent: one.agent })),
      h("div", { class: "hand" }, one.why !== "another" && h("button", { class: "main", id: `do-${one.id}`, disabled: view.isAway() || delivery.status !== "open", onclick: () => settle(true) }, t("depotAccept")),
        h("button", { id: `leave-${one.id}`, disabled: view.isAway(), onclick: () => settle(false) }, t("depotRefuse"))));
  }));

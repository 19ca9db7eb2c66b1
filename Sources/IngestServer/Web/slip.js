// Who signed for a delivery, and the paper that goes with the goods.

import { h } from "./dom.js";
import { lang, t, when } from "./i18n.js";
import { photoLink } from "./parts.js";

/**
 * What stands below a delivery: signatures, photos and, when it is closed, its papers.
 * @param {Delivery} delivery
 * @returns {Child}
 */
export const drawDone = (delivery) => [drawSigned(delivery), drawPhotos(delivery), delivery.status === "closed" && drawSlip(delivery)];

/**
 * Who signed, and what they wrote.
 * @param {Delivery} delivery
 */
const drawSigned = (delivery) => (delivery.decisions ?? []).filter((one) => one.kind === "signed" && !one.undoneBy).map((one) =>
  h("div", { class: "row signed" }, one.photo ? photoLink(one.photo) : null, h("span", {}, h("strong", {}, one.reason ? t("signedBy", { who: one.reason }) : t("signed")), h("span", { class: "soft" }, ` · ${when(one.at)}, ${one.who}`))));

/**
 * The goods as they came.
 * @param {Delivery} delivery
 */
function drawPhotos(delivery) {
  const photos = (delivery.decisions ?? []).filter((one) => one.kind === "photo" && !one.undoneBy && one.photo);
  return photos.length > 0 && h("div", { class: "row", id: "goods-photos" }, h("span", { class: "soft" }, t("photosOfGoods")), photos.map((one) => photoLink(one.photo ?? 0)));
}

/**
 * The paper that goes with the goods.
 * @param {Delivery} delivery
 */
const drawSlip = (delivery) => h("div", { class: "row slip" }, h("span", { class: "soft" }, t("slip")), [["a4", "A4"], ["80mm", "80 mm"]].map(([paper, label]) =>
  h("a", { class: "button small", id: `slip-${paper}`, href: `/api/v1/deliveries/${delivery.id}/slip.pdf?paper=${paper}&lang=${lang()}`, download: "", "aria-label": t("titled", { title: t("slip"), what: label }) }, label)));

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { field } from "./parts.js";

/**
 * Whether an address is this machine's own, which no tablet reaches (RFC 6761 §6.3, RFC 1122 §3.2.1.3).
 * @param {string} name
 */
export const isHere = (name) => /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(name);

/**
 * At which dock this screen stands, and the address and QR code that make another one a screen of that dock.
 * @param {App} app
 */
export function openHere(app) {
  const zones = [...new Set([...app.receiving.zones, app.station()].filter((zone) => zone !== null))];
  let zone = app.station() ?? app.receiving.here() ?? zones[0] ?? "";
  const choice = h("select", { id: "here-zone", onchange: () => { zone = choice.value; app.setStation(zone); app.drawTools(); app.receiving.load(); sheet.draw(); } },
    h("option", { value: "" }, t("noStation")), zones.map((one) => h("option", { value: one }, one)));
  choice.value = app.station() ?? "";
  const sheet = new Sheet(t("hereTitle"), () => {
    const path = `/dock/${encodeURIComponent(zone)}`;
    const address = `${location.origin}${path}`;
    return [field(t("stationLabel"), choice), h("p", { class: "soft" }, t("stationHint")),
      zone && h("section", { class: "stack station-sheet", id: "station-sheet" }, h("h3", { class: "station-name" }, zone),
        h("img", { class: "qr", id: "station-qr", src: `/api/v1/qr?text=${encodeURIComponent(address)}`, alt: t("hereQR", { address }) }),
        h("p", { class: "mono" }, address),
        isHere(location.hostname) ? h("p", { class: "notice wait", id: "here-alone" }, t("hereAlone")) : h("p", { class: "soft" }, t("hereLink"))),
      zone && h("div", { class: "row" },
        h("button", { id: "here-print", onclick: () => window.print() }, t("herePrint")),
        h("button", { id: "here-open", onclick: () => { app.standAt(zone); sheet.close(); app.go("receiving"); app.receiving.load(); } }, t("hereOpen")),
        h("button", { class: "main", id: "here-kiosk", onclick: () => { app.standAt(zone); sheet.close(); app.setKiosk(true); app.receiving.load(); } }, t("kiosk")))];
  });
}

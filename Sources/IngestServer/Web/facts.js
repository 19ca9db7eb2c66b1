import { h } from "./dom.js";
import { t, locale, number, worded } from "./i18n.js";
import { ago, day, pill } from "./parts.js";

/** @param {string | number} value */
const money = (value) => (/^-?\d+(\.\d+)?$/.test(String(value)) ? Number(value).toLocaleString(locale(), { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : String(value));

/**
 * Only addresses of the web: what another system sends is not trusted to be one.
 * @param {string | undefined} address
 */
const outside = (address) => (/^https?:\/\//.test(address ?? "") ? address ?? null : null);

/**
 * @param {string | undefined} address
 * @param {string} text
 */
export const link = (address, text) => (outside(address) ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text) : text);

/**
 * What the ERP says of a client: orders, invoices, tickets, balance, and how old that is. Money only where it was sent.
 * @param {Affairs | undefined} erp
 */
export function drawErp(erp) {
  if (!erp || erp.state === "absent") return null;
  const style = { fresh: "good", cached: "", waiting: "wait", failed: "bad" }[erp.state] ?? "";
  /** @type {(name: string, list: Affair[] | undefined) => Child} */
  const section = (name, list) => list !== undefined && list.length > 0 && h("div", {}, h("h3", {}, t(`erp_${name}`)), h("ul", { class: "plain" }, list.slice(0, 8).map((one) => h("li", {},
    h("strong", {}, link(one.link, one.name ?? "?")), one.state && pill(one.state), h("span", { class: "soft" }, [one.date && day(one.date), one.amount !== undefined && money(one.amount)].filter(Boolean).join(" · "))))));
  return h("div", { class: "erp-facts", "aria-busy": erp.state === "waiting" ? "true" : null },
    h("div", { class: "row" }, h("h3", {}, "ERP"), pill(t(`erpstate_${erp.state}`), style), erp.at !== undefined && h("span", { class: "soft" }, t("erpAge", { ago: ago(erp.at) })), erp.link !== undefined && outside(erp.link) && link(erp.link, t("erpOpen"))),
    erp.sentence && h("p", { class: erp.state === "failed" ? "said lost" : "said" }, worded(erp.sentence)),
    erp.balance !== undefined && erp.balance !== null && h("p", {}, h("strong", {}, t("balance", { n: money(erp.balance) }))),
    h("div", { class: "erp-sections" }, section("orders", erp.orders), section("invoices", erp.invoices), section("tickets", erp.tickets)),
    erp.state !== "waiting" && erp.state !== "failed" && !erp.orders?.length && !erp.invoices?.length && !erp.tickets?.length && h("p", { class: "soft" }, t("erpNothing")));
}

/**
 * A delivery of a client, with what came today.
 * @param {ClientDelivery} delivery
 * @param {((id: number) => void) | null} open
 */
export const drawDelivery = (delivery, open) => h("li", {},
  open ? h("button", { class: "link", onclick: () => open(delivery.id) }, delivery.note) : h("strong", {}, delivery.note), h("span", {}, delivery.supplier),
  pill(`${t(`status_${delivery.status}`)} ${number(delivery.received)}/${number(delivery.expected)}`, delivery.status === "open" ? "good" : ""),
  delivery.scannedToday !== undefined && delivery.scannedToday > 0 && pill(t("scannedToday", { n: number(delivery.scannedToday) }), "good"),
  delivery.expectedOn && delivery.status === "expected" && h("span", { class: "soft" }, t("expectedOn", { when: day(delivery.expectedOn) })));

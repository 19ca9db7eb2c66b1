import { h, replace } from "./dom.js";
import { t, amount, number, plural } from "./i18n.js";
import { plain } from "./parts.js";
import { ems } from "./fit.js";

/** What each verdict looks like from afar, beside its colour and its sound: a mark of another outline each. */
/** @type {Record<Verdict, string>} */
const shapes = {
  expected: "M4 13l5 5L20 6", inside: "M4 13l5 5L20 6",
  complete: "M12 2l3 7 7 .6-5.3 4.7 1.7 7.2-6.4-3.9-6.4 3.9 1.7-7.2L2 9.6 9 9z",
  extra: "M12 3v18M3 12h18", removed: "M3 12h18", serial: "M4 8h16M4 16h16M16 3L8 21",
  unknown: "M7 8a5 5 0 1 1 7 4.6c-1.5.8-2 1.6-2 3.4M12 20v1", pallet: "M7 8a5 5 0 1 1 7 4.6c-1.5.8-2 1.6-2 3.4M12 20v1",
  returned: "M5 8h9a5 5 0 0 1 0 10H7M9 4L5 8l4 4",
};

/** @param {string} path */
function shape(path) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: "kiosk-mark" })) picture.setAttribute(name, value);
  const line = document.createElementNS(space, "path");
  for (const [name, value] of Object.entries({ d: path, fill: "none", stroke: "currentColor", "stroke-width": "3.4", "stroke-linecap": "round", "stroke-linejoin": "round" })) line.setAttribute(name, value);
  picture.append(line);
  return picture;
}

/**
 * What somebody does next: one sentence.
 * @param {Delivery | undefined} delivery open at this dock
 */
export function nextStep(delivery) {
  if (!delivery) return t("kioskScanNote");
  if (delivery.mode === "remove") return t("kioskRemoving");
  if (delivery.unknown > 0) return plural("kioskUnknown", delivery.unknown);
  if (delivery.extra > 0) return plural("kioskExtra", delivery.extra);
  if (delivery.expected === 0) return t("kioskBlind");
  return delivery.missing > 0 ? plural("kioskMissing", delivery.missing) : t("kioskComplete");
}

/**
 * A dock on the wall: count and expected, the last read, what to do next, and nothing else.
 * @param {App} app
 * @param {HTMLElement} main
 */
export function drawKiosk(app, main) {
  const { receiving, health } = app;
  const zone = receiving.here();
  const shown = receiving.shown;
  const delivery = shown?.status === "open" && (!zone || shown.zone === zone) ? shown : undefined;
  const last = delivery && receiving.last?.delivery === delivery.id ? receiving.last : null;
  const line = last && delivery?.lines.find((one) => one.gtin === last.gtin);
  const { level, text } = health.judgement();
  const stray = receiving.stray;
  const verdict = stray ? "unknown" : last?.verdict;
  const said = stray ? (stray.reason ? t(`refused_${stray.reason}`, { what: plain(stray.subject) }) : t("stray", { zone: stray.zone }))
    : last ? `${t(`v_${last.verdict}`)} · ${line?.description || plain(last.subject)}` : delivery?.received ? "" : t("kioskNothingRead");
  const count = number(delivery?.received);
  const expected = delivery && delivery.expected > 0 ? `/ ${amount(delivery.expected)}` : "";
  // On one line while both stay large on it.
  const one = ems(`${count} ${expected}`);
  const stacked = one > 6.5;
  const numbers = h("div", { class: `kiosk-numbers ${stacked ? "stacked-numbers" : ""}`, "aria-live": "off" }, h("b", { id: "kiosk-count" }, count), expected && h("b", { class: "of", id: "kiosk-expected" }, expected));
  numbers.style.setProperty?.("--ems", String(stacked ? Math.max(ems(count), ems(expected)) : one));
  const done = delivery && delivery.expected > 0 && delivery.missing === 0 && !delivery.extra && !delivery.unknown;
  replace(main, h("div", { class: `kiosk ${done ? "done" : ""}`, id: "kiosk" },
    h("div", { class: "kiosk-top" }, h("strong", {}, zone ?? t("dock")), h("span", {}, delivery ? [delivery.note, delivery.supplier].filter(Boolean).join(" · ") : ""),
      h("button", { class: "push", id: "kiosk-leave", "aria-label": t("kioskLeave"), title: t("kioskLeave"), onclick: () => app.setKiosk(false) }, "✕")),
    h("h1", { class: "sr" }, delivery ? `${delivery.note}: ${count} ${expected}` : t("kioskScanNote")),
    delivery ? numbers : h("div", { class: "kiosk-numbers" }, h("b", { class: "words" }, "—")),
    h("div", { class: `kiosk-last ${verdict ?? ""}`, id: "kiosk-last", role: "status" }, verdict && shape(stray?.reason ? "M5 5l14 14M19 5L5 19" : shapes[verdict]), h("span", {}, said)),
    receiving.drawElsewhere(),
    h("div", { class: `kiosk-next ${level === "good" ? "" : level}`, id: "kiosk-next", "data-level": level, role: level === "bad" ? "alert" : "status" }, level === "bad" || (level === "wait" && text) ? text : nextStep(delivery), app.soundIsBlocked() && h("span", { class: "kiosk-touch" }, t("touchForSound")))));
}

import { h } from "./dom.js";
import { get } from "./api.js";
import { t, when } from "./i18n.js";
import { plain } from "./parts.js";
import { open } from "./doors.js";
import { sayDecision } from "./decisions.js";

// A closed delivery is received again: who, when and why is kept, and the next closing tells the difference.

/** @typedef {import("./receiving.js").Receiving} Receiving */

/**
 * Somebody was faster, or it cannot be done: said with who and where, and the page follows.
 * @param {Receiving} view
 * @param {any} error
 */
export async function lost(view, error) {
  const { app } = view;
  const { problem, code } = error;
  if (code === "not-open" && problem?.closedBy) app.say(t("lostClose", { who: problem.closedBy }), "bad");
  else if (code === "open-already") app.say(t("lostReopen", { who: problem.openedBy || "?", zone: problem.zone ?? "–" }), "bad");
  else if (code === "rest-elsewhere") app.say(t(problem.begun ? "restBegun" : "restExpected", { note: problem.rest }), "bad", 15);
  else await app.attempt(() => { throw error; });
  if (code === "not-open" || code === "open-already") await view.load();
}

/**
 * What was scanned belongs to a delivery that is closed: it is found, and offered to be opened again.
 * @param {Receiving} view
 * @param {Stray} stray
 */
export async function findClosed(view, stray) {
  const found = await view.app.attempt(() => get(`/api/v1/deliveries/closed?scan=${encodeURIComponent(plain(stray.subject))}`));
  if (!found || view.stray !== stray) return;
  view.closedOnes = found;
  view.app.refresh("receiving");
}

/**
 * @param {Receiving} view
 * @param {Stray} stray
 */
export const drawClosed = (view, stray) => view.closedOnes.length > 0 && h("div", { class: "big-choices", id: "closed-note" }, view.closedOnes.map((one) =>
  h("button", { id: `reopen-${one.id}`, disabled: view.isAway(), onclick: () => open(view.app, "reopen", view, one, stray.zone) },
    h("span", {}, h("strong", {}, `${one.note} · ${one.supplier}`), h("span", { class: "soft block" }, t("closedBy", { who: one.closedBy ?? "?", when: when(one.closedAt ?? 0) })), h("span", { class: "block" }, t("reopenOffer"))))));

/**
 * How often it was opened again, by whom and why.
 * @param {Delivery} delivery
 */
export const drawReopenings = (delivery) => (delivery.reopenings ?? []).length > 0 && h("ul", { class: "plain soft", id: "reopenings" }, (delivery.reopenings ?? []).map((one) =>
  h("li", {}, `${t("closedBy", { who: one.closedBy || "?", when: when(one.closedAt) })} · ${t("reopenedBy", { who: one.who, when: when(one.at), zone: one.zone })} «\u00A0${one.reason}\u00A0»`)));

/**
 * What was undone between two states of a delivery, in words; null where nothing was. What was said of the last scan is not true then.
 * @param {Delivery | undefined} before
 * @param {Delivery} now
 */
export function undoneSince(before, now) {
  if (!before?.decisions || !now.decisions) return null;
  const last = before.decisions.at(-1)?.id ?? 0;
  const undo = now.decisions.filter((one) => one.kind === "undo" && one.id > last).at(-1);
  const undone = undo && now.decisions.find((one) => one.id === undo.quantity);
  return undo && undone ? t("undid", { what: sayDecision(now, undone), who: undo.who }) : null;
}

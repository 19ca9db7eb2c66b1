import { h } from "./dom.js";
import { get, post } from "./api.js";
import { t, when } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { field, plain, radios } from "./parts.js";
import { sayDecision } from "./decisions.js";

// A closed delivery is received again: who, when and why is kept, and the next closing tells the difference.

/** @typedef {import("./receiving.js").Receiving} Receiving */

/** Characters of a reason, as the server asks for them. */
const shortest = 3;

/**
 * Asks why, and at which dock.
 * @param {Receiving} view
 * @param {DeliverySums} delivery
 * @param {string} [at] where it was scanned
 */
export function askReopen(view, delivery, at) {
  const { app } = view;
  const zones = at && !view.zones.includes(at) ? [at, ...view.zones] : view.zones.length ? view.zones : ["dock-1"];
  const here = at ?? app.station() ?? delivery.dock ?? null;
  /** @type {string | null} */
  let zone = here !== null && zones.includes(here) ? here : zones.length === 1 ? zones[0] : null;
  /** @type {string | null} */
  let cause = null;
  const reason = h("input", { maxlength: 300, autocomplete: "off", id: "reopen-reason" });
  const sheet = new Sheet(t("reopenTitle", { note: delivery.note }), () => h("form", {
    class: "stack",
    onsubmit: async (event) => {
      event.preventDefault();
      const own = reason.value.trim();
      const text = cause === null || cause === "other" ? own : own ? t("titled", { title: t(`reopen_${cause}`), what: own }) : t(`reopen_${cause}`);
      if (!zone) { sheet.say(t("code_zone-needed")); return; }
      if (text.length < shortest) { sheet.say(t("code_reopen-reason")); reason.focus(); return; }
      /** @type {{ zone: string, reason: string, cause?: string }} */
      const body = { zone, reason: text };
      if (cause !== null && cause !== "other") body.cause = cause;
      try {
        const detail = await post(`/api/v1/deliveries/${delivery.id}/reopen`, body);
        sheet.close();
        view.take(detail);
        view.show(detail.id);
        app.say(t("reopened", { note: detail.note }), "good");
      } catch (error) {
        if (error.code === "open-already") sheet.close();
        await lost(view, error);
        return;
      }
      await view.load();
    },
  },
    h("p", { class: "soft" }, t("reopenHint")),
    h("fieldset", { class: "question" }, h("legend", {}, t("reopenWhy")),
      radios("reopen", ["late", "miscount", "wrong", "other"].map((one) => [one, t(`reopen_${one}`)]), cause, (value) => { cause = value; if (value === "other") reason.focus(); })),
    field(t("reopenReason"), reason),
    zones.length > 1 && !at && h("fieldset", { class: "question" }, h("legend", {}, t("dock")), radios("reopen-zone", zones.map((name) => [name, name]), zone, (value) => { zone = value; })),
    h("button", { class: "main big", type: "submit", id: "reopen-now" }, t("reopenDo"))));
}

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
  h("button", { id: `reopen-${one.id}`, disabled: view.isAway(), onclick: () => askReopen(view, one, stray.zone) },
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

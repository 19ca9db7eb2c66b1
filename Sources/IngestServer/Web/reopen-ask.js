import { h } from "./dom.js";
import { post } from "./api.js";
import { t } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { field, radios } from "./parts.js";
import { lost } from "./reopen.js";

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

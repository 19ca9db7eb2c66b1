import { h } from "./dom.js";
import { post } from "./api.js";
import { t } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { completion } from "./picker.js";
import { field, radios } from "./parts.js";

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

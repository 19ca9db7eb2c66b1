// Screens that are bound to their docks, for those who keep people.

import { h } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, when } from "./i18n.js";
import { empty, field } from "./parts.js";
import { Sheet, choose } from "./sheet.js";

/** @type {Record<string, string>} */
const refusals = { "screen-taken": "boundTaken", "too-many-screens": "boundTooMany", "no-such-screen": "boundGone" };

/** @param {App} app */
export async function openScreens(app) {
  /**
   * @template T
   * @param {() => Promise<T>} deed
   */
  const attempt = (deed) => app.attempt(async () => {
    try { return await deed(); } catch (error) {
      if (!(error.code in refusals)) throw error;
      app.say(t(refusals[error.code]), "bad");
    }
  });
  const first = await app.attempt(() => get("/api/v1/screens"));
  if (!first) return;
  let list = first;
  const load = async () => { list = await app.attempt(() => get("/api/v1/screens")) ?? list; sheet.show(draw); };
  /** @param {DockScreen} screen */
  const end = async (screen) => {
    if (await choose(t("boundScreenEndTitle", { name: screen.name }), t("boundScreenEndText"), [[t("boundScreenEnd"), "yes", "danger"], [t("cancel"), null, "main"]]) !== "yes") return;
    if (await attempt(() => request("DELETE", `/api/v1/screens/${screen.id}`))) load();
  };
  /** @returns {Child} */
  const draw = () => [
    h("p", { class: "soft" }, t("boundScreensHint")),
    h("div", { class: "row" }, h("button", { class: "main", id: "screen-bind", disabled: app.isAway(), onclick: () => sheet.show(form) }, t("boundScreenBind"))),
    list.length === 0 ? empty(t("boundScreensNone"), "", "signin") : h("ul", { class: "deliveries", id: "screen-list" }, list.map((screen) => h("li", { class: "panel row" },
      h("span", {}, h("strong", {}, screen.name), h("br"), h("span", { class: "soft" }, [screen.zone, screen.device, t("boundScreenSince", { when: when(screen.created), who: screen.who })].filter(Boolean).join(" · ")), h("br"),
        h("span", { class: "soft" }, screen.used === undefined ? t("boundScreenUnseen") : t("boundScreenSeen", { when: when(screen.used), where: screen.source ?? "?" }))),
      h("button", { class: "push", id: `end-screen-${screen.id}`, disabled: app.isAway(), onclick: () => end(screen) }, t("boundScreenEnd"))))),
  ];
  const form = () => {
    const name = h("input", { id: "screen-name", maxlength: 60, required: true, autocomplete: "off", "data-first": true });
    const zone = h("input", { id: "screen-zone", maxlength: 64, required: true, autocomplete: "off", list: "screen-zones", value: app.station() ?? "" });
    const device = h("input", { id: "screen-device", maxlength: 130, autocomplete: "off" });
    /** @type {string[]} */
    const known = JSON.parse(localStorage.getItem("zones") ?? "[]");
    return h("form", {
      class: "stack", id: "screen-form",
      onsubmit: async (event) => {
        event.preventDefault();
        const made = await attempt(() => post("/api/v1/screens", { name: name.value.trim(), zone: zone.value.trim(), ...(device.value.trim() && { device: device.value.trim() }) }));
        if (!made) return;
        app.setStation(made.zone);
        app.say(t("boundScreenBoundAs", { name: made.name }), "good");
        load();
      },
    }, field(t("boundScreenName"), name), field(t("boundScreenZone"), zone), h("datalist", { id: "screen-zones" }, known.map((one) => h("option", { value: one }))), field(t("boundScreenDevice"), device),
      h("div", { class: "row" }, h("button", { class: "main big", type: "submit" }, t("boundScreenBind")), h("button", { type: "button", onclick: load }, t("cancel"))));
  };
  /** @type {Sheet} */
  const sheet = new Sheet(t("boundScreens"), draw, { wide: true });
}

import { h } from "./dom.js";
import { request } from "./api.js";
import { nextLanguage, t } from "./i18n.js";
import { field, radios } from "./parts.js";
import { setTheme } from "./taste.js";
import { themeOf } from "./theme.js";
import { Sheet } from "./sheet.js";
import { openSecurity } from "./security.js";

/**
 * One's own password and language, at which dock this screen stands, and the way out.
 * @param {App} app
 */
export function openAccount(app) {
  const old = h("input", { type: "password", autocomplete: "current-password", maxlength: 200 });
  const fresh = h("input", { type: "password", autocomplete: "new-password", minlength: 10, maxlength: 200, required: true });
  const again = h("input", { type: "password", autocomplete: "new-password", maxlength: 200, required: true });
  const zones = app.receiving.zones;
  const station = h("select", { "data-first": true, onchange: () => { app.setStation(station.value); app.drawTools(); app.say(t("noteSaved"), "good"); } }, h("option", { value: "" }, t("noStation")),
    [...new Set([...zones, app.station()].filter(Boolean))].map((zone) => h("option", { value: zone }, zone)));
  station.value = app.station() ?? "";
  const next = nextLanguage();
  const sheet = new Sheet(app.person?.name ?? "", () => [
    // A telephone's bar has no room for them.
    h("div", { class: "row" }, h("button", { id: "account-language", lang: next.code, onclick: () => { sheet.close(); app.changeLanguage(); } }, next.name),
      h("button", { id: "account-sign-out", onclick: () => { sheet.close(); app.signOut(); } }, t("signOut")),
      h("button", { id: "account-security", onclick: () => { sheet.close(); openSecurity(app); } }, t("security"))),
    field(t("stationLabel"), station), h("p", { class: "soft" }, t("stationHint")),
    h("fieldset", { class: "question" }, h("legend", {}, t("theme")), radios("theme", ["auto", "light", "dark"].map((one) => [one, t(`theme_${one}`)]), themeOf(app.person), (one) => { if (app.person) setTheme(app.person, one); })),
    h("form", {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        if (fresh.value !== again.value) { sheet.say(t("passwordsDiffer")); return; }
        const done = await app.attempt(() => request("PUT", "/api/v1/me/password", { old: old.value, new: fresh.value }));
        if (!done) return;
        // Every session of this person has ended with the old password.
        app.leave();
        app.say(t("passwordChanged"), "good");
      },
    }, h("h3", {}, t("passwordChange")), field(t("passwordOld"), old), field(t("passwordNew"), fresh), field(t("passwordAgain"), again), h("button", { class: "main", type: "submit" }, t("passwordChange"))),
  ]);
}

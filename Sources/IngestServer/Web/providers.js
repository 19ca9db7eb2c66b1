// Others that vouch for people: their buttons on the sign-in page, and why somebody came back from one without being let in.

import { h, replace } from "./dom.js";
import { t } from "./i18n.js";

/**
 * @param {App} app
 * @param {WayIn} how
 */
export function drawProviders(app, how) {
  const place = document.getElementById("providers");
  if (place) replace(place, (how.providers ?? []).map((one) => h("button", { type: "button", class: "big", id: `provider-${one.name}`, onclick: () => location.assign(`/api/v1/openid/${one.name}/start?to=${encodeURIComponent(location.pathname)}`) }, t("byProvider", { by: one.label }))));
  tellRefused(app, how);
}

/**
 * Said once, and taken out of the address.
 * @param {App} app
 * @param {WayIn} how
 */
function tellRefused(app, how) {
  const asked = new URLSearchParams(location.search);
  const kind = /^openid-([a-z]+)$/.exec(asked.get("refused") ?? "")?.[1];
  if (!kind) return;
  const by = how.providers?.find((one) => one.name === asked.get("by"))?.label ?? asked.get("by")?.slice(0, 40) ?? "";
  history.replaceState(null, "", location.pathname);
  app.say(t(`openid_${kind}`, { by }), "bad");
}

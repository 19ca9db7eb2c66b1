import { t } from "./i18n.js";

/**
 * A provider sent somebody back who was not let in: said once, and taken out of the address.
 * @param {App} app
 * @param {WayIn} how
 */
export function tellRefused(app, how) {
  const asked = new URLSearchParams(location.search);
  const kind = /^openid-([a-z]+)$/.exec(asked.get("refused") ?? "")?.[1];
  if (!kind) return;
  const by = how.providers?.find((one) => one.name === asked.get("by"))?.label ?? asked.get("by")?.slice(0, 40) ?? "";
  history.replaceState(null, "", location.pathname);
  app.say(t(`openid_${kind}`, { by }), "bad");
}

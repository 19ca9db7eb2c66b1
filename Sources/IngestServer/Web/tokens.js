// Tokens of programs, for those who keep people.

import { h } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, when } from "./i18n.js";
import { empty, field, pill } from "./parts.js";
import { Sheet, choose } from "./sheet.js";
import { copied } from "./security.js";

const lives = [30, 90, 365, 730];

/**
 * How a token stands.
 * @param {Token} token
 * @param {number} now
 */
export const tokenState = (token, now) => (token.expires <= now ? "ended" : token.expires - now < 14 * 86400000 ? "soon" : "good");
const styles = { good: "good", soon: "wait", ended: "bad" };

/** @param {App} app */
export async function openTokens(app) {
  const first = await app.attempt(() => get("/api/v1/tokens"));
  if (!first) return;
  let list = first;
  const load = async () => { list = await app.attempt(() => get("/api/v1/tokens")) ?? list; sheet.show(draw); };
  /** @param {Token} token */
  const revoke = async (token) => {
    if (await choose(t("tokenRevokeTitle", { name: token.name }), t("tokenRevokeText"), [[t("tokenRevoke"), "yes", "danger"], [t("cancel"), null, "main"]]) !== "yes") return;
    if (await app.attempt(() => request("DELETE", `/api/v1/tokens/${token.id}`))) load();
  };
  /** @returns {Child} */
  const draw = () => [
    h("p", { class: "soft" }, t("tokensHint")),
    h("div", { class: "row" }, h("button", { class: "main", id: "token-add", disabled: app.isAway(), onclick: () => sheet.show(() => form()) }, t("tokenAdd"))),
    list.length === 0 ? empty(t("tokensNone"), "", "signin") : h("ul", { class: "deliveries", id: "token-list" }, list.map((token) => h("li", { class: "panel row" },
      h("span", {}, h("strong", {}, token.name), " ", pill(t(`token_${tokenState(token, Date.now())}`, { when: when(token.expires) }), styles[tokenState(token, Date.now())]), h("br"),
        h("span", { class: "soft" }, [`quai_${token.id}…`, token.who, token.scopes.map((right) => t(`act_${right}`)).join(", "), token.readOnly && t("tokenReads")].filter(Boolean).join(" · ")), h("br"),
        h("span", { class: "soft" }, token.used === undefined ? t("tokenUnused") : t("tokenUsed", { when: when(token.used), where: token.source ?? "?" }))),
      h("button", { class: "push", id: `revoke-${token.id}`, disabled: app.isAway(), onclick: () => revoke(token) }, t("tokenRevoke"))))),
  ];
  const form = () => {
    const name = h("input", { id: "token-name", maxlength: 60, required: true, autocomplete: "off", "data-first": true });
    /** @type {HTMLSelectElement} */
    const days = h("select", { id: "token-days" }, lives.map((n) => h("option", { value: String(n) }, t("tokenDays", { n }))));
    days.value = "90";
    const reads = h("input", { type: "checkbox", id: "token-reads" });
    /** @type {Set<string>} */
    const chosen = new Set();
    return h("form", {
      class: "stack", id: "token-form",
      onsubmit: async (event) => {
        event.preventDefault();
        const made = await app.attempt(() => post("/api/v1/tokens", { name: name.value.trim(), days: Number(days.value), readOnly: reads.checked, scopes: [...chosen] }));
        if (made) sheet.show(() => h("div", { class: "stack" }, h("h3", {}, made.name), h("p", {}, t("tokenOnce")), copied(app, "token-secret", made.token), h("div", { class: "row" }, h("button", { class: "main", onclick: load }, t("recoveryKept")))));
      },
    }, field(t("tokenName"), name), field(t("tokenLife"), days), h("label", { class: "check" }, reads, h("span", {}, t("tokenReads"))),
      h("fieldset", { class: "question" }, h("legend", {}, t("rights")), h("div", { class: "big-choices" }, (app.person?.rights ?? []).map((right) =>
        h("label", { class: "choice" }, h("input", { type: "checkbox", id: `scope-${right}`, onchange: (event) => { if (event.target.checked) chosen.add(right); else chosen.delete(right); } }), h("span", {}, t(`act_${right}`)))))),
      h("div", { class: "row" }, h("button", { class: "main big", type: "submit" }, t("tokenAdd")), h("button", { type: "button", onclick: load }, t("cancel"))));
  };
  /** @type {Sheet} */
  const sheet = new Sheet(t("tokens"), draw, { wide: true });
}

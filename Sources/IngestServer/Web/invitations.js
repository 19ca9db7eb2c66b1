// Gateways that are asked to join: the line to be typed there, shown once.

import { h } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, when, addWords } from "./i18n.js";
import { empty, field, pill } from "./parts.js";
import { Sheet } from "./sheet.js";
import { copied } from "./security.js";
import { joining } from "./words-join.js";

// No page but the gateways' has a use for them.
addWords(joining);

const hours = [1, 24, 72, 168];
/** @type {Record<string, string>} */
const styles = { open: "wait", used: "good", ended: "bad", blocked: "bad" };

/**
 * @param {App} app
 * @param {string[]} sites those that are known, to be proposed
 */
export async function openInvitations(app, sites) {
  const first = await app.attempt(() => get("/api/v1/gateways/invitations"));
  if (!first) return;
  /** @type {AgentInvitation[]} */
  let list = first;
  const load = async () => { list = await app.attempt(() => get("/api/v1/gateways/invitations")) ?? list; sheet.show(draw); };
  /** @param {AgentInvitation} invitation */
  const withdraw = async ({ agent }) => {
    if (await app.attempt(() => request("DELETE", `/api/v1/gateways/invitations/${encodeURIComponent(agent)}`))) load();
  };
  /** @returns {Child} */
  const draw = () => [
    h("p", { class: "soft" }, t("inviteHint")), form(),
    list.length === 0 ? empty(t("inviteNone"), "", "gateways") : h("ul", { class: "deliveries", id: "invitation-list" }, list.map((one) => h("li", { class: "panel row" },
      h("span", {}, h("strong", {}, one.agent), " ", h("span", { class: "soft" }, one.site), " ", pill(t(`invited_${one.state}`), styles[one.state] ?? "wait"), h("br"),
        h("span", { class: "soft" }, t("inviteBy", { who: one.who, when: when(one.ends) }))),
      h("button", { class: "push", id: `withdraw-${one.agent}`, disabled: app.isAway(), onclick: () => withdraw(one) }, t("inviteWithdraw"))))),
  ];
  const form = () => {
    const agent = h("input", { id: "invite-agent", maxlength: 32, pattern: "[a-z0-9\\-]{1,32}", required: true, autocomplete: "off", title: t("inviteAgentHint"), "data-first": true });
    const site = h("input", { id: "invite-site", maxlength: 32, pattern: "[a-z0-9\\-]{1,32}", required: true, autocomplete: "off", list: "invite-sites", value: sites[0] ?? "main" });
    /** @type {HTMLSelectElement} */
    const life = h("select", { id: "invite-hours" }, hours.map((n) => h("option", { value: String(n) }, t("inviteHoursN", { n }))));
    life.value = "24";
    return h("form", {
      class: "stack", id: "invite-form",
      onsubmit: async (event) => {
        event.preventDefault();
        const made = await app.attempt(() => post("/api/v1/gateways/invitations", { agent: agent.value.trim(), site: site.value.trim(), hours: Number(life.value) }));
        if (made) sheet.show(() => h("div", { class: "stack" }, h("h3", {}, made.agent), h("p", {}, t("inviteOnce")), h("p", { class: "soft" }, t("inviteLine")), copied(app, "invite-line", made.line), h("div", { class: "row" }, h("button", { class: "main", onclick: load }, t("inviteDone")))));
      },
    }, field(t("inviteAgent"), agent), field(t("inviteSite"), site), h("datalist", { id: "invite-sites" }, sites.map((name) => h("option", { value: name }))), field(t("inviteHours"), life),
      h("div", { class: "row" }, h("button", { class: "main big", type: "submit", disabled: app.isAway() }, t("inviteMake"))));
  };
  /** @type {Sheet} */
  const sheet = new Sheet(t("gatewayInvite"), draw, { wide: true });
}

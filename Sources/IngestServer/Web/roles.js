import { h } from "./dom.js";
import { get, request } from "./api.js";
import { t } from "./i18n.js";
import { empty, field, pill } from "./parts.js";
import { Sheet, choose } from "./sheet.js";
import { awaited, firstOf } from "./long.js";

/** @type {ScopeKind[]} */
export const scopeKinds = ["sites", "zones", "teams", "queues"];

/**
 * What a role is called: one's own by its name.
 * @param {string} name
 */
export const roleText = (name) => (t(`role_${name}`) === `role_${name}` ? name : t(`role_${name}`));

/**
 * Where somebody's roles hold, in a line; nothing where they hold everywhere.
 * @param {Scope | undefined} scope
 */
export const scopeText = (scope) => scopeKinds.flatMap((kind) => { const names = scope?.[kind]; return names?.length ? [t("titled", { title: t(`scope_${kind}`), what: names.join(", ") })] : []; }).join(" · ");

/**
 * What an action comes with, with what is carried by others that are chosen.
 * @param {Iterable<string>} chosen
 * @param {Record<string, string[]>} carried
 */
export const whole = (chosen, carried) => new Set([...chosen].flatMap((action) => [action, ...carried[action] ?? []]));

/** Who may what: people with their roles and places, and what each role may. For those who keep people. */
export class Roles {
  /** @param {import("./audit.js").Audit} page */
  constructor(page) {
    this.page = page;
    this.app = page.app;
    /** @type {RoleList | null} */
    this.told = null;
  }

  clear() { this.told = null; }

  async load() {
    const told = await this.app.attempt(() => get("/api/v1/roles"));
    if (!told) return;
    this.told = told;
    this.app.refresh("audit");
  }

  draw() {
    if (!this.told || !this.page.users.list) return awaited(this.app);
    const { roles } = this.told;
    const people = this.page.users.list;
    return [
      h("h2", {}, t("people")),
      people.length === 0 ? empty(t("noUsers"), "", "audit") : h("div", { class: "panel scroll", tabindex: 0, role: "group", "aria-label": t("people") }, h("table", { class: "trail", id: "who-may" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("userName")), h("th", { scope: "col" }, t("roles")), h("th", { scope: "col" }, t("scope")))),
        h("tbody", {}, firstOf("who-may", people, (user) => h("tr", {},
          h("th", { scope: "row" }, h("button", { class: "link", id: `may-${user.id}`, onclick: () => this.page.users.edit(user) }, user.name), user.disabled && pill(t("userDisabled"), "bad")),
          h("td", {}, user.roles.map(roleText).join(", ") || t("noRole"), user.rights.length > 0 && h("div", { class: "soft" }, `+ ${user.rights.map((right) => t(`act_${right}`)).join(", ")}`)),
          h("td", {}, scopeText(user.scope) || t("scopeAll"))), () => this.app.refresh("audit"))))),
      h("div", { class: "row" }, h("h2", {}, t("roles")), h("button", { class: "push", id: "add-role", disabled: this.app.isAway(), onclick: () => this.edit(null) }, t("roleAdd"))),
      h("ul", { class: "deliveries", id: "roles" }, roles.map((role) => h("li", {}, h("button", { id: `role-${role.name}`, onclick: () => this.edit(role) },
        h("span", { class: "top" }, h("strong", {}, roleText(role.name)), !role.builtIn && pill(t("roleOwn"))),
        h("span", { class: "soft" }, people.filter((user) => user.roles.includes(role.name)).map((user) => user.name).join(", ")))))),
      this.matrix(this.told),
    ];
  }

  /** @param {RoleList} told */
  matrix({ roles, actions }) {
    return h("div", { class: "panel scroll", tabindex: 0, role: "group", "aria-label": t("whoMay") }, h("table", { class: "trail matrix", id: "matrix" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("action")), roles.map((role) => h("th", { scope: "col" }, roleText(role.name))))),
      h("tbody", {}, actions.map((action) => h("tr", {}, h("th", { scope: "row" }, t(`act_${action}`)),
        roles.map((role) => (role.actions.includes(action) ? h("td", { class: "may" }, h("span", { "aria-hidden": "true" }, "✓"), h("span", { class: "sr" }, t("yes")), h("span", { class: "of", "aria-hidden": "true" }, roleText(role.name))) : h("td", {}, h("span", { class: "sr" }, t("no"))))))))));
  }

  /**
   * What a role may; an own one can be changed.
   * @param {Role | null} role
   */
  edit(role) {
    if (!this.told) return;
    const { actions, carried } = this.told;
    const fixed = role?.builtIn === true;
    const chosen = new Set(role?.actions ?? []);
    const name = h("input", { maxlength: 40, required: true, autocomplete: "off", pattern: "[a-z][a-z0-9\\-]*", value: role?.name ?? "", disabled: Boolean(role), placeholder: t("roleNameHint") });
    const sheet = new Sheet(role ? roleText(role.name) : t("roleAdd"), () => h("form", {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        const saved = await this.app.attempt(() => request("PUT", `/api/v1/roles/${encodeURIComponent(role?.name ?? name.value.trim())}`, { actions: actions.filter((action) => chosen.has(action)) }));
        if (!saved) return;
        sheet.close();
        this.app.say(t("roleSaved"), "good");
        await this.page.loadRoles();
      },
    },
      !role && field(t("roleName"), name),
      h("fieldset", { class: "question" }, h("legend", {}, t("roleMay")), h("div", { class: "big-choices" }, actions.map((action) => {
        const isCarried = !chosen.has(action) && whole(chosen, carried).has(action);
        return h("label", { class: "choice" }, h("input", { type: "checkbox", id: `act-${action}`, checked: chosen.has(action) || isCarried, disabled: fixed || isCarried,
          onchange: (event) => { if (event.target.checked) chosen.add(action); else chosen.delete(action); } }), h("span", {}, t(`act_${action}`)));
      }))),
      !fixed && h("div", { class: "row" }, h("button", { class: "main big", type: "submit", disabled: this.app.isAway() }, t("save")),
        role && h("button", { type: "button", class: "danger", id: "role-forget", onclick: async () => {
          if (await choose(t("roleForget"), role.name, [[t("roleForget"), "yes", "danger"], [t("cancel"), null, "main"]]) !== "yes") return;
          if (!await this.app.attempt(() => request("DELETE", `/api/v1/roles/${encodeURIComponent(role.name)}`))) return;
          sheet.close();
          await this.page.loadRoles();
        } }, t("roleForget")))));
  }
}

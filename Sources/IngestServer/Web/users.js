import { h } from "./dom.js";
import { get, post, request } from "./api.js";
import { t } from "./i18n.js";
import { empty, field, pill } from "./parts.js";
import { Sheet, choose } from "./sheet.js";
import { awaited, firstOf } from "./long.js";
import { roleText, scopeKinds, scopeText } from "./roles.js";
import { openSessionsOf, resetFactors } from "./security.js";

/** What is given beside roles; each of the others is given by a role. */
const rights = ["stock", "prices", "erp", "imports", "users"];

/**
 * Names of one kind to tick, with a field for another.
 * @param {ScopeKind} kind
 * @param {Set<string>} chosen
 * @param {string[]} known
 */
function places(kind, chosen, known) {
  const names = [...new Set([...known, ...chosen])].sort();
  return h("fieldset", { class: "question" }, h("legend", {}, t(`scope_${kind}`)), h("div", { class: "big-choices" }, names.map((name) =>
    h("label", { class: "choice" }, h("input", { type: "checkbox", checked: chosen.has(name), onchange: (event) => { if (event.target.checked) chosen.add(name); else chosen.delete(name); } }), h("span", {}, name)))));
}

/** The people: how they sign in and what they may do. */
export class Users {
  /** @param {import("./audit.js").Audit} page */
  constructor(page) {
    this.page = page;
    this.app = page.app;
    /** @type {User[] | null} */
    this.list = null;
    /** @type {RoleList | null} Which roles and places there are. */
    this.told = null;
    this.clear();
  }

  clear() { this.list = null; this.told = null; }

  async load() {
    const [list, told] = await Promise.all([this.app.attempt(() => get("/api/v1/users")), this.app.attempt(() => get("/api/v1/roles"))]);
    if (!list || !told) return;
    this.list = list;
    this.told = told;
    this.app.refresh("audit");
  }

  draw() {
    if (this.list === null) return awaited(this.app);
    return [
      h("div", { class: "row" }, h("button", { class: "main", id: "add-user", onclick: () => this.edit(null) }, t("userAdd"))),
      this.list.length === 0 ? empty(t("noUsers"), "", "audit") : h("ul", { class: "deliveries", id: "users" }, firstOf("users", this.list, (user) => h("li", {}, h("button", { id: `user-${user.id}`, onclick: () => this.edit(user) },
        h("span", { class: "top" }, h("strong", {}, user.name), user.pinLocked && pill(t("pinLocked"), "wait"), user.disabled ? pill(t("userDisabled"), "bad") : pill(t("userActive"), "good")),
        h("span", { class: "soft" }, [user.hasPassword && t("password"), user.hasPin && t("pin"), user.hasBadge && t("badge")].filter(Boolean).join(" · ") || t("userNoKey")),
        h("span", { class: "soft" }, [user.roles.map(roleText).join(", ") || t("noRole"), ...user.rights.map((right) => t(`act_${right}`)), scopeText(user.scope)].filter(Boolean).join(" · ")))), () => this.app.refresh("audit"))),
    ];
  }

  /** @param {User | null} user */
  edit(user) {
    const fields = {
      password: h("input", { type: "password", autocomplete: "new-password", minlength: 10, maxlength: 200, placeholder: user?.hasPassword ? t("keyUnchanged") : "" }),
      pin: h("input", { inputmode: "numeric", autocomplete: "off", pattern: "[0-9]{4,12}", maxlength: 12, class: "secret", placeholder: user?.hasPin ? t("keyUnchanged") : "" }),
      badge: h("input", { autocomplete: "off", maxlength: 64, placeholder: user?.hasBadge ? t("keyUnchanged") : t("badgeHint") }),
    };
    // A scanner ends with Enter: that is not yet saving.
    fields.badge.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    const name = h("input", { maxlength: 60, required: true, autocomplete: "off", value: user?.name ?? "", disabled: Boolean(user) });
    const chosen = new Set(user?.rights ?? []);
    const roles = new Set(user?.roles ?? ["staff"]);
    const scope = /** @type {Record<ScopeKind, Set<string>>} */ (Object.fromEntries(scopeKinds.map((kind) => [kind, new Set(user?.scope[kind] ?? [])])));
    const offered = scopeKinds.filter((kind) => (this.told?.scopes[kind]?.length ?? 0) + scope[kind].size > 0);
    // A stranger who knew the old password may have made tokens: they end with it, unless somebody says that they are known.
    const keeps = user?.hasPassword && user.id !== this.app.person?.id && h("input", { type: "checkbox", id: "keep-tokens" });
    const all = [...new Set([...rights, ...chosen])];
    /** @param {object} body */
    const send = async (body) => {
      const saved = await this.app.attempt(() => (user ? request("PUT", `/api/v1/users/${user.id}`, body) : post("/api/v1/users", body)));
      if (!saved) return;
      sheet.close();
      this.app.say(t("noteSaved"), "good");
      await this.load();
    };
    /** @param {"pin" | "badge"} key */
    const drop = (key) => h("button", { type: "button", id: `drop-${key}`, onclick: () => send({ [key]: "" }) }, t(`drop_${key}`));
    const sheet = new Sheet(user ? user.name : t("userAdd"), () => h("form", {
      class: "stack",
      onsubmit: (event) => {
        event.preventDefault();
        /** @type {Record<string, unknown>} */
        const body = { rights: all.filter((right) => chosen.has(right)), roles: [...roles], scope: Object.fromEntries(scopeKinds.map((kind) => [kind, [...scope[kind]]])) };
        if (!user) body.name = name.value.trim();
        for (const [key, input] of Object.entries(fields)) if (input.value.trim()) body[key] = input.value.trim();
        if (keeps && keeps.checked && body.password) body.keepTokens = true;
        send(body);
      },
    },
      !user && field(t("userName"), name),
      field(t("passwordNew"), fields.password),
      keeps && h("div", {}, h("label", { class: "choice" }, keeps, h("span", {}, t("keepTokens"))), h("p", { class: "soft" }, t("passwordResetHint"))),
      field(t("pinLabel"), fields.pin), field(t("badgeLabel"), fields.badge),
      h("fieldset", { class: "question" }, h("legend", {}, t("roles")), h("div", { class: "big-choices" }, (this.told?.roles ?? []).map((role) =>
        h("label", { class: "choice" }, h("input", { type: "checkbox", id: `has-${role.name}`, checked: roles.has(role.name), onchange: (event) => { if (event.target.checked) roles.add(role.name); else roles.delete(role.name); } }), h("span", {}, roleText(role.name)))))),
      h("details", { open: chosen.size > 0 }, h("summary", {}, t("moreRights")), h("div", { class: "big-choices" }, all.map((right) =>
        h("label", { class: "choice" }, h("input", { type: "checkbox", id: `right-${right}`, checked: chosen.has(right), onchange: (event) => { if (event.target.checked) chosen.add(right); else chosen.delete(right); } }), h("span", {}, t(`act_${right}`)))))),
      offered.length > 0 && h("details", { id: "scope", open: scopeText(user?.scope) !== "" }, h("summary", {}, t("scope")), h("p", { class: "soft" }, t("scopeHint")), offered.map((kind) => places(kind, scope[kind], this.told?.scopes[kind] ?? []))),
      user && (user.hasPin || user.hasBadge) && h("div", { class: "row" }, user.hasPin && drop("pin"), user.hasBadge && drop("badge")),
      user && h("div", { class: "row" }, h("button", { type: "button", id: "user-sessions", onclick: () => openSessionsOf(this.app, user) }, t("sessions")),
        h("button", { type: "button", id: "user-factors", onclick: () => resetFactors(this.app, user) }, t("factorReset"))),
      h("div", { class: "row" }, h("button", { class: "main big", type: "submit" }, t("save")),
        user && user.id !== this.app.person?.id && h("button", { type: "button", class: user.disabled ? "" : "danger", id: "user-disable", onclick: async () => {
          if (user.disabled || await choose(t("userDisableTitle", { who: user.name }), t("userDisableText"), [[t("userDisable"), "yes", "danger"], [t("cancel"), null, "main"]]) === "yes") send({ disabled: !user.disabled });
        } }, t(user.disabled ? "userEnable" : "userDisable")))));
  }
}

// How one signs in: second factors, and where one is signed in.

import { h } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, when } from "./i18n.js";
import { field, pill } from "./parts.js";
import { Sheet, choose } from "./sheet.js";
import { helpLink } from "./help.js";
import { hasPasskeys, makePasskey } from "./passkey.js";

/**
 * Does what asks for a secret that was shown lately; where it was not, the password is asked for once more.
 * @template T
 * @param {App} app
 * @param {() => Promise<T>} body
 * @returns {Promise<T | undefined>}
 */
const proven = (app, body) => app.attempt(async () => {
  try { return await body(); } catch (error) {
    if (error.code !== "show-again") throw error;
    return await askPassword(app) ? await body() : undefined;
  }
});

/**
 * @param {App} app
 * @returns {Promise<boolean>} whether it was shown
 */
function askPassword(app) {
  return new Promise((resolve) => {
    let shown = false;
    const password = h("input", { type: "password", autocomplete: "current-password", maxlength: 200, required: true, "data-first": true });
    const sheet = new Sheet(t("showAgain"), () => h("form", {
      class: "stack", id: "show-again",
      onsubmit: async (event) => {
        event.preventDefault();
        const done = await app.attempt(() => post("/api/v1/me/factors/shown", { password: password.value }));
        password.value = "";
        if (!done) return;
        shown = true;
        sheet.close();
      },
    }, h("p", {}, t("showAgainWhy")), field(t("passwordOld"), password), h("div", { class: "row" }, h("button", { class: "main big", type: "submit" }, t("confirm")))), { closed: () => resolve(shown) });
  });
}

/**
 * What is to be copied now, and never again.
 * @param {App} app
 * @param {string} id
 * @param {string} text
 */
export function copied(app, id, text) {
  const area = h("textarea", { id, class: "mono", readonly: true, rows: Math.min(12, text.split("\n").length), "aria-label": t("copyOnce"), onfocus: (event) => event.target.select() }, text);
  // Over plain http a browser has no clipboard for pages: then it is marked and copied by hand.
  const copy = async () => { try { await navigator.clipboard.writeText(text); app.say(t("hookCopied"), "good"); } catch { area.focus(); } };
  return [area, h("div", { class: "row" }, h("button", { id: `${id}-copy`, type: "button", onclick: copy }, t("hookCopy")))];
}

/**
 * @param {App} app
 * @param {Session} session
 * @param {() => void} end
 */
const sessionLine = (app, session, end) => h("li", { class: "panel row" },
  h("span", {}, h("strong", {}, session.browser ?? t("sessionUnknown")), h("span", { class: "soft" }, ` ${[session.source, session.station, session.proof && t(`proof_${session.proof}`)].filter(Boolean).join(" · ")}`),
    h("br"), h("span", { class: "soft" }, t("sessionSeen", { since: when(session.created), seen: when(session.seen) }))),
  session.current ? pill(t("sessionThis"), "good") : h("button", { class: "push", id: `end-${session.id}`, disabled: app.isAway(), onclick: end }, t("sessionEnd")));

/** Second factors and sessions of who is signed in. */
class Security {
  /**
   * @param {App} app
   * @param {Person} person
   * @param {() => void} [done] called when the first factor is there, of somebody who has to have one
   */
  constructor(app, person, done) {
    this.app = app;
    this.person = person;
    this.done = done;
    this.hadDone = false;
    /** @type {SecondFactors | null} */
    this.factors = null;
    /** @type {Session[] | null} */
    this.sessions = null;
    this.sheet = new Sheet(t("security"), () => this.draw(), { wide: true, closed: () => { if (this.hadDone) done?.(); } });
    this.load();
  }

  async load() {
    const both = await this.app.attempt(async () => ({ factors: await get("/api/v1/me/factors"), sessions: this.done ? [] : await get("/api/v1/me/sessions") }));
    if (!both || !this.sheet.isOpen) return;
    this.factors = both.factors;
    this.sessions = both.sessions;
    this.sheet.show(() => this.draw());
  }

  /** @returns {Child} */
  draw() {
    if (!this.factors || !this.sessions) return h("p", { class: "quiet" }, "…");
    const { code, passkeys, recovery } = this.factors;
    const away = this.app.isAway();
    const isAny = code !== undefined || passkeys.length > 0;
    return [
      h("section", { class: "stack", id: "factors" }, h("h3", {}, t("secondFactor")), h("p", { class: "soft" }, t("secondFactorHint"), " ", helpLink("signin")),
        h("div", { class: "row" }, h("strong", {}, t("factorApp")), code === undefined ? pill(t("factorNone")) : pill(t("factorSince", { when: when(code) }), "good"),
          h("button", { id: "app-set-up", class: isAny ? "" : "main", disabled: away, onclick: () => this.setUpApp() }, t(code === undefined ? "factorSetUp" : "factorAnother")),
          code !== undefined && h("button", { id: "app-remove", disabled: away, onclick: () => this.remove("/api/v1/me/factors/code") }, t("factorRemove"))),
        h("h4", {}, t("passkeys")),
        passkeys.length > 0 && h("ul", { class: "deliveries" }, passkeys.map((one) => h("li", { class: "panel row" }, h("span", {}, h("strong", {}, one.name), h("span", { class: "soft" }, ` ${one.site} · ${one.used === undefined ? t("passkeyUnused") : t("passkeyUsed", { when: when(one.used) })}`)),
          h("button", { class: "push", id: `passkey-${one.id}`, disabled: away, onclick: () => this.remove(`/api/v1/me/factors/passkeys/${one.id}`) }, t("factorRemove"))))),
        hasPasskeys() ? h("div", { class: "row" }, h("button", { id: "passkey-add", disabled: away, onclick: () => this.addPasskey() }, t("passkeyAdd"))) : h("p", { class: "soft" }, t("passkeyNeedsTLS")),
        isAny && h("div", { class: "row" }, h("span", {}, t("recoveryLeft", { n: recovery })), h("button", { id: "recovery-new", disabled: away, onclick: () => this.renew() }, t("recoveryNew")))),
      !this.done && h("section", { class: "stack", id: "sessions" }, h("div", { class: "row" }, h("h3", {}, t("sessions")), this.sessions.length > 1 && h("button", { class: "push", id: "end-others", disabled: away, onclick: () => this.endOthers() }, t("sessionsEnd"))),
        h("ul", { class: "deliveries" }, this.sessions.map((session) => sessionLine(this.app, session, async () => { if (await this.app.attempt(() => request("DELETE", `/api/v1/me/sessions/${session.id}`))) this.load(); })))),
    ];
  }

  async setUpApp() {
    const made = await proven(this.app, () => post("/api/v1/me/factors/code"));
    if (!made) return;
    const code = h("input", { id: "app-code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 12, required: true, "data-first": true });
    this.sheet.show(() => h("form", {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        const confirmed = await this.app.attempt(() => request("PUT", "/api/v1/me/factors/code", { code: code.value.trim() }));
        code.value = "";
        if (confirmed) this.added(confirmed.recovery);
      },
    }, h("p", {}, t("appHint")), h("img", { class: "qr", width: 240, height: 240, alt: t("appPicture"), src: `data:image/svg+xml;base64,${btoa(made.picture)}` }),
      h("p", { class: "soft" }, t("appTyped"), " ", h("span", { class: "mono", id: "app-secret" }, made.secret.replace(/(.{4})/g, "$1 ").trim())), field(t("codeLabel"), code),
      h("div", { class: "row" }, h("button", { class: "main big", type: "submit" }, t("confirm")), h("button", { type: "button", onclick: () => this.load() }, t("cancel")))));
  }

  addPasskey() {
    const name = h("input", { id: "passkey-name", maxlength: 60, required: true, autocomplete: "off", "data-first": true });
    this.sheet.show(() => h("form", {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        const asked = await proven(this.app, () => post("/api/v1/me/factors/passkeys/options"));
        const made = asked && await makePasskey(this.app, asked, this.person);
        const kept = made && await this.app.attempt(() => post("/api/v1/me/factors/passkeys", { name: name.value.trim(), ...made }));
        if (kept) this.added(kept.recovery);
      },
    }, h("p", {}, t("passkeyHint")), field(t("passkeyName"), name), h("div", { class: "row" }, h("button", { class: "main big", type: "submit" }, t("passkeyMake")), h("button", { type: "button", onclick: () => this.load() }, t("cancel")))));
  }

  async renew() {
    if (await choose(t("recoveryNew"), t("recoveryNewText"), [[t("recoveryNew"), "yes"], [t("cancel"), null, "main"]]) !== "yes") return;
    const made = await proven(this.app, () => post("/api/v1/me/factors/recovery"));
    if (made) this.added(made.recovery);
  }

  /**
   * A factor is there; recovery codes are shown once, where there are new ones.
   * @param {string[]} recovery
   */
  added(recovery) {
    this.hadDone = true;
    if (recovery.length === 0) { if (this.done) this.sheet.close(); else this.load(); this.app.say(t("noteSaved"), "good"); return; }
    this.sheet.show(() => h("div", { class: "stack", id: "recovery" }, h("h3", {}, t("recoveryCodes")), h("p", {}, t("recoveryHint")), copied(this.app, "recovery-codes", recovery.join("\n")),
      h("div", { class: "row" }, h("button", { class: "main big", id: "recovery-kept", onclick: () => { if (this.done) this.sheet.close(); else this.load(); } }, t("recoveryKept")))));
  }

  /** @param {"/api/v1/me/factors/code" | `/api/v1/me/factors/passkeys/${number}`} path */
  async remove(path) {
    if (await choose(t("factorRemove"), t("factorRemoveText"), [[t("factorRemove"), "yes", "danger"], [t("cancel"), null, "main"]]) !== "yes") return;
    if (await proven(this.app, () => request("DELETE", path))) { this.app.say(t("noteSaved"), "good"); this.load(); }
  }

  async endOthers() {
    const done = await this.app.attempt(() => request("DELETE", "/api/v1/me/sessions"));
    if (done) { this.app.say(t("sessionsEnded", { n: done.ended }), "good"); this.load(); }
  }
}

/**
 * @param {App} app
 * @param {Person} [person] where they have to set one up before they are in
 * @param {() => void} [done]
 */
export function openSecurity(app, person = app.person ?? undefined, done) {
  if (person) new Security(app, person, done);
}

/**
 * Where somebody else is signed in, for those who keep people.
 * @param {App} app
 * @param {User} user
 */
export async function openSessionsOf(app, user) {
  const list = await app.attempt(() => get(`/api/v1/users/${user.id}/sessions`));
  if (!list) return;
  let sessions = list;
  const sheet = new Sheet(`${t("sessions")} · ${user.name}`, () => sessions.length === 0 ? h("p", {}, t("sessionsNone"), " ", helpLink("signin")) : [
    h("ul", { class: "deliveries" }, sessions.map((session) => sessionLine(app, session, async () => {
      if (await app.attempt(() => request("DELETE", `/api/v1/users/${user.id}/sessions/${session.id}`))) { sessions = sessions.filter((one) => one !== session); sheet.draw(); }
    }))),
    h("div", { class: "row" }, h("button", { id: "end-all", onclick: async () => {
      const done = await app.attempt(() => request("DELETE", `/api/v1/users/${user.id}/sessions`));
      if (done) { sheet.close(); app.say(t("sessionsEnded", { n: done.ended }), "good"); }
    } }, t("sessionsEnd")))], { wide: true });
}

/**
 * Somebody lost their second factor.
 * @param {App} app
 * @param {User} user
 */
export async function resetFactors(app, user) {
  if (await choose(t("factorResetTitle", { who: user.name }), t("factorResetText"), [[t("factorReset"), "yes", "danger"], [t("cancel"), null, "main"]]) !== "yes") return;
  if (await app.attempt(() => request("DELETE", `/api/v1/users/${user.id}/factors`))) app.say(t("noteSaved"), "good");
}

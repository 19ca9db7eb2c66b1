import { h } from "./dom.js";
import { get, post, request } from "./api.js";
import { plural, t, when, worded } from "./i18n.js";
import { empty, field, pill } from "./parts.js";
import { Sheet, choose } from "./sheet.js";
import { awaited, firstOf } from "./long.js";

/**
 * How a webhook stands.
 * @param {Webhook} hook
 */
export const hookState = (hook) => (hook.disabled ? "off" : hook.failures > 0 ? "failing" : "on");
const styles = { on: "good", failing: "wait", off: "bad" };

/**
 * What the last try came to.
 * @param {Webhook} hook
 */
const answer = (hook) => (hook.answered === undefined ? t("hookNoAnswer") : t("hookAnswer", { when: when(hook.answered), what: worded(hook.sentence ?? "") }));

/** Programs of others that are told what happens, for those who keep them. */
export class Webhooks {
  /** @param {import("./audit.js").Audit} page */
  constructor(page) {
    this.page = page;
    this.app = page.app;
    /** @type {Webhook[] | null} */
    this.list = null;
  }

  clear() { this.list = null; }

  async load() {
    const list = await this.app.attempt(() => get("/api/v1/webhooks"));
    if (!list) return;
    this.list = list;
    this.app.refresh("audit");
  }

  draw() {
    if (this.list === null) return awaited(this.app);
    return [
      h("div", { class: "row" }, h("button", { class: "main", id: "add-hook", disabled: this.app.isAway(), onclick: () => this.edit(null) }, t("hookAdd"))),
      this.list.length === 0 ? empty(t("noHooks"), t("noHooksHint"), "webhooks") : h("ul", { class: "deliveries", id: "hooks" }, firstOf("hooks", this.list, (hook) => h("li", {}, h("button", { id: `hook-${hook.id}`, onclick: () => new HookSheet(this, hook) },
        h("span", { class: "top" }, h("strong", {}, hook.name), pill(t(`hook_${hookState(hook)}`), styles[hookState(hook)])),
        h("span", { class: "soft" }, answer(hook)), hook.dead > 0 && h("span", { class: "lost" }, t("hookDead", { n: hook.dead })))), () => this.app.refresh("audit"))),
    ];
  }

  /**
   * @param {Webhook | null} hook
   * @param {() => void} [done]
   */
  edit(hook, done) {
    const name = h("input", { maxlength: 60, required: true, autocomplete: "off", value: hook?.name ?? "" });
    const url = h("input", { type: "url", maxlength: 2000, required: true, autocomplete: "off", placeholder: "https://", value: hook?.url ?? "" });
    const types = h("textarea", { rows: 3, maxlength: 4000, spellcheck: "false" }, (hook?.types ?? []).join("\n"));
    const personal = h("input", { type: "checkbox", checked: hook?.personal ?? false });
    const sheet = new Sheet(hook ? hook.name : t("hookAdd"), () => h("form", {
      class: "stack", id: "hook-form",
      onsubmit: async (event) => {
        event.preventDefault();
        const body = { name: name.value.trim(), url: url.value.trim(), types: types.value.split(/[\s,]+/).filter(Boolean), personal: personal.checked };
        if (hook) {
          if (!await this.app.attempt(() => request("PUT", `/api/v1/webhooks/${hook.id}`, body))) return;
        } else {
          const made = await this.app.attempt(() => post("/api/v1/webhooks", body));
          if (!made) return;
          sheet.show(() => secretOnce(this.app, made));
          this.load();
          return;
        }
        sheet.close();
        this.app.say(t("noteSaved"), "good");
        await this.load();
        done?.();
      },
    },
      field(t("hookName"), name), field(t("hookURL"), url), field(t("hookTypes"), types), h("p", { class: "soft" }, t("hookTypesHint")),
      h("label", { class: "check" }, personal, h("span", {}, t("hookPersonal"))),
      h("div", { class: "row" }, h("button", { class: "main big", type: "submit" }, t("save")))));
  }
}

/**
 * What is to be copied now, and never again.
 * @param {App} app
 * @param {Webhook & { secret: string }} made
 */
function secretOnce(app, made) {
  const text = h("input", { id: "hook-secret", class: "mono", readonly: true, value: made.secret, onfocus: (event) => event.target.select() });
  // Over plain http a browser has no clipboard for pages: then it is marked and copied by hand.
  const copy = async () => { try { await navigator.clipboard.writeText(made.secret); app.say(t("hookCopied"), "good"); } catch { text.focus(); } };
  return h("div", { class: "stack" }, field(t("hookSecret"), text), h("p", {}, t("hookSecretHint")), h("div", { class: "row" }, h("button", { class: "main", id: "hook-copy", onclick: copy }, t("hookCopy"))),
    made.publicKey && h("p", { class: "soft" }, t("hookPublic"), " ", h("span", { class: "mono" }, made.publicKey)));
}

/** One webhook: how it stands, what it was told, and what can be done. */
export class HookSheet {
  /**
   * @param {Webhooks} hooks
   * @param {Webhook} hook
   */
  constructor(hooks, hook) {
    this.hooks = hooks;
    this.app = hooks.app;
    this.hook = hook;
    /** @type {WebhookDelivery[] | null} */
    this.last = null;
    /** @type {WebhookDelivery[] | null} */
    this.dead = null;
    this.from = h("input", { inputmode: "numeric", pattern: "[0-9]{1,18}", required: true, autocomplete: "off" });
    this.to = h("input", { inputmode: "numeric", pattern: "[0-9]{1,18}", required: true, autocomplete: "off" });
    this.sheet = new Sheet(hook.name, () => this.draw(), { wide: true });
    this.load();
  }

  async load() {
    const { id } = this.hook;
    const both = await this.app.attempt(async () => ({ last: await get(`/api/v1/webhooks/${id}/deliveries?before=`), dead: await get(`/api/v1/webhooks/${id}/deliveries?state=dead`) }));
    await this.hooks.load();
    const now = this.hooks.list?.find((one) => one.id === this.hook.id);
    if (!both || !this.sheet.isOpen) return;
    if (!now) { this.sheet.close(); return; }
    this.hook = now;
    this.last = both.last;
    this.dead = both.dead;
    this.sheet.draw();
  }

  /** @returns {Child} */
  draw() {
    const hook = this.hook;
    const away = this.app.isAway();
    return [
      h("div", { class: "row" }, pill(t(`hook_${hookState(hook)}`), styles[hookState(hook)]), hook.waiting > 0 && h("span", {}, t("hookWaiting", { n: hook.waiting }))),
      hook.why && h("div", { class: `notice ${hook.why === "person" ? "wait" : "bad"}` }, t(`hookwhy_${hook.why}`)),
      h("p", {}, answer(hook)), h("p", { class: "mono" }, hook.url), h("p", { class: "soft" }, hook.types.length === 0 ? t("hookAllTypes") : hook.types.join(", "), hook.personal && ` · ${t("hookPersonal")}`),
      hook.publicKey && h("p", { class: "soft" }, t("hookPublic"), " ", h("span", { class: "mono" }, hook.publicKey)),
      hook.oldKeyUntil !== undefined && hook.oldKeyUntil > Date.now() && h("p", { class: "soft" }, t("hookOldKey", { when: when(hook.oldKeyUntil) })),
      h("div", { class: "row" },
        h("button", { class: "main", id: "hook-test", disabled: away || Boolean(hook.disabled), onclick: () => this.test() }, t("hookTest")),
        h("button", { id: "hook-change", disabled: away, onclick: () => this.hooks.edit(hook, () => this.load()) }, t("hookChange")),
        h("button", { id: "hook-key", disabled: away, onclick: () => this.key() }, t("hookKey")),
        h("button", { id: "hook-turn", disabled: away, onclick: () => this.turn() }, t(hook.disabled ? "hookEnable" : "hookDisable")),
        h("button", { id: "hook-remove", class: "danger", disabled: away, onclick: () => this.remove() }, t("hookRemove"))),
      this.dead !== null && this.dead.length > 0 && h("section", { class: "stack", id: "hook-dead" }, h("div", { class: "row" }, h("h3", {}, t("hookGivenUp")),
        h("button", { class: "push", id: "hook-replay-all", disabled: away, onclick: () => this.replay({ dead: true }) }, t("hookReplayAll"))), this.drawList(this.dead, "dead")),
      h("section", { class: "stack" }, h("h3", {}, t("hookLast")), this.last === null ? h("p", { class: "quiet" }, "…") : this.last.length === 0 ? h("p", { class: "soft" }, t("hookNone")) : this.drawList(this.last, "last")),
      h("details", {}, h("summary", {}, h("strong", {}, t("hookRange"))), h("form", {
        class: "row", onsubmit: (event) => { event.preventDefault(); this.replay({ from: Number(this.from.value), to: Number(this.to.value) }); },
      }, field(t("hookFrom"), this.from), field(t("hookTo"), this.to), h("button", { type: "submit", disabled: away }, t("hookReplay")))),
    ];
  }

  /**
   * @param {WebhookDelivery[]} list
   * @param {string} name
   * @returns {HTMLElement}
   */
  drawList(list, name) {
    return h("ul", { class: "plain call-list" }, firstOf(`hook-${name}`, list, (one) => h("li", {},
      h("div", { class: "grow" }, h("strong", {}, one.type), " ", one.subject, " ", pill(t(`hookstate_${one.state}`), { waiting: "wait", done: "good", dead: "bad" }[one.state]),
        h("div", { class: "soft" }, [`${one.seq}`, when(one.at), one.attempts > 0 && plural("hookTries", one.attempts), one.sentence && worded(one.sentence), one.milliseconds !== undefined && `${one.milliseconds} ms`].filter(Boolean).join(" · "))),
      one.state !== "waiting" && h("button", { class: "small", id: `replay-${name}-${one.seq}`, disabled: this.app.isAway(), onclick: () => this.replay({ from: one.seq, to: one.seq }) }, t("hookReplay"))), () => this.sheet.draw()));
  }

  /** @param {object} body */
  async replay(body) {
    const done = await this.app.attempt(() => post(`/api/v1/webhooks/${this.hook.id}/replay`, body));
    if (!done) return;
    this.sheet.say(t("hookReplayed", { n: done.queued }));
    await this.load();
  }

  /** Sends one, and waits a while for what it comes to. */
  async test() {
    const sent = await this.app.attempt(() => post(`/api/v1/webhooks/${this.hook.id}/test`));
    if (!sent) return;
    this.sheet.say(t("hookTestSent"));
    for (let round = 0; round < 20 && this.sheet.isOpen; round++) {
      await new Promise((go) => setTimeout(go, 1000));
      if (!this.sheet.isOpen) return;
      await this.load();
      const one = this.last?.find((other) => other.seq === sent.seq);
      if (!one || one.attempts === 0) continue;
      this.sheet.say(`${t(`hookstate_${one.state}`)} · ${worded(one.sentence ?? "")}`);
      return;
    }
    this.sheet.say(t("hookTestLate"));
  }

  async key() {
    const name = { name: this.hook.name };
    if (await choose(t("hookKeyTitle", name), t("hookKeyText"), [[t("hookKeyDo"), "yes", "danger"], [t("cancel"), null, "main"]]) !== "yes") return;
    const made = await this.app.attempt(() => post(`/api/v1/webhooks/${this.hook.id}/key`, {}));
    if (made) new Sheet(this.hook.name, () => secretOnce(this.app, made), { closed: () => this.load() });
  }

  async turn() {
    if (await this.app.attempt(() => request("PUT", `/api/v1/webhooks/${this.hook.id}`, { disabled: !this.hook.disabled }))) await this.load();
  }

  async remove() {
    if (await choose(t("hookRemoveTitle", { name: this.hook.name }), t("hookRemoveText"), [[t("hookRemove"), "yes", "danger"], [t("cancel"), null, "main"]]) !== "yes") return;
    if (!await this.app.attempt(() => request("DELETE", `/api/v1/webhooks/${this.hook.id}`))) return;
    this.sheet.close();
    await this.hooks.load();
  }
}

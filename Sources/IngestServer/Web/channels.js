// In which ways a person is told while no page is open, and who is on duty.

import { h } from "./dom.js";
import { get, post, request } from "./api.js";
import { plural, t, when, worded } from "./i18n.js";
import { field, pill } from "./parts.js";
import { helpAside } from "./help.js";
import { Sheet } from "./sheet.js";

/**
 * Those that are typed; a browser subscribes by itself.
 * @type {Record<string, { type: string, placeholder: string }>}
 */
const typed = {
  email: { type: "email", placeholder: "prenom@example.com" }, sms: { type: "tel", placeholder: "06 12 34 56 78" },
  ntfy: { type: "text", placeholder: "depot-4f2a9c" }, gotify: { type: "text", placeholder: "AbCdEf123" },
};

/**
 * A key in base64url as a browser's subscription wants it.
 * @param {string} text
 */
export function keyBytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer | null} buffer */
const written = (buffer) => (buffer ? btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : "");

/** Whether this browser can be told by its push service: it needs a safe address, and the worker of the pages. */
const canPush = () => "serviceWorker" in navigator && "PushManager" in window && window.isSecureContext;

/** The channels of a person, and what this site offers. */
export class Channels {
  /**
   * @param {App} app
   * @param {ChannelList} list
   * @param {() => void} changed
   */
  constructor(app, list, changed) { this.app = app; this.list = list; this.changed = changed; }

  /** Kinds of which they have one. */
  get kinds() { return this.list.offers.filter((kind) => this.list.channels.some((one) => one.kind === kind)); }

  async load() {
    const list = await this.app.attempt(() => get("/api/v1/channels"));
    if (!list) return;
    this.list = list;
    this.changed();
  }

  draw() {
    const { offers, channels } = this.list;
    const away = this.app.isAway();
    return h("section", { class: "stack", id: "channels" }, h("h3", {}, t("channels")), h("p", { class: "soft" }, t(offers.length === 0 ? "channelsNone" : "channelsHint"), " ", helpAside("told")),
      channels.length > 0 && h("ul", { class: "plain call-list" }, channels.map((one) => this.drawOne(one))),
      offers.length > 0 && h("div", { class: "row" }, offers.filter((kind) => kind !== "push" || canPush()).map((kind) => h("button", { type: "button", class: "small", id: `channel-add-${kind}`, disabled: away, onclick: () => (kind === "push" ? this.subscribe() : this.ask(kind)) }, t(`channelAdd_${kind}`)))),
      offers.includes("push") && !canPush() && h("p", { class: "soft" }, t("channelNoPush")),
      h("div", { class: "row" }, h("button", { type: "button", class: "small", id: "duty", disabled: away, onclick: () => openDuty(this.app) }, t("duty"))));
  }

  /** @param {NoticeChannel} one */
  drawOne(one) {
    const away = this.app.isAway();
    return h("li", { id: `channel-${one.id}` }, h("div", { class: "grow" }, h("strong", {}, t(`channel_${one.kind}`)), ` ${one.address} `, one.failures > 0 && pill(t("channelFails"), "wait"),
      one.failures > 0 && one.sentence && h("div", { class: "lost" }, worded(one.sentence)),
      h("div", { class: "soft" }, [one.answered === undefined ? t("channelNever") : t("channelLast", { when: when(one.answered) }), one.waiting > 0 && plural("channelWaiting", one.waiting), one.dead > 0 && plural("channelDead", one.dead)].filter(Boolean).join(" · "))),
    h("span", { class: "row" }, h("button", { type: "button", class: "small", id: `channel-test-${one.id}`, disabled: away, onclick: () => this.test(one) }, t("channelTest")),
      h("button", { type: "button", class: "small", id: `channel-remove-${one.id}`, disabled: away, "aria-label": `${t("channelRemove")}: ${one.address}`, title: t("channelRemove"), onclick: () => this.remove(one) }, "✕")));
  }

  /** @param {NoticeChannel} one */
  async test(one) {
    if (!await this.app.attempt(() => post(`/api/v1/channels/${one.id}/test`))) return;
    this.app.say(t("channelTested"), "good");
    // What came of it stands beside it in a moment.
    setTimeout(() => this.load(), 2500);
  }

  /** @param {NoticeChannel} one */
  async remove(one) {
    if (await this.app.attempt(() => request("DELETE", `/api/v1/channels/${one.id}`))) await this.load();
  }

  /** @param {string} kind */
  ask(kind) {
    const { type, placeholder } = typed[kind] ?? { type: "text", placeholder: "" };
    const address = h("input", { type, required: true, maxlength: 254, autocomplete: "off", spellcheck: "false", placeholder, id: "channel-address" });
    const sheet = new Sheet(t(`channelAdd_${kind}`), () => h("form", { class: "stack", id: "channel-form", onsubmit: async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      if (!await this.app.attempt(() => post("/api/v1/channels", { kind, address: address.value.trim() }))) return;
      sheet.close();
      await this.load();
    } }, field(t(`channelAsk_${kind}`), address), h("p", { class: "soft" }, t(`channelHint_${kind}`)), h("button", { class: "main", type: "submit" }, t("save"))));
  }

  /** This browser, by its push service. */
  async subscribe() {
    const key = this.list.pushKey;
    if (!key) return;
    try {
      const worker = await navigator.serviceWorker.ready;
      if (await Notification.requestPermission() !== "granted") { this.app.say(t("channelDenied"), "bad"); return; }
      const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyBytes(key) });
      const body = { kind: "push", endpoint: made.endpoint, p256dh: written(made.getKey("p256dh")), auth: written(made.getKey("auth")) };
      if (await this.app.attempt(() => post("/api/v1/channels", body))) await this.load();
    } catch { this.app.say(t("channelNoService"), "bad"); }
  }
}

/** @param {number} minute of the day */
const clock = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
/** @param {string} text */
const minute = (text) => { const [hours, minutes] = text.split(":").map(Number); return Number.isInteger(hours) && Number.isInteger(minutes) ? hours * 60 + minutes : 0; };

/**
 * Who is on duty, in their order. Whoever keeps the people changes it.
 * @param {App} app
 */
async function openDuty(app) {
  const found = await app.attempt(() => get("/api/v1/duty"));
  if (!found) return;
  const may = app.may("users");
  const rows = found.duty.map((one) => ({ ...one }));
  const days = [0, 1, 2, 3, 4, 5, 6];
  const sheet = new Sheet(t("duty"), () => h("form", { class: "stack", id: "duty-form", onsubmit: async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (!await app.attempt(() => request("PUT", "/api/v1/duty", { duty: rows.map(({ user, days: on, from, until }) => ({ user, days: on, from, until })) }))) return;
    sheet.close();
    app.say(t("noteSaved"), "good");
  } }, h("p", { class: "soft" }, t("dutyHint", { n: found.minutes }), " ", helpAside("told")),
  rows.length === 0 && h("p", { id: "duty-none" }, t("dutyNone")),
  rows.map((row, index) => h("fieldset", { class: "question", disabled: !may }, h("legend", {}, `${index + 1}. ${row.name}`),
    h("div", { class: "row" }, days.map((day) => h("label", { class: "check" }, h("input", { type: "checkbox", checked: (row.days & (1 << day)) !== 0, onchange: (/** @type {Event} */ event) => { row.days = /** @type {HTMLInputElement} */ (event.target).checked ? row.days | (1 << day) : row.days & ~(1 << day); } }), h("span", {}, t(`dutyDay_${day}`))))),
    h("div", { class: "row" }, field(t("preferFrom"), h("input", { type: "time", required: true, value: clock(row.from), onchange: (/** @type {Event} */ event) => { row.from = minute(/** @type {HTMLInputElement} */ (event.target).value); } })),
      field(t("preferUntil"), h("input", { type: "time", required: true, value: clock(row.until), onchange: (/** @type {Event} */ event) => { row.until = minute(/** @type {HTMLInputElement} */ (event.target).value); } })),
      may && h("button", { type: "button", class: "small", "aria-label": `${t("channelRemove")}: ${row.name}`, onclick: () => { rows.splice(index, 1); sheet.draw(); } }, "✕")))),
  may && h("div", { class: "row" }, (() => {
    /** @type {HTMLSelectElement} */
    const who = h("select", { id: "duty-add", "aria-label": t("dutyAdd"), onchange: () => {
      const one = found.people.find(({ id }) => String(id) === who.value);
      if (!one) return;
      rows.push({ user: one.id, name: one.name, days: 31, from: 480, until: 1080 });
      sheet.draw();
    } }, h("option", { value: "" }, t("dutyAdd")), found.people.map(({ id, name }) => h("option", { value: String(id) }, name)));
    return who;
  })()),
  may && h("button", { class: "main", type: "submit", id: "duty-save" }, t("save"))), { wide: true });
}

/**
 * What is wrong now and was noticed by looking (`NoticeDesk`): how it is called, and where one sees to it.
 * @param {Notice} one
 * @returns {{ text: string, page: PageName | undefined } | undefined}
 */
export function watched(one) {
  const data = one.data ?? {};
  switch (one.kind) {
    case "delivery-overdue": return { text: t("noticeOverdue", { note: data.note ?? one.subject, day: data.expected ?? "" }), page: "receiving" };
    case "unknown-tags": return { text: t("noticeUnknownTags", { zone: data.zone ?? one.subject, n: data.count ?? 0 }), page: "receiving" };
    case "reader-fault": return { text: t("noticeReader", { device: one.subject }), page: "gateways" };
    case "buffer-filling": return { text: t("noticeBuffer", { agent: data.agent ?? one.subject, n: data.share ?? 0 }), page: "gateways" };
    case "key-expiring": return { text: t("noticeKey", { name: data.name ?? one.subject, when: data.ends ? when(data.ends) : "" }), page: undefined };
    case "finding": return { text: t("noticeFinding", { who: data.agent ?? "Quai", what: worded(data.title ?? one.subject) }), page: "repairs" };
    case "channel-dead": return { text: t("noticeChannel", { name: data.name ?? "", channel: t(`channel_${data.channel ?? "email"}`) }), page: undefined };
    default: return undefined;
  }
}

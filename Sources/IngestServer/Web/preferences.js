// What a person wants to be told, and what of it is heard.

import { h } from "./dom.js";
import { get, request } from "./api.js";
import { t, lang } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { field } from "./parts.js";
import { notify } from "./notify.js";
import { placeOf, sign } from "./inbox.js";
import { Channels } from "./channels.js";

/** What came before is no news: milliseconds. */
const fresh = 60000;

/** The newest fact that was told aloud. */
let heard = 0;
/** Choices may have been changed at another machine: how long they are believed, in milliseconds. */
const kept = 300000;

/** @type {{ person: number, at: number, wanted: InboxPreferences } | null} */
let known = null;

/**
 * Whether nothing is heard in this minute of the day; the time may go over midnight.
 * @param {InboxPreferences} wanted
 * @param {number} minute
 */
export function isQuiet({ quietFrom, quietUntil }, minute) {
  if (quietFrom === undefined || quietUntil === undefined) return false;
  return quietFrom <= quietUntil ? quietFrom <= minute && minute < quietUntil : quietFrom <= minute || minute < quietUntil;
}

/** @param {number} minute of the day, as a field for times has it */
const clockOf = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/**
 * @param {string} text
 * @returns {number | undefined}
 */
export function minuteOf(text) {
  const [hours, minutes] = text.split(":").map(Number);
  return text && Number.isInteger(hours) && Number.isInteger(minutes) ? hours * 60 + minutes : undefined;
}

/** @param {App} app */
async function wanted(app) {
  const person = app.person?.id ?? 0;
  if (known?.person !== person || Date.now() - known.at > kept) known = { person, at: Date.now(), wanted: await get(`/api/v1/inbox/preferences?lang=${lang()}`) };
  return known.wanted;
}

/**
 * More waits than before: the newest is told aloud, where its person wants it, by the one of their browsers that was used last.
 * @param {App} app
 */
export async function tellNews(app) {
  if (!app.calls.loud || !app.person) return;
  try {
    const { entries } = await get(`/api/v1/inbox?lang=${lang()}&limit=20&read=0`);
    const now = Date.now() + app.calls.skew;
    const news = entries.filter((one) => one.seq > heard && now - one.at <= fresh);
    if (news.length === 0) return;
    heard = Math.max(...news.map((one) => one.seq));
    const wishes = await wanted(app);
    const loud = news.filter((one) => wishes.types.find(({ type }) => type === one.type)?.sound);
    const newest = loud.find((one) => one.priority === "critical") ?? loud[0];
    const today = new Date();
    if (!newest || isQuiet(wishes, today.getHours() * 60 + today.getMinutes())) return;
    app.play("notice");
    app.announce(newest.title, newest.priority === "critical");
    notify("inbox", newest.title, newest.body ?? "", () => {
      if (!newest.link) return;
      const { page, ref } = placeOf(newest.link);
      app.go(page, ref);
    });
  } catch { /* the bell counts it all the same */ }
}

/** @param {App} app */
export async function openPreferences(app) {
  known = null;
  const wishes = await app.attempt(() => wanted(app));
  const list = wishes && await app.attempt(() => get("/api/v1/channels"));
  if (!wishes || !list) return;
  /** @type {Sheet} */
  let sheet;
  const ways = new Channels(app, list, () => sheet.draw());
  const rows = wishes.types.map((one) => ({
    one,
    web: h("input", { type: "checkbox", checked: one.web, disabled: one.fixed, "aria-label": `${t("preferTold")}: ${one.name}` }),
    sound: h("input", { type: "checkbox", checked: one.sound, "aria-label": `${t("preferHeard")}: ${one.name}` }),
    by: Object.fromEntries(list.offers.map((kind) => [kind, h("input", { type: "checkbox", checked: one.channels.includes(kind), "aria-label": `${t(`channel_${kind}`)}: ${one.name}` })])),
  }));
  const loud = h("input", { type: "checkbox", id: "prefer-loud", checked: wishes.loud });
  /** @type {HTMLSelectElement} */
  const digest = h("select", { id: "prefer-digest", "aria-label": t("preferDigest") }, h("option", { value: "" }, t("preferDigestNone")), Array.from({ length: 24 }, (_, hour) => h("option", { value: String(hour), selected: wishes.digest === hour }, t("preferDigestAt", { n: hour }))));

  const from = h("input", { type: "time", id: "quiet-from", value: wishes.quietFrom === undefined ? "" : clockOf(wishes.quietFrom) });
  const until = h("input", { type: "time", id: "quiet-until", value: wishes.quietUntil === undefined ? "" : clockOf(wishes.quietUntil) });
  sheet = new Sheet(t("prefer"), () => [ways.draw(), h("form", {
    class: "stack", onsubmit: async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const saved = await app.attempt(() => request("PUT", "/api/v1/inbox/preferences", {
        // Of a way that is not offered now the choice of before stays.
        types: rows.map(({ one, web, sound, by }) => ({ type: one.type, web: web.checked, sound: sound.checked, channels: [...one.channels.filter((kind) => !by[kind]), ...list.offers.filter((kind) => by[kind]?.checked)] })),
        quietFrom: minuteOf(from.value) ?? null, quietUntil: minuteOf(until.value) ?? null, loud: loud.checked, digest: digest.value === "" ? null : Number(digest.value),
      }));
      if (!saved) return;
      known = { person: app.person?.id ?? 0, at: Date.now(), wanted: saved };
      sheet.close();
      app.say(t("noteSaved"), "good");
    },
  }, h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("prefer") }, h("table", { id: "preferences" }, h("thead", {}, h("tr", {}, h("th", {}, t("preferType")), h("th", {}, t("preferTold")), h("th", {}, t("preferHeard")), ways.kinds.map((kind) => h("th", {}, t(`channel_${kind}`))))),
    h("tbody", {}, rows.map(({ one, web, sound, by }) => h("tr", {}, h("td", {}, sign(one.priority), " ", one.name), h("td", {}, web), h("td", {}, sound), ways.kinds.map((kind) => h("td", {}, by[kind]))))))),
  h("fieldset", { class: "question" }, h("legend", {}, t("preferQuiet")), h("div", { class: "row" }, field(t("preferFrom"), from), field(t("preferUntil"), until)), h("p", { class: "soft" }, t("preferQuietHint")),
    ways.kinds.length > 0 && h("label", { class: "check" }, loud, h("span", {}, t("preferLoud")))),
  ways.kinds.includes("email") && h("fieldset", { class: "question" }, h("legend", {}, t("preferDigest")), digest, h("p", { class: "soft" }, t("preferDigestHint"))),
  h("button", { class: "main", type: "submit", id: "prefer-save" }, t("save")))], { wide: true });
}

// What a person wants to be told, and what of it is heard.

import { h } from "./dom.js";
import { get, request } from "./api.js";
import { t, lang } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { field } from "./parts.js";
import { notify } from "./notify.js";
import { placeOf, sign } from "./inbox.js";

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
  if (!wishes) return;
  const rows = wishes.types.map((one) => ({
    one,
    web: h("input", { type: "checkbox", checked: one.web, disabled: one.fixed, "aria-label": `${t("preferTold")}: ${one.name}` }),
    sound: h("input", { type: "checkbox", checked: one.sound, "aria-label": `${t("preferHeard")}: ${one.name}` }),
  }));
  const from = h("input", { type: "time", id: "quiet-from", value: wishes.quietFrom === undefined ? "" : clockOf(wishes.quietFrom) });
  const until = h("input", { type: "time", id: "quiet-until", value: wishes.quietUntil === undefined ? "" : clockOf(wishes.quietUntil) });
  const sheet = new Sheet(t("prefer"), () => h("form", {
    class: "stack", onsubmit: async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const saved = await app.attempt(() => request("PUT", "/api/v1/inbox/preferences", {
        types: rows.map(({ one, web, sound }) => ({ type: one.type, web: web.checked, sound: sound.checked })), quietFrom: minuteOf(from.value) ?? null, quietUntil: minuteOf(until.value) ?? null,
      }));
      if (!saved) return;
      known = { person: app.person?.id ?? 0, at: Date.now(), wanted: saved };
      sheet.close();
      app.say(t("noteSaved"), "good");
    },
  }, h("table", { id: "preferences" }, h("thead", {}, h("tr", {}, h("th", {}, t("preferType")), h("th", {}, t("preferTold")), h("th", {}, t("preferHeard")))),
    h("tbody", {}, rows.map(({ one, web, sound }) => h("tr", {}, h("td", {}, sign(one.priority), " ", one.name), h("td", {}, web), h("td", {}, sound))))),
  h("fieldset", { class: "question" }, h("legend", {}, t("preferQuiet")), h("div", { class: "row" }, field(t("preferFrom"), from), field(t("preferUntil"), until)), h("p", { class: "soft" }, t("preferQuietHint"))),
  h("button", { class: "main", type: "submit", id: "prefer-save" }, t("save"))));
}

// A dock's screen at its sign-in: it waits for a badge at its reader, question after question.

import { Refusal } from "./api.js";
import { t } from "./i18n.js";

/** Between two questions where the server does not answer, in milliseconds. */
const rest = 3000;
let waits = false;

/**
 * One question; given up as soon as somebody is signed in here or the page shows something else, so that a badge takes nobody's place.
 * @param {() => boolean} isAsked
 * @returns {Promise<Person | ScreenWait>}
 */
async function ask(isAsked) {
  const stop = new AbortController();
  const watch = setInterval(() => { if (!isAsked()) stop.abort(); }, 300);
  try {
    const response = await fetch("/api/v1/screen/wait", { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: "{}", signal: stop.signal });
    const answer = await response.json();
    if (!response.ok) throw new Refusal(response.status, answer);
    return answer;
  } finally { clearInterval(watch); }
}

/** @param {HTMLElement | null} hint @param {string} text */
const say = (hint, text) => { if (hint) hint.textContent = text; };

/**
 * Goes on until somebody is signed in, or the page shows something else.
 * @param {App} app
 * @param {string} zone
 * @param {{ entered(person: Person): void, needsPin(person: { id: number, name: string }): void, again(): void }} door
 * @returns {Promise<void>}
 */
export async function standAtScreen(app, zone, door) {
  const hint = () => document.getElementById("screen-hint");
  say(hint(), t("boundScreenWaits", { zone }));
  if (waits) return;
  waits = true;
  try {
    while (!app.person && hint()) {
      try {
        const answer = await ask(() => !app.person && hint() !== null);
        if (app.person) return;
        if ("name" in answer) return door.entered(answer);
        if (answer.state === "stranger") {
          app.say(t("badgeNobody"), "bad");
          // Pallets that go by are many; a badge that is shown meanwhile is kept for two seconds.
          await new Promise((done) => setTimeout(done, 1000));
        }
        // Another tab of this screen: this one goes on when it is looked at again.
        if (answer.state === "replaced") { say(hint(), t("boundScreenPaused")); return document.addEventListener("visibilitychange", () => standAtScreen(app, zone, door), { once: true }); }
        say(hint(), t("boundScreenWaits", { zone }));
      } catch (error) {
        if (app.person || !hint()) return;
        if (error.code === "pin-needed") return door.needsPin(error.problem);
        if (error.code === "screen-ended") return door.again();
        if (error.status !== undefined && error.code !== "too-many-tries") app.say(error.status === 401 ? t("code_sign-in-refused") : t(`code_${error.code}`), "bad");
        await new Promise((done) => setTimeout(done, error.status === undefined ? rest : 1000));
      }
    }
  } finally { waits = false; }
}

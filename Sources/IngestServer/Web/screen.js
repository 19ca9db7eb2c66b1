// A dock's screen at its sign-in: it waits for a badge at its reader, question after question.

import { post } from "./api.js";
import { t } from "./i18n.js";

/** Between two questions where the server does not answer, in milliseconds. */
const rest = 3000;
let waits = false;

/** @param {HTMLElement | null} hint @param {string} text */
const say = (hint, text) => { if (hint) hint.textContent = text; };

/**
 * Goes on until somebody is signed in, or the page shows something else.
 * @param {App} app
 * @param {string} zone
 * @param {{ entered(person: Person): void, needsPin(person: { id: number, name: string }): void, ended(): void }} door
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
        const answer = await post("/api/v1/screen/wait");
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
        if (error.code === "pin-needed") return door.needsPin(error.problem);
        if (error.code === "screen-ended") return door.ended();
        if (error.status !== undefined && error.code !== "too-many-tries") app.say(error.status === 401 ? t("code_sign-in-refused") : t(`code_${error.code}`), "bad");
        await new Promise((done) => setTimeout(done, error.status === undefined ? rest : 1000));
      }
    }
  } finally { waits = false; }
}

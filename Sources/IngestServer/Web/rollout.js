// A version on its way to the gateways: begun, looked at, paused, given up, taken back.

import { h } from "./dom.js";
import { get, post } from "./api.js";
import { t, when, worded, addWords } from "./i18n.js";
import { empty, field, pill } from "./parts.js";
import { Sheet, choose } from "./sheet.js";
import { rolling } from "./words-rollout.js";

// No page but the gateways' has a use for them.
addWords(rolling);

/** How often it is looked at anew while it is open, in milliseconds. */
const pause = 5000;
/** @type {Record<string, string>} */
const styles = { running: "wait", paused: "wait", stopped: "bad", done: "good", abandoned: "wait", waiting: "wait", ordered: "wait", watched: "wait", good: "good", failed: "bad", skipped: "wait" };
/** @type {Record<string, ("pause" | "resume" | "abandon")[]>} */
const deeds = { running: ["pause", "abandon"], paused: ["resume", "abandon"], stopped: ["resume", "abandon"] };
/** @type {Record<string, string>} */
const labels = { pause: "rolloutPause", resume: "rolloutResume", abandon: "rolloutAbandon" };

/**
 * What is typed as names.
 * @param {string} text
 */
export const names = (text) => text.split(/[\s,;]+/).filter(Boolean);

/** @param {App} app */
export async function openRollout(app) {
  const first = await app.attempt(() => get("/api/v1/rollouts"));
  if (!first) return;
  /** @type {Rollout | undefined} */
  let rollout = first[0];
  const may = app.may("gateways.update");
  const isOver = () => !rollout || rollout.state === "done" || rollout.state === "abandoned";
  /** @param {Promise<Rollout>} deed */
  const take = async (deed) => { const next = await app.attempt(() => deed); if (next) { rollout = next; sheet.show(draw); } };
  const back = async () => {
    if (!rollout) return;
    const answer = await choose(t("rolloutBackTitle", { v: rollout.version }), t("rolloutBackText"), [[t("rolloutBack"), "yes", "danger"], [t("cancel"), null]]);
    if (answer === "yes") take(post("/api/v1/rollouts/back"));
  };
  /** @returns {Child} */
  const draw = () => [
    h("p", { class: "soft" }, t("rolloutHint")),
    rollout ? standing(rollout) : empty(t("rolloutNone"), "", "gateways"),
    may && isOver() && form(),
  ];
  /**
   * @param {Rollout} one
   * @returns {Child}
   */
  const standing = (one) => h("section", { class: "stack", id: "rollout-standing", "data-state": one.state },
    h("div", { class: "row" }, h("h3", {}, one.back ? t("rolloutBackFrom", { v: one.version }) : one.version), pill(t(`rollout_${one.state}`), styles[one.state] ?? "wait"), h("span", { class: "soft" }, t("rolloutBy", { who: one.who, when: when(one.begun) }))),
    may && h("div", { class: "row" }, (deeds[one.state] ?? []).map((deed) => h("button", { id: `rollout-${deed}`, class: deed === "resume" ? "main" : "", disabled: app.isAway(), onclick: () => take(post(`/api/v1/rollouts/${deed}`)) }, t(labels[deed] ?? ""))),
      !one.back && h("button", { id: "rollout-back", class: "danger push", disabled: app.isAway(), onclick: back }, t("rolloutBack"))),
    h("ul", { class: "deliveries", id: "rollout-members" }, one.members.map((member) => h("li", { class: "panel row", "data-member": member.name },
      h("span", {}, h("strong", {}, member.name), " ", h("span", { class: "soft" }, member.wave ? t("rolloutWaveN", { n: member.wave }) : t("rolloutFirst"), " · ", t("rolloutTarget", { v: member.target })),
        member.rule && h("span", { class: "why" }, h("br"), t(`rule_${member.rule}`), member.evidence && h("span", { class: "soft" }, ` (${worded(member.evidence)})`))),
      h("span", { class: "push" }, pill(t(`rolled_${member.state}`), styles[member.state] ?? "wait"))))));
  const form = () => {
    const version = h("input", { id: "rollout-version", maxlength: 64, pattern: "[0-9][0-9A-Za-z.+~\\-]*", required: true, autocomplete: "off", title: t("rolloutVersionHint"), placeholder: "0.1.1", "data-first": true });
    const sites = h("input", { id: "rollout-sites", maxlength: 600, autocomplete: "off", title: t("rolloutNames") });
    const canaries = h("input", { id: "rollout-canaries", maxlength: 600, autocomplete: "off", title: t("rolloutNames") });
    /** @type {(id: string, value: number, min: number, max: number) => HTMLInputElement} */
    const count = (id, value, min, max) => h("input", { id, type: "number", inputmode: "numeric", min, max, value, required: true });
    const [wave, watch, patience] = [count("rollout-wave", 10, 1, 500), count("rollout-watch", 10, 3, 1440), count("rollout-patience", 20, 5, 1440)];
    return h("form", {
      class: "stack", id: "rollout-form",
      onsubmit: (event) => {
        event.preventDefault();
        take(post("/api/v1/rollouts", { version: version.value.trim(), sites: names(sites.value), canaries: names(canaries.value), wave: Number(wave.value), watch: Number(watch.value), patience: Number(patience.value) }));
      },
    }, field(t("rolloutVersion"), version), field(t("rolloutSites"), sites), field(t("rolloutCanaries"), canaries), field(t("rolloutWave"), wave), field(t("rolloutWatch"), watch), field(t("rolloutPatience"), patience),
      h("div", { class: "row" }, h("button", { class: "main big", type: "submit", disabled: app.isAway() }, t("rolloutStart"))));
  };
  /** @type {Sheet} */
  const sheet = new Sheet(t("rollout"), draw, { wide: true, closed: () => clearInterval(look) });
  const look = setInterval(async () => {
    if (isOver() || app.isAway()) return;
    const next = await get("/api/v1/rollouts").catch(() => undefined);
    // Whoever stands on a button keeps it: only what changed is drawn.
    if (next && JSON.stringify(next[0]) !== JSON.stringify(rollout)) { rollout = next[0]; sheet.draw(); }
  }, pause);
}

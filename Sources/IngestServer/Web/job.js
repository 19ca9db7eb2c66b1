// What every page may say of a job for the ERP; the page of the ERP itself is `erp.js`.

import { h } from "./dom.js";
import { t, worded } from "./i18n.js";
import { jobStyles } from "./parts.js";

/**
 * Why it does not go: what it waits for in the reader's language, otherwise what was said, in other words where it is ours.
 * @param {Job} job
 */
export function jobSays(job) {
  if (job.fault === "after") return t("jobAfter", { what: jobName(job.after ?? "") });
  if (job.fault === "written") return t("jobWritten");
  if (job.fault === "late") return t("jobLate");
  if (job.fault === "stale") return [t("jobStale"), worded(job.sentence)].filter(Boolean).join(" ");
  return worded(job.sentence);
}

/**
 * A key of either form: `quai/01KB…/reception/17`, `quai/reception/17`.
 * @param {string} key
 */
export function jobName(key) {
  const [, kind, subject] = key.replace(/^quai\/[0-9A-Z]{26}\//, "quai/").match(/^quai\/([a-z]+)\/(.*)$/) ?? [];
  return kind ? `${t(`jobkind_${kind}`)} ${subject}` : key;
}

/**
 * @param {App} app
 * @param {number} id
 * @param {Job} [known]
 */
export function openJob(app, id, known) {
  if (!app.may("erp")) { app.say(t("needsRight"), "bad"); return; }
  app.erp.open(id, known);
}

/**
 * What became of a closed delivery in the ERP, on its own page.
 * @param {App} app
 * @param {Job} job
 */
export const drawJobState = (app, job) => h("div", { class: `notice ${jobStyles[job.state] ?? "wait"}`, id: "erp-job" },
  h("div", { class: "row" }, h("strong", {}, t(`push_${job.state}`) === `push_${job.state}` ? job.state : t(`push_${job.state}`, { remote: job.remote ?? "" })), jobSays(job) && job.state !== "done" && h("span", {}, jobSays(job)),
    app.may("erp") && h("button", { class: "push", id: "see-job", onclick: () => openJob(app, job.id) }, t("details"))));

import { h, replace } from "./dom.js";
import { get, post } from "./api.js";
import { t, has, when, number, plural, worded } from "./i18n.js";
import { empty, pill, jobStyles } from "./parts.js";
import { link } from "./facts.js";
import { helpLink } from "./help.js";
import { jobSays, openJob } from "./job.js";
import { JobSheet } from "./erp-job.js";
import { awaited, firstOf } from "./long.js";

/** @type {Record<string, string>} */
const styles = { ok: "good", unreachable: "bad", refused: "bad", off: "" };

/**
 * What kind of fault it is; one that nobody has named as it stands.
 * @param {string} kind
 */
export const faultName = (kind) => (has(`fault_${kind}`) ? t(`fault_${kind}`) : kind);

/**
 * What became of a call to the ERP: `200`, or `rule: The server …`.
 * @param {string | undefined} outcome
 */
export function outcomeSays(outcome) {
  const [, kind, sentence] = outcome?.match(/^([a-z-]+): ([^]*)$/) ?? [];
  return kind && has(`fault_${kind}`) ? t("titled", { title: faultName(kind), what: worded(sentence) }) : outcome;
}

/** The connection to the ERP and what waits for it. */
export class ERP {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {number | null | undefined} */
    this.timer = null;
    /** @type {Connection | null} */
    this.data = null;
    /** @type {Job[]} */
    this.jobs = [];
    this.state = "waiting";
    /** @type {JobSheet | null} */
    this.sheet = null;
    this.clear();
  }

  clear() {
    clearTimeout(this.timer ?? undefined);
    this.timer = null;
    this.data = null;
    this.jobs = [];
    this.state = "waiting";
  }

  async load() {
    if (this.app.page !== "erp") { this.data = null; return; }
    const state = this.state;
    const [data, jobs] = await Promise.all([this.app.attempt(() => get("/api/v1/erp")), this.app.attempt(() => get(`/api/v1/erp/jobs?state=${state}`))]);
    // What needs somebody comes first.
    const first = data && !this.data && !data.counts?.waiting && (data.counts?.dead ?? 0) > 0;
    if (data) this.data = data;
    if (first && state === "waiting") { this.state = "dead"; await this.load(); return; }
    if (jobs && state === this.state) this.jobs = jobs;
    this.app.refresh("erp");
  }

  arrive() { this.load(); }

  /**
   * One job, whatever page is shown.
   * @param {number} id
   * @param {Job} [known]
   */
  open(id, known) { this.sheet = new JobSheet(this.app, id, known); }

  /**
   * At most once a second: a queue that empties says much.
   * @param {MessageOf<"erp">} message
   */
  message({ data }) {
    if (data?.job !== undefined) this.sheet?.changed(data.job);
    if (this.app.page !== "erp") return;
    this.timer ??= setTimeout(() => { this.timer = null; this.load(); }, 1000);
  }

  /** @param {HTMLElement} main */
  draw(main) {
    const data = this.data;
    if (!data) { replace(main, awaited(this.app)); return; }
    if (!data.configured) { replace(main, h("div", { class: "stack" }, h("h1", {}, t("erp")), empty(t("erpOff"), t("erpOffHint"), "erp"))); return; }
    replace(main, h("div", { class: "stack" }, h("h1", {}, t("erp")), this.drawState(data), this.drawQueue(data)));
  }

  /** @param {Connection} data */
  drawState(data) {
    const pulled = data.pulled;
    const may = this.app.may("erp");
    return h("section", { class: "panel stack" },
      h("div", { class: "row" }, h("h2", {}, [data.kind === "files" ? t("erpFiles") : data.kind, data.version, data.door && `(${data.door})`].filter(Boolean).join(" ")), pill(t(`erpis_${data.state}`), styles[data.state]),
        data.since !== undefined && h("span", { class: "soft" }, t("since", { when: when(data.since) })), data.url && h("span", { class: "soft push" }, link(data.url, data.url))),
      data.sentence && h("div", { class: `notice ${data.state === "ok" ? "" : "bad"}` }, worded(data.sentence), data.state !== "ok" && [" ", helpLink("erp")]),
      (data.remarks ?? []).map((text) => h("p", { class: "soft" }, worded(text))),
      h("div", { class: "row" }, pulled?.at !== undefined && h("span", { class: "soft" }, t("erpPulled", { products: number(pulled.products), parties: number(pulled.parties), receipts: number(pulled.receipts), when: when(pulled.at) })),
        data.kind !== "files" && h("button", { class: "push", id: "erp-pull", disabled: this.app.isAway() || !may, title: may ? null : t("needsRight"), onclick: async () => { if (await this.app.attempt(() => post("/api/v1/erp/pull"))) this.app.say(t("erpPulling"), "good"); } }, t("erpPull"))));
  }

  /** @param {Connection} data */
  drawQueue(data) {
    const counts = data.counts ?? {};
    /** @param {string} state */
    const tab = (state) => h("button", { class: "chip", id: `jobs-${state}`, "aria-pressed": String(this.state === state), onclick: () => { this.state = state; this.jobs = []; this.load(); } },
      t(`jobs_${state}`), counts[state] !== undefined && h("span", { class: `count ${state === "dead" ? "" : "calm"}` }, number(counts[state])));
    return h("section", { class: "panel stack" }, h("h2", {}, t("erpQueue")),
      h("div", { class: "chips", role: "group" }, ["waiting", "dead", "done"].map(tab)),
      counts.running > 0 && h("p", { class: "soft" }, plural("jobsRunning", counts.running)),
      this.jobs.length === 0 ? h("p", { class: "soft" }, t(`noJobs_${this.state}`), " ", helpLink("erp"))
        : h("ul", { class: "deliveries", id: "jobs" }, firstOf("jobs", this.jobs, (job) => h("li", {}, h("button", { id: `job-${job.id}`, onclick: () => openJob(this.app, job.id, job) },
          h("span", { class: "top" }, h("strong", {}, job.title || job.subject), pill(t(`job_${job.state}`), jobStyles[job.state])),
          h("span", { class: "soft" }, [t(`jobkind_${job.kind}`), job.who, when(job.done ?? job.created), job.attempts > 1 && plural("attempts", job.attempts), job.state === "waiting" && job.due && t("jobDue", { when: when(job.due) }), job.remote].filter(Boolean).join(" · ")),
          jobSays(job) && h("span", { class: job.state === "done" ? "soft" : "lost" }, jobSays(job)))), () => this.app.refresh("erp"))));
  }
}

import { h } from "./dom.js";
import { helpAside } from "./help.js";
import { get, post } from "./api.js";
import { t, when, number, plural } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { field, pill, jobStyles } from "./parts.js";
import { faultName, outcomeSays } from "./erp.js";
import { jobSays, openJob } from "./job.js";
import { completion } from "./picker.js";

/**
 * How the server names the article of a line.
 * @param {JobLine} line
 */
export const articleOf = (line) => line.gtin || (line.product ? `#erp:${line.product}` : "");

/**
 * Whether a call changes something in the ERP.
 * @param {JobCall} call
 */
const writes = (call) => (typeof call.written === "boolean" ? pill(t(call.written ? "callWrites" : "callReads"), call.written ? "wait" : "") : call.written ? h("span", { class: "mono soft" }, call.written) : null);
/** @param {unknown} value */
const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** One thing for the ERP: what was asked of it, what it said, and what can be done now. */
export class JobSheet {
  /**
   * @param {App} app
   * @param {number} id
   * @param {Job} [known]
   */
  constructor(app, id, known) {
    this.app = app;
    this.id = id;
    /** @type {Job | null} */
    this.job = known ?? null;
    /** @type {JobCall[] | null} */
    this.plan = null;
    /** @type {Set<string>} */
    this.accepted = new Set();
    this.reason = h("input", { maxlength: 200, autocomplete: "off", required: true });
    this.sheet = new Sheet(known?.title || t("erpJob"), () => this.draw(), { wide: true, closed: () => { if (app.erp.sheet === this) app.erp.sheet = null; } });
    this.load();
  }

  async load() {
    const job = await this.app.attempt(() => get(`/api/v1/erp/jobs/${this.id}`));
    if (!job || !this.sheet.isOpen) return;
    this.job = job;
    this.sheet.draw();
  }

  /** @param {Job} job */
  changed(job) { if (job.id === this.id) this.load(); }

  draw() {
    const job = this.job;
    if (!job) return h("p", { class: "quiet" }, "…");
    const away = this.app.isAway();
    return [
      h("div", { class: "row" }, pill(t(`job_${job.state}`), jobStyles[job.state]), h("span", {}, t(`jobkind_${job.kind}`)),
        h("span", { class: "soft" }, [job.who, job.station, when(job.created), job.reason && `« ${job.reason} »`].filter(Boolean).join(" · "))),
      jobSays(job) && h("div", { class: `notice ${job.state === "done" ? "good" : job.fault === "after" ? "wait" : "bad"}`, id: "job-says" }, jobSays(job), job.state === "dead" && [" ", helpAside("erp")],
        job.afterJob !== undefined && h("button", { class: "small", id: "job-after", onclick: () => { this.sheet.close(); openJob(this.app, /** @type {number} */ (job.afterJob)); } }, t("jobSeeAfter"))),
      job.state === "dead" && job.kind !== "call" && job.kind !== "party" && job.kind !== "file" && this.drawLines(job),
      h("p", { class: "soft" }, [plural("attempts", job.attempts ?? 0), job.fault && job.fault !== "after" && t("jobFault", { fault: faultName(job.fault) }), job.state === "waiting" && job.due && t("jobDue", { when: when(job.due) }), job.remote && t("jobRemote", { name: job.remote })].filter(Boolean).join(" · ")),
      this.drawLeft(job),
      this.drawAccept(job),
      job.state !== "done" && h("div", { class: "row" },
        h("button", { class: "main", id: "job-retry", disabled: away, onclick: () => this.retry() }, t("jobRetry")),
        job.kind !== "file" && h("button", { id: "job-dry", disabled: away, onclick: () => this.dry() }, t("jobDry"))),
      this.plan && h("section", { class: "stack", id: "job-plan" }, h("h3", {}, t("jobPlan")), h("p", { class: "soft" }, t("jobPlanHint")),
        this.plan.length === 0 ? h("p", {}, t("jobPlanEmpty")) : h("ol", { class: "calls" }, this.plan.map((call) => h("li", {}, h("strong", {}, call.summary), " ", writes(call), call.body !== undefined && call.body !== null && h("pre", {}, pretty(call.body)))))),
      job.calls !== undefined && job.calls.length > 0 && h("section", { class: "stack" }, h("h3", {}, t("jobCalls")), h("ol", { class: "calls" }, job.calls.map((call) => h("li", {}, h("strong", {}, call.summary), " ",
        h("span", { class: "soft" }, [call.at !== undefined && when(call.at), outcomeSays(call.outcome), call.milliseconds !== undefined && `${number(call.milliseconds)} ms`].filter(Boolean).join(" · ")), " ", writes(call))))),
      job.payload !== undefined && h("details", {}, h("summary", {}, h("strong", {}, t("jobPayload"))), h("pre", {}, pretty(job.payload))),
      job.state !== "done" && h("details", {}, h("summary", {}, h("strong", {}, t("jobDrop"))), h("form", {
        class: "stack",
        onsubmit: async (event) => {
          event.preventDefault();
          if (await this.app.attempt(() => post(`/api/v1/erp/jobs/${this.id}/drop`, { reason: this.reason.value.trim() }))) { this.sheet.close(); this.app.erp.load(); }
        },
      }, h("p", {}, t("jobDropHint")), field(t("reason"), this.reason), h("button", { class: "danger", type: "submit", disabled: away }, t("jobDrop")))),
    ];
  }

  /**
   * Its lines, each of which can be left out or given another article.
   * @param {Job} job
   */
  drawLines(job) {
    const lines = [...(job.payload?.lines ?? []), ...(job.payload?.damaged ?? [])];
    const away = this.app.isAway();
    return lines.length > 0 && h("details", { id: "job-lines", open: lines.length <= 20 }, h("summary", {}, h("strong", {}, t("jobLines"))), h("p", { class: "soft" }, t("jobLinesHint")),
      h("ul", { class: "plain" }, lines.slice(0, 200).map((line, index) => {
        const article = articleOf(line);
        return h("li", { class: "row" }, h("span", { class: "grow" }, h("span", { class: "mono" }, line.gtin || line.product || ""), line.lot && ` ${t("lotNumber", { lot: line.lot })}`, ` × ${number(line.quantity ?? line.counted)}`),
          h("button", { class: "small", id: `leave-${index}`, disabled: away, onclick: () => this.mend({ leave: article, lot: line.lot }) }, t("jobLeave")),
          h("button", { class: "small", id: `choose-${index}`, disabled: away, onclick: () => this.choose(article) }, t("jobChoose")));
      })));
  }

  /** @param {object} body */
  async mend(body) {
    if (!await this.app.attempt(() => post(`/api/v1/erp/jobs/${this.id}/mend`, body))) return;
    this.app.say(t("jobMended"), "good");
    await this.load();
  }

  /**
   * Which article of the ERP a line is.
   * @param {string} article
   */
  choose(article) {
    const sheet = new Sheet(t("jobChoose"), () => completion(this.app, {
      kinds: ["product"], label: t("searchProduct"), found: (one) => { sheet.close(); this.mend({ article, product: one.ref }); },
    }).node);
  }

  /**
   * What was left out of it, and why.
   * @param {Job} job
   */
  drawLeft(job) {
    const left = job.payload?.left ?? [];
    return left.length > 0 && h("section", { class: "notice wait", id: "job-left" }, h("strong", {}, t("jobLeft")), h("ul", { class: "plain" }, left.map((one) =>
      h("li", {}, `${one.description || one.gtin} × ${number(one.quantity)}`, " ", h("span", { class: "soft" }, t(one.why === "lot" ? "jobLeftLot" : one.why === "damaged" ? "jobLeftDamaged" : "jobLeftPerson", { who: one.who ?? "" }))))));
  }

  /**
   * What the ERP asks to be agreed to before it goes on.
   * @param {Job} job
   */
  drawAccept(job) {
    const names = job.accept ?? [];
    return names.length > 0 && job.state !== "done" && h("fieldset", { class: "question" }, h("legend", {}, t("jobAccept")), h("div", { class: "big-choices" }, names.map((name) =>
      h("label", { class: "choice" }, h("input", { type: "checkbox", checked: this.accepted.has(name), onchange: (event) => { if (event.target.checked) this.accepted.add(name); else this.accepted.delete(name); } }), h("span", {}, name.replace(/^[0-9a-f]{16,}\./, ""))))));
  }

  async retry() {
    const body = this.accepted.size ? { accept: [...this.accepted] } : {};
    if (!await this.app.attempt(() => post(`/api/v1/erp/jobs/${this.id}/retry`, body))) return;
    this.app.erp.load();
    await this.load();
  }

  async dry() {
    const answer = await this.app.attempt(() => post(`/api/v1/erp/jobs/${this.id}/dry`));
    if (!answer) return;
    this.plan = answer.calls ?? [];
    this.sheet.draw();
  }
}

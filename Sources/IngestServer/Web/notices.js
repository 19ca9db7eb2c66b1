import { h } from "./dom.js";
import { get, post } from "./api.js";
import { t, when, amount, worded } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { openJob } from "./job.js";
import { firstOf } from "./long.js";

/** What somebody should see to: stock that is low, counts that are due. */
export class Notices {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Notice[]} */
    this.list = [];
    /** @type {Sheet | null} */
    this.sheet = null;
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  clear() { this.list = []; }

  async load() {
    // An addition to the page, not a reason to complain.
    const list = await get("/api/v1/notices").catch(() => null);
    if (!list || !this.app.person) return;
    this.list = list;
    this.app.drawTools();
    if (this.sheet?.isOpen) this.sheet.draw();
  }

  message() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 500);
  }

  open() {
    this.sheet = new Sheet(t("notices"), (sheet) => (this.list.length === 0 ? h("p", {}, t("noNotices"))
      : h("ul", { class: "plain call-list", id: "notices" }, firstOf("notices", this.list, (one) => this.drawNotice(one, sheet), () => sheet.draw()))));
  }

  /**
   * @param {Notice} one
   * @param {Sheet} sheet
   */
  drawNotice(one, sheet) {
    const data = one.data ?? {};
    const low = one.kind === "low-stock";
    if (one.kind === "push-dead") return this.drawStopped(one, sheet);
    const file = { file: data.file ?? one.subject, refused: data.refused ?? 0, accepted: data.accepted ?? 0, hours: data.hours ?? 0, path: one.subject };
    const text = one.kind === "exchange-refused" ? t("noticeFileRefused", file) : one.kind === "exchange-late" ? t("noticeFileLate", file) : one.kind === "exchange-folder" ? t("noticeFolder", file) : low ? t("noticeLow", { what: data.description ?? one.subject, n: amount(data.quantity, data.unit), minimum: amount(data.minimum, data.unit) })
      : one.kind === "count-due" ? t("noticeDue", { zone: data.zone ?? one.subject, last: data.last ? t("noticeLast", { when: when(data.last) }) : t("noticeNever") }) : `${one.kind} ${one.subject}`;
    return h("li", {}, h("div", { class: "grow" }, h("strong", {}, text), one.kind.startsWith("exchange-") && data.sentence && h("div", { class: "lost" }, data.sentence), h("div", { class: "soft" }, when(one.at))),
      one.kind.startsWith("exchange-") ? null : h("button", { onclick: () => { sheet.close(); if (low) this.app.openRef("product", one.subject); else this.app.go("stocktake"); } }, t(low ? "seeProduct" : "stocktake")),
      h("button", { id: `notice-${one.id}`, disabled: this.app.isAway(), onclick: async () => {
        if (!await this.app.attempt(() => post(`/api/v1/notices/${one.id}/done`))) return;
        this.list = this.list.filter((other) => other.id !== one.id);
        this.app.drawTools();
        sheet.draw();
      } }, t("done")));
  }

  /**
   * What the ERP did not take: whoever did it is named, so that they know.
   * @param {Notice} one
   * @param {Sheet} sheet
   */
  drawStopped(one, sheet) {
    const data = one.data ?? {};
    return h("li", {}, h("div", { class: "grow" }, h("strong", {}, t("noticePush", { kind: t(`jobkind_${data.kind}`), title: data.title ?? one.subject, who: worded(data.who) })),
      h("div", { class: "lost" }, data.fault === "stale" ? t("jobStale") : worded(data.sentence)), h("div", { class: "soft" }, when(one.at))),
    h("button", { onclick: () => {
      sheet.close();
      if (this.app.may("erp") && data.job !== undefined) openJob(this.app, data.job);
      else this.app.go(data.kind === "take" ? "stocktake" : "receiving");
    } }, t("details")));
  }
}

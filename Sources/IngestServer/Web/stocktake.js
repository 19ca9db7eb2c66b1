import { h, replace } from "./dom.js";
import { get, post } from "./api.js";
import { t, when, number, amount, plural } from "./i18n.js";
import { codeText, empty, exportLinks, isOwnCode, pill, plain, radios } from "./parts.js";
import { Sheet, choose } from "./sheet.js";
import { drawHand, drawRemoving, drawHistory, drawRemarks, drawUnknown } from "./decisions.js";
import { LineSheet, lineFor, nameTag } from "./lines.js";
import { completion } from "./picker.js";
import { drawReview, drawToZero, toZero } from "./review.js";
import { drawJobState } from "./job.js";
import { fitted } from "./fit.js";
import { Details, patched } from "./patch.js";
import { cameraButton } from "./doors.js";
import { firstOf } from "./long.js";

/** @type {Partial<Record<Verdict, string>>} */
const marks = { expected: "✓", unknown: "?", removed: "−" };
const styles = { counting: "good", review: "wait", posted: "extra", cancelled: "" };

/** Counting what lies in a zone, and what differs from the book. */
export class StockTakes {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /**
     * Sums, or the whole where it is known.
     * @type {(TakeSums | Take)[]}
     */
    this.list = [];
    /** @type {string[]} */
    this.zones = [];
    /** @type {number | null} */
    this.chosen = null;
    /** @type {Map<number, Take>} */
    this.detail = new Map();
    /** @type {TakeCount | { take: number, refused: string } | null} */
    this.last = null;
    this.filter = "";
    this.onlyDifferences = true;
    /** Whether the running count was opened once: who went back to the list stays there. */
    this.arrived = false;
    /** @type {Set<string>} */
    this.unfolded = new Set();
    this.details = new Details((id) => this.app.attempt(() => get(`/api/v1/takes/${id}`)));
    this.clear();
  }

  clear() {
    this.list = [];
    this.zones = [];
    this.chosen = null;
    this.detail = new Map();
    this.last = null;
    this.filter = "";
    this.onlyDifferences = true;
    this.arrived = false;
    this.unfolded = new Set();
  }

  async load() {
    const data = await this.app.attempt(() => get("/api/v1/takes"));
    if (!data) return;
    this.list = data.takes;
    // Others may have been counted or posted meanwhile: they are read again when chosen.
    const shown = this.chosen === null ? undefined : this.detail.get(this.chosen);
    this.detail = new Map(shown ? [[shown.id, shown]] : []);
    this.zones = this.app.docksFirst(data.zones ?? []);
    // After a reload the count that runs goes on: the one here, one's own, or the only one.
    if (!this.arrived && this.chosen === null) {
      const running = this.list.filter((one) => one.status === "counting" || one.status === "review");
      this.chosen = (running.find((one) => one.zone === this.app.station()) ?? running.find((one) => one.openedBy === this.app.person?.name) ?? (running.length === 1 ? running[0] : undefined))?.id ?? null;
    }
    this.arrived = true;
    if (this.chosen !== null) await this.fetchDetail(this.chosen);
    this.app.refresh("stocktake");
  }

  /** @param {number} id */
  async fetchDetail(id) {
    const detail = await this.details.fetch(id);
    if (detail) this.detail.set(id, detail);
  }

  isAway() { return this.app.isAway(); }

  /** Nothing can be decided here, or not by them. */
  isFixed() { return this.isAway() || !this.app.may("counting.count"); }
  /** @param {Counted | undefined} detail */
  isDone(detail) { return detail?.status !== "counting" && detail?.status !== "review"; }
  /**
   * @param {Counted} detail
   * @param {string} subject
   */
  name(detail, subject) { nameTag(this, detail, subject, `/api/v1/takes/${detail.id}`); }

  /**
   * Sends a decision; the answer is the count as it is then.
   * @param {string} path
   * @param {object} [body]
   */
  async act(path, body) {
    const detail = await this.app.attempt(() => /** @type {Promise<Take>} */ (post(path, body)));
    if (detail?.id !== undefined) this.take(detail);
    return detail;
  }

  /** @param {Take} detail */
  take(detail) {
    detail.erpJob ??= this.detail.get(detail.id)?.erpJob;
    this.list = this.list.some((one) => one.id === detail.id) ? this.list.map((one) => (one.id === detail.id ? detail : one)) : [detail, ...this.list];
    this.detail.set(detail.id, detail);
    this.app.refresh("stocktake");
  }

  /**
   * The stream tells what changed; what is shown and not known whole is read.
   * @param {Messages["take"]} data
   */
  told(data) {
    this.details.touch(data.id);
    const whole = patched(this.detail.get(data.id), data);
    if (whole) { this.take(whole); return; }
    const known = this.list.find((one) => one.id === data.id);
    this.list = known ? this.list.map((one) => (one.id === data.id ? { ...one, ...data } : one)) : [data, ...this.list];
    if (this.chosen !== data.id) this.detail.delete(data.id);
    else this.fetchDetail(data.id).then(() => this.app.refresh("stocktake"));
    this.app.refresh("stocktake");
  }

  /** @param {Job | undefined} job */
  pushed(job) {
    const detail = job?.kind === "take" ? this.detail.get(Number(job.subject)) : undefined;
    if (!detail) return;
    detail.erpJob = job;
    this.app.refresh("stocktake");
  }

  /** @param {MessageOf<"take" | "takecount" | "stray">} message */
  message({ type, data }) {
    if (type === "take") this.told(data);
    else if (type === "takecount" && this.chosen === data.take && this.app.page === "stocktake") {
      this.last = data;
      this.app.play(data.verdict, data.subject);
      this.app.announce(t(`v_${data.verdict === "expected" ? "counted" : data.verdict}`));
      this.app.refresh("stocktake");
    } else if (type === "stray" && data.take && this.chosen === data.take && this.app.page === "stocktake") {
      const refused = t(`refused_${data.reason}`, { what: plain(data.subject) });
      this.last = { take: data.take, refused };
      this.app.play("refused", data.subject);
      this.app.announce(refused);
      this.app.refresh("stocktake");
    }
  }

  /** @param {number} id */
  async choose(id) {
    this.chosen = id;
    this.last = null;
    this.filter = "";
    if (!this.detail.has(id)) await this.fetchDetail(id);
    this.app.refresh("stocktake");
  }

  // MARK: drawing

  /** @param {HTMLElement} main */
  draw(main) {
    const detail = this.chosen !== null ? this.detail.get(this.chosen) : null;
    const scroll = window.scrollY;
    replace(main, h("div", { class: `split ${detail ? "chosen" : ""}` },
      h("aside", { class: "stack" }, h("h1", {}, t("stocktake")),
        this.app.may("counting.count") && h("button", { class: "main big", id: "begin-take", disabled: this.isAway(), onclick: () => this.begin() }, t("takeBegin")),
        this.list.length === 0 ? empty(t("noTakes"), t("noTakesHint"), "stocktake")
          : h("ul", { class: "deliveries" }, firstOf("takes", this.list, (take) => h("li", {}, this.drawChoice(take)), () => this.app.refresh("stocktake")))),
      h("section", { class: "stack", id: "take" }, this.app.gateways.drawRefusals(), detail ? this.drawDetail(detail) : empty(t("chooseTake"), "", "stocktake"))));
    window.scrollTo(0, scroll);
  }

  /** @param {TakeSums} take */
  drawChoice(take) {
    return h("button", { id: `take-${take.id}`, "aria-current": take.id === this.chosen ? "true" : null, onclick: () => this.choose(take.id) },
      h("span", { class: "top" }, h("strong", {}, take.zone), pill(t(`take_${take.status}`), styles[take.status])),
      h("span", { class: "soft" }, t("takeBy", { who: take.openedBy, when: when(take.openedAt) })),
      h("span", { class: "soft" }, [plural("piecesCounted", take.counted), take.differences !== undefined && plural("differences", take.differences + take.unknown)].filter(Boolean).join(" · ")));
  }

  /** @param {Take} take */
  drawDetail(take) {
    const path = `/api/v1/takes/${take.id}`;
    const counting = take.status === "counting";
    return [
      h("div", { class: "row" },
        h("button", { class: "small only-small", onclick: () => { this.chosen = null; this.app.refresh("stocktake"); } }, `‹ ${t("allTakes")}`),
        h("h1", {}, take.zone), pill(t(`take_${take.status}`), styles[take.status]), take.blind && pill(t("takeBlind")),
        h("span", { class: "soft" }, take.sources?.length ? t("takeSources", { zones: take.sources.join(", ") }) : ""),
        h("div", { class: "row push" }, this.drawActions(take, path))),
      take.closedBy && h("p", { class: "soft" }, t(take.status === "cancelled" ? "takeCancelledBy" : "takePostedBy", { who: take.closedBy, when: when(take.closedAt ?? 0) })),
      take.erpJob && drawJobState(this.app, take.erpJob),
      counting && drawRemoving(take),
      counting && h("div", { class: "total", id: "total" }, fitted(number(take.counted)), h("span", {}, t("countedPieces"))),
      counting && this.drawLast(take),
      !this.isDone(take) && drawHand(this, take, path),
      counting ? this.drawLines(take) : drawReview(this, take),
      drawUnknown(this, take, path, { ignorable: false }),
      drawRemarks(this, take),
      drawHistory(this, take),
    ];
  }

  /**
   * @param {Take} take
   * @param {string} path
   */
  drawActions(take, path) {
    const away = this.isAway();
    const download = this.app.may("exports") && exportLinks(path, "", away);
    if (this.isDone(take) || !this.app.may("counting.count")) return download;
    /** @type {(verb: string, label: string, style?: string) => HTMLElement} */
    const go = (verb, label, style) => h("button", { class: style, id: `take-${verb}`, disabled: away, onclick: () => this.act(`${path}/${verb}`) }, label);
    return [
      take.status === "counting" && cameraButton(this.app, "camera-take"),
      h("button", { id: "take-cancel", class: "danger", disabled: away, onclick: () => this.cancel(path) }, t("takeCancel")),
      take.status === "counting" ? h("div", { class: "row page-foot" }, go("review", t("takeReview"), "main")) : [
        go("resume", t("takeResume")), download,
        h("div", { class: "row page-foot" }, h("button", { class: "main", id: "take-post", disabled: away || !this.app.may("stock.post"), title: this.app.may("stock.post") ? null : t("needsRight"), onclick: () => this.post(take, path) }, t("takePost")))],
    ];
  }

  /** @param {Take} take */
  drawLast(take) {
    const last = this.last?.take === take.id ? this.last : null;
    if (!last) return h("div", { class: "last", id: "last" }, h("span", { class: "soft" }, t("takeWaiting")));
    if ("refused" in last) return h("div", { class: "last unknown", id: "last" }, h("span", { class: "mark", "aria-hidden": "true" }, "✕"), h("span", {}, last.refused));
    const line = take.lines.find((one) => one.gtin === last.gtin);
    return h("div", { class: `last ${last.verdict}`, id: "last" }, h("span", { class: "mark", "aria-hidden": "true" }, marks[last.verdict] ?? "✓"),
      h("span", {}, [t(`v_${last.verdict === "expected" ? "counted" : last.verdict}`), line ? `${line.description || line.gtin} · ${amount(line.counted, line.unit)}` : plain(last.subject)].join(" · ")));
  }

  /**
   * @param {Take} take
   * @param {AnyLine} line
   */
  open(take, line) { return new LineSheet(this, take.id, line, `/api/v1/takes/${take.id}`, line.unlotted ? ["adjust", "lot"] : ["adjust"]); }

  /** @param {Take} take */
  drawLines(take) {
    const guided = take.lines.some((line) => line.expected !== undefined);
    const lines = [...take.lines].sort((a, b) => Number(a.counted > 0) - Number(b.counted > 0) || a.description.localeCompare(b.description));
    const byHand = h("button", { id: "by-hand", disabled: this.isAway(), onclick: () => this.byHand(take) }, t("countByHand"));
    return h("div", { class: "panel stack scroll" }, h("div", { class: "row" }, h("h2", {}, t("articles")), h("span", { class: "push" }, byHand)),
      lines.length === 0 ? h("p", { class: "soft" }, t("nothingCounted")) : h("table", { class: "taps" },
        h("thead", {}, h("tr", {}, h("th", {}, t("article")), guided && h("th", { class: "num" }, t("inBook")), h("th", { class: "num" }, t("counted")))),
        h("tbody", {}, lines.map((line, index) => h("tr", { class: guided && line.counted === line.expected ? "done" : guided && line.counted > (line.expected ?? 0) ? "over" : "", onclick: () => this.open(take, line) },
          h("td", {}, h("button", { class: "line", id: `line-${index}`, "aria-haspopup": "dialog" }, line.description || line.gtin), h("div", { class: "soft mono" }, codeText(line.gtin)),
            isOwnCode(line.gtin) && h("button", { class: "small", id: `hand-${index}`, disabled: this.isAway(), onclick: (event) => { event.stopPropagation(); this.open(take, line).start(); } }, t("keyIn"))),
          guided && h("td", { class: "num" }, amount(line.expected, line.unit)), h("td", { class: "num" }, amount(line.counted, line.unit)))))));
  }

  /**
   * What no reader sees: the product is looked for, then its number is keyed in.
   * @param {Take} take
   */
  byHand(take) {
    const sheet = new Sheet(t("countByHand"), () => completion(this.app, {
      kinds: ["product"], label: t("searchProduct"),
      found: async (one) => { sheet.close(); this.open(take, { counted: 0, ...await lineFor(take.lines, one) }).start(); },
    }).node);
  }

  // MARK: beginning and ending

  begin() {
    /** @type {string | null} */
    let zone = null;
    let blind = "no";
    /** @type {Set<string>} */
    const sources = new Set();
    const sheet = new Sheet(t("takeBegin"), () => h("form", {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        if (!zone) { sheet.say(t("takeZoneNeeded")); return; }
        sources.delete(zone);
        const detail = await this.app.attempt(() => post("/api/v1/takes", { zone, sources: [...sources], blind: blind === "yes" }));
        if (!detail) return;
        sheet.close();
        this.take(detail);
        this.choose(detail.id);
      },
    },
      h("fieldset", { class: "question" }, h("legend", {}, t("takeZone")), radios("take-zone", this.zones.map((name) => [name, name]), zone, (value) => { zone = value; sheet.draw(); })),
      zone && this.zones.length > 1 && h("fieldset", { class: "question" }, h("legend", {}, t("takeOthers")), h("p", { class: "soft" }, t("takeOthersHint")), h("div", { class: "big-choices" }, this.zones.filter((name) => name !== zone).map((name) =>
        h("label", { class: "choice" }, h("input", { type: "checkbox", id: `source-${name}`, checked: sources.has(name), onchange: (event) => { if (event.target.checked) sources.add(name); else sources.delete(name); } }), h("span", {}, name))))),
      h("fieldset", { class: "question" }, h("legend", {}, t("takeKind")), radios("take-blind", [["no", t("takeGuidedLong")], ["yes", t("takeBlindLong")]], blind, (value) => { blind = value; })),
      h("button", { class: "main big", type: "submit", id: "take-start", disabled: this.isAway() }, t("takeStart"))));
  }

  /** @param {string} path */
  async cancel(path) {
    if (await choose(t("takeCancelTitle"), t("takeCancelText"), [[t("takeCancel"), "yes", "danger"], [t("takeGoOn"), null, "main"]]) === "yes") await this.act(`${path}/cancel`);
  }

  /**
   * @param {Take} take
   * @param {string} path
   */
  post(take, path) {
    const reason = h("input", { maxlength: 200, autocomplete: "off", "aria-label": t("reasonOptional"), placeholder: t("reasonOptional") });
    /** @param {boolean} complete */
    const send = async (complete) => {
      if (await this.act(`${path}/post`, { complete, reason: reason.value.trim() || undefined })) { sheet.close(); await this.load(); }
    };
    const silent = take.lines.filter((line) => line.counted === 0 && (line.book ?? 0) > 0).length;
    const loose = take.lines.filter((line) => line.unlotted);
    const sheet = new Sheet(t("takePostTitle", { zone: take.zone }), () => [
      silent > 0 && h("p", {}, plural("takeUncounted", silent)), take.unknown > 0 && h("p", { class: "notice wait" }, plural("takeUnknownLeft", take.unknown)),
      loose.length > 0 && h("p", { class: "notice wait", id: "post-unlotted" }, t("takeUnlotted", { what: loose.map((line) => line.description || line.gtin).join(", ") })), reason,
      // Part or whole is a question only where something was not seen.
      silent === 0 && toZero(take).length === 0 ? h("div", { class: "row" }, h("button", { class: "main big", id: "post-complete", onclick: () => send(true) }, t("takePost"))) : h("div", { class: "big-choices" },
        h("button", { id: "post-partial", onclick: () => send(false) }, h("span", {}, h("strong", {}, t("postPartial")), h("span", { class: "soft block" }, t("postPartialHint")))),
        h("button", { id: "post-complete", onclick: () => send(true) }, h("span", {}, h("strong", {}, t("postComplete")), h("span", { class: "soft block" }, t("postCompleteHint"))))),
      drawToZero(take),
    ]);
  }
}

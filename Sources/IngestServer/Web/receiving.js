import { h, replace } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, when, number, amount, plural, worded } from "./i18n.js";
import { empty, exportLinks, pill, plain } from "./parts.js";
import { helpLink } from "./help.js";
import { keep, kept } from "./keep.js";
import { drawHand, drawRemoving, drawHistory, drawPaper, drawRemarks, drawUnknown } from "./decisions.js";
import { drawLines, drawUnits } from "./goods.js";
import { drawQuestion, questionsOf } from "./questions.js";
import { Proposals } from "./proposals.js";
import { drawJobState } from "./job.js";
import { Details, patched } from "./patch.js";
import { drawProposed } from "./proposed.js";
import { drawClosed, drawReopenings, findClosed, lost, undoneSince } from "./reopen.js";
import { cameraButton, importButton, open } from "./doors.js";
import { DeliveryPages, dueText, stateOf } from "./list.js";
import { fitted } from "./fit.js";
import { awaited } from "./long.js";

/** @type {Record<Verdict, string>} */
export const marks = { expected: "✓", complete: "★", extra: "+", unknown: "?", removed: "−", serial: "≠", inside: "✓", pallet: "?", returned: "↺" };
/** Details kept for when the server does not answer. */
const keptDetails = 12;

/** Deliveries at the dock: one screen, readable at three metres. */
export class Receiving {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.days = 1;
    /** @type {number | undefined} */
    this.keeping = undefined;
    /**
     * Sums, or the whole where it is known.
     * @type {(DeliverySums | Delivery)[]}
     */
    this.list = [];
    /** @type {string[]} */
    this.zones = [];
    /** @type {DeliveryPage["signature"]} */
    this.signature = undefined;
    /** @type {number | null} */
    this.chosen = null;
    /** @type {Map<number, Delivery>} */
    this.detail = new Map();
    /**
     * When the numbers were those of the server.
     * @type {number | null}
     */
    this.readAt = null;
    /** @type {Count | null} */
    this.last = null;
    /** @type {Stray | null} */
    this.stray = null;
    /**
     * Closed deliveries that the last scan names.
     * @type {DeliverySums[]}
     */
    this.closedOnes = [];
    /**
     * A read at this screen's dock that counted into another delivery than the one that is shown.
     * @type {Count | null}
     */
    this.elsewhere = null;
    /** @type {Set<string>} Docks whose open delivery was on this screen. */
    this.docks = new Set();
    /** @type {Set<string>} */
    this.unfolded = new Set();
    /** @type {import("./closing.js").Closing | null} */
    this.closing = null;
    this.proposals = new Proposals(this);
    this.details = new Details((id) => this.app.attempt(() => get(`/api/v1/deliveries/${id}`)));
    this.pages = new DeliveryPages(this);
    /** @type {(app: App, main: HTMLElement) => void} Draws the wall (kiosk.js), when its script has come. */
    this.drawWall = (app, main) => replace(main, awaited(app));
    /** @type {(delivery: Delivery) => Child} Who signed, photos and papers (slip.js), likewise. */
    this.drawDone = () => null;
    this.clear();
  }

  clear() {
    this.days = 1;
    clearTimeout(this.keeping);
    this.list = [];
    this.zones = [];
    this.chosen = null;
    this.detail = new Map();
    this.readAt = null;
    this.last = null;
    this.stray = null;
    this.elsewhere = null;
    this.docks = new Set();
    this.unfolded = new Set();
    this.proposals.clear();
    this.pages.clear();
  }

  async load() {
    const data = await this.pages.first();
    if (data === null) return;
    if (!data) { this.restore(); return; }
    this.list = data.deliveries;
    // Others may have been opened, counted or closed meanwhile: they are read again when chosen.
    const shown = this.shown;
    this.detail = new Map(shown ? [[shown.id, shown]] : []);
    this.zones = this.app.docksFirst(data.zones);
    this.signature = data.signature;
    this.readAt = Date.now();
    if (this.chosen === null) {
      const open = this.list.filter((delivery) => delivery.status === "open" && delivery.zone);
      const station = this.app.station();
      // A screen of one dock shows no other dock's reception by itself.
      this.chosen = (station ? open.find((delivery) => delivery.zone === station) : open[0])?.id ?? null;
    }
    // The list does not wait for what is beside it.
    this.app.refresh("receiving");
    this.app.health.recount();
    if (this.chosen !== null) await this.fetchDetail(this.chosen);
    this.keepSoon();
    this.app.refresh("receiving");
  }

  /**
   * More of the list, or newer sums of what is in it.
   * @param {DeliverySums[]} some
   */
  bring(some) {
    const known = new Set(this.list.map((one) => one.id));
    const fresh = new Map(some.map((one) => [one.id, one]));
    this.list = [...this.list.map((one) => fresh.get(one.id) ?? one), ...some.filter((one) => !known.has(one.id))];
    this.app.refresh("receiving");
  }

  /** What is on the screen. */
  get shown() { return this.chosen === null ? undefined : this.detail.get(this.chosen); }

  /** The dock of this screen: its station, else the one whose reception it shows, else the only one. */
  here() {
    const { shown } = this;
    return this.app.station() ?? (shown?.status === "open" ? shown.zone : undefined) ?? [...this.docks].at(-1) ?? (this.zones.length === 1 ? this.zones[0] : null) ?? null;
  }

  /**
   * Whether a read there is for those who stand at this screen.
   * @param {string} zone
   */
  isHere(zone) {
    const station = this.app.station();
    return station ? zone === station : this.docks.has(zone) || this.here() === zone;
  }

  title() {
    const { shown } = this;
    if (!shown) return null;
    return shown.status === "expected" ? shown.note : `${number(shown.received)}/${number(shown.expected)} · ${shown.note}`;
  }

  /**
   * The delivery of the address; without one, on a narrow screen, the list.
   * @param {string | null | undefined} ref
   * @param {boolean} [isBack] somebody went back, or forward
   */
  visit(ref, isBack = false) {
    const id = Number(ref);
    if (ref && Number.isSafeInteger(id)) { if (id !== this.chosen) this.choose(id); } else if (isBack) { this.chosen = null; this.app.refresh("receiving"); }
  }

  /** @param {number} id */
  async fetchDetail(id) {
    const detail = await this.details.fetch(id);
    if (detail) this.detail.set(id, detail);
    else {
      const old = kept("receiving")?.value.details.find((one) => one.id === id);
      if (old && this.app.person) this.detail.set(id, old);
    }
  }

  /** What was kept of the last visit, where nothing newer is known. */
  restore() {
    const old = kept("receiving");
    if (!old || !this.app.person || this.list.length > 0) return;
    Object.assign(this, { list: old.value.list, zones: old.value.zones, chosen: old.value.chosen, readAt: old.at });
    this.detail = new Map(old.value.details.map((one) => [one.id, one]));
    this.app.refresh("receiving");
  }

  keepSoon() {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => {
      if (!this.app.person || this.isAway()) return;
      const before = kept("receiving")?.value.details ?? [];
      const ids = new Set([...this.list.map((one) => one.id), this.chosen]);
      let details = [...[...this.detail.values()].reverse(), ...before.filter((one) => !this.detail.has(one.id))].filter((one) => ids.has(one.id)).slice(0, keptDetails);
      while (!keep("receiving", { list: this.list, zones: this.zones, chosen: this.chosen, details }) && details.length) details = details.slice(0, details.length >> 1);
    }, 800);
  }

  // MARK: what the others of this page ask for

  /** Decisions need the server. */
  isAway() { return this.app.isAway(); }

  /** Nothing can be decided here, or not by them. */
  isFixed() { return this.isAway() || !this.app.may("deliveries.decide"); }
  /** @param {Counted | undefined} detail */
  isDone(detail) { return detail?.status !== "open"; }
  /**
   * @param {Counted} detail
   * @param {string} subject
   */
  name(detail, subject) { open(this.app, "name", this, detail, subject, `/api/v1/deliveries/${detail.id}`); }

  /**
   * Sends a decision; the answer is the delivery as it is then.
   * @param {string} path
   * @param {object} [body]
   */
  async act(path, body) {
    const detail = await this.app.attempt(() => /** @type {Promise<Delivery>} */ (post(path, body)));
    if (detail?.id !== undefined) this.take(detail);
    return detail;
  }

  /** @param {Delivery} detail */
  take(detail) {
    // The stream tells of what was counted, not of the ERP.
    const before = this.detail.get(detail.id);
    detail.erpJob ??= before?.erpJob;
    if (detail.id === this.chosen && before) {
      const undone = undoneSince(before, detail);
      if (undone) this.app.say(undone, "good");
      // What was said of the last scan is not true any more.
      if (undone || before.mode !== detail.mode || before.status !== detail.status) this.last = null;
    }
    this.list = this.list.some((one) => one.id === detail.id) ? this.list.map((one) => (one.id === detail.id ? detail : one)) : [...this.list, detail];
    this.detail.set(detail.id, detail);
    this.readAt = Date.now();
    this.app.health.recount();
    if (detail.id === this.chosen && detail.status === "open" && detail.zone) this.docks.add(detail.zone);
    this.keepSoon();
    this.app.refresh("receiving");
  }

  /**
   * The stream tells what changed; what is shown and not known whole is read.
   * @param {Messages["delivery"]} data
   */
  told(data) {
    this.details.touch(data.id);
    const whole = patched(this.detail.get(data.id), data);
    if (whole) { this.take(whole); return; }
    const known = this.list.find((one) => one.id === data.id);
    this.list = known ? this.list.map((one) => (one.id === data.id ? { ...one, ...data } : one)) : [...this.list, data];
    this.app.health.recount();
    if (this.chosen !== data.id) this.detail.delete(data.id);
    else this.fetchDetail(data.id).then(() => { this.keepSoon(); this.app.refresh("receiving"); });
    this.app.refresh("receiving");
  }

  /**
   * How a closed delivery fares on its way to the ERP.
   * @param {Job | undefined} job
   */
  pushed(job) {
    const detail = job?.kind === "reception" || job?.kind === "correction" ? this.detail.get(parseInt(job.subject, 10)) : undefined;
    if (!detail) return;
    detail.erpJob = job;
    this.app.refresh("receiving");
  }

  /** @param {MessageOf<"delivery" | "deliveries" | "count" | "stray">} message */
  message({ type, data }) {
    this.readAt = Date.now();
    if (type === "deliveries") { this.load(); return; }
    if (type === "delivery") {
      const before = this.list.find((delivery) => delivery.id === data.id);
      const shown = this.shown;
      // Somebody else's dock does not take this screen over in the middle of a reception.
      const station = this.app.station();
      const busy = station ? data.zone !== station : shown?.status === "open" && shown.zone && shown.zone !== data.zone;
      this.told(data);
      // What is missing stays expected, or belongs to its delivery again.
      if (before && before.status !== data.status && (before.status === "closed" || data.status === "closed")) this.load();
      // It may stand elsewhere in the list now, and the counts above it are others.
      if (this.pages.counts && before?.status !== data.status) this.pages.soon();
      // A delivery note scanned at the dock opens by itself.
      if (!busy && data.status === "open" && data.zone && (!before || before.status !== "open" || !before.zone)) this.choose(data.id);
    } else if (type === "count") {
      // The sound is for those who stand at this dock: whoever shows this delivery.
      if (this.chosen === data.delivery) {
        this.last = data;
        this.stray = null;
        this.elsewhere = null;
        this.app.play(data.verdict, data.subject);
        this.app.announce(t(`v_${data.verdict}`));
      } else if (this.isHere(data.zone)) {
        this.elsewhere = data;
        this.app.play("elsewhere");
        this.app.announce(t("countsElsewhere", this.elsewhereNames(data)), true);
      }
    } else if (type === "stray") {
      const shown = this.shown;
      if (data.reason) {
        // Scanned, and it counts nothing: for those who stand at this dock.
        // Which of several is meant is asked where none is open, too.
        const station = this.app.station();
        const closed = data.reason === "closed-note" || data.reason === "closed-unit";
        const elsewhere = station ? data.zone !== station : data.reason === "several" || closed ? shown?.status === "open" && !!shown.zone && shown.zone !== data.zone : shown?.status !== "open" || shown.zone !== data.zone;
        if (data.take || elsewhere) return;
        this.stray = data;
        this.closedOnes = [];
        if (closed) findClosed(this, data);
        if (data.reason === "several") this.pages.find(plain(data.subject).trim());
        this.app.play(data.reason === "again" ? "again" : "refused", data.subject);
        this.app.announce(t(`refused_${data.reason}`, { what: plain(data.subject) }));
      } else if (this.app.station() ? data.zone === this.app.station() : shown?.status !== "open" || !shown.zone || shown.zone === data.zone) {
        this.stray = data;
        this.app.play("unknown", data.subject);
        if (shown?.status !== "open" || !shown.zone) this.proposals.ask(data.zone);
      }
    }
    this.app.refresh("receiving");
  }

  /** @param {number} id */
  show(id) {
    this.chosen = id;
    this.last = null;
    this.stray = null;
    this.elsewhere = null;
    const shown = this.detail.get(id) ?? this.list.find((one) => one.id === id);
    if (shown?.status === "open" && shown.zone) this.docks.add(shown.zone);
    this.proposals.clear();
    this.app.refresh("receiving");
  }

  /** @param {number} id */
  async choose(id) {
    this.show(id);
    if (!this.detail.has(id)) await this.fetchDetail(id);
    this.keepSoon();
    this.app.refresh("receiving");
  }

  /**
   * By a person's hand: "back" of the browser returns to what was shown before.
   * @param {number | null} id
   */
  pick(id) {
    this.app.address(id === null ? null : String(id));
    if (id === null) { this.chosen = null; this.app.refresh("receiving"); } else this.choose(id);
  }

  // MARK: drawing

  /** @param {Count} data */
  elsewhereNames(data) { return { zone: data.zone, note: this.list.find((one) => one.id === data.delivery)?.note ?? data.delivery }; }

  drawElsewhere() {
    const one = this.elsewhere;
    return one && h("div", { class: "elsewhere", id: "elsewhere", role: "alert" }, h("span", { class: "mark", "aria-hidden": "true" }, "→"),
      h("strong", {}, t("countsElsewhere", this.elsewhereNames(one))), h("button", { class: "big", id: "elsewhere-back", onclick: () => this.pick(one.delivery) }, t("countsBack")));
  }

  /** @param {HTMLElement} main */
  draw(main) {
    if (this.app.kiosk) { this.drawWall(this.app, main); return; }
    const detail = this.shown;
    const scroll = window.scrollY;
    const listed = document.getElementById("delivery-list")?.scrollTop ?? 0;
    replace(main, h("div", { class: `split ${detail ? "chosen" : ""}` },
      h("aside", { class: "stack beside", id: "delivery-list" },
        h("div", { class: "row" }, h("h1", {}, t("deliveries")),
          importButton(this.app, "deliveries", { id: "import", label: t("importFile"), away: this.isAway(), style: "push", done: () => this.load() })),
        this.app.may("deliveries.count") && h("button", { id: "blind", disabled: this.isAway(), onclick: () => open(this.app, "blind", this) }, t("blind")),
        this.app.may("deliveries.count") && cameraButton(this.app, "camera"),
        this.drawStale(),
        this.pages.drawFilters(),
        this.list.length === 0 && this.pages.isFiltered
          ? h("div", { class: "panel empty stack" }, h("h2", {}, t("noneMatch")), h("p", {}, t("noneMatchHint")), h("p", {}, helpLink("receiving")), h("button", { id: "clear-filters", onclick: () => { this.pages.clear(); this.load(); } }, t("clearFilters")))
          : this.list.length === 0
          ? empty(t("noDeliveries"), t("noDeliveriesHint"), "receiving")
          : this.pages.drawGroups(this.list, (delivery) => this.drawChoice(delivery)),
        this.days === 1 && h("button", { id: "older", disabled: this.isAway(), onclick: () => { this.days = 90; this.load(); } }, t("olderDeliveries"))),
      h("section", { class: "stack", id: "delivery", tabindex: "-1" },
        this.app.health.draw(), this.app.health.drawCameIn(),
        this.app.gateways.drawRefusals(),
        this.drawElsewhere(),
        this.stray && h("div", { class: `last ${this.stray.reason === "again" ? "again" : "unknown"}`, id: "stray" }, h("span", { class: "mark", "aria-hidden": "true" }, this.stray.reason === "again" ? "=" : this.stray.reason ? "✕" : "?"),
          this.stray.reason ? t(`refused_${this.stray.reason}`, { what: plain(this.stray.subject) }) : t("stray", { zone: this.stray.zone })),
        this.stray?.reason === "several" && this.drawSameNote(this.stray),
        this.stray?.reason?.startsWith("closed-") && drawClosed(this, this.stray),
        this.proposals.draw(),
        detail ? this.drawDetail(detail)
          : empty(t("choose"), t("chooseHint"), "receiving"))));
    window.scrollTo(0, scroll);
    const list = document.getElementById("delivery-list");
    if (list) list.scrollTop = listed;
    // What is read meanwhile may be one more question.
    if (this.closing?.sheet?.isOpen) this.closing.sheet.draw();
  }

  /**
   * Deliveries of several suppliers that have the scanned number: one of them is opened at that dock.
   * @param {Stray} stray
   */
  drawSameNote({ subject, zone }) {
    const scanned = plain(subject).trim().toUpperCase();
    const same = this.list.filter((one) => one.status !== "closed" && [one.note, ...one.names ?? []].some((name) => name.toUpperCase() === scanned));
    return h("div", { class: "big-choices", id: "same-note" }, same.map((one) => h("button", { id: `note-of-${one.id}`, disabled: this.isAway() || (one.status === "open" && one.zone === zone),
      onclick: async () => { if (await this.act(`/api/v1/deliveries/${one.id}/open`, { zone })) { this.show(one.id); await this.load(); } } },
    h("span", {}, h("strong", {}, one.supplier), h("span", { class: "soft block" }, `${one.note} · ${t(`status_${one.status}`)}`)))));
  }

  /** The numbers of a moment ago must not look like those of now. */
  drawStale() {
    if (!this.isAway() || !this.readAt) return null;
    return h("div", { class: "stale", id: "stale", role: "status" }, h("strong", {}, t("stale", { when: when(this.readAt) })), h("div", {}, t("staleHint")));
  }

  /** @param {DeliverySums} delivery */
  drawChoice(delivery) {
    const meter = h("div", {});
    meter.style.width = `${delivery.expected ? Math.round((100 * delivery.received) / delivery.expected) : 0}%`;
    const paused = delivery.status === "open" && !delivery.zone;
    const style = { open: paused ? "wait" : "good", expected: "", closed: "extra" }[delivery.status];
    const late = stateOf(delivery, this.pages.today) === "late";
    const facts = [delivery.source === "blind" && t("source_blind"), delivery.restOf !== undefined && t("restOf"), delivery.status === "expected" && !late && dueText(delivery, this.pages.today), delivery.zone ?? delivery.dock].filter(Boolean);
    return h("button", { id: `delivery-${delivery.id}`, "aria-current": delivery.id === this.chosen ? "true" : null, onclick: () => this.pick(delivery.id) },
      h("span", { class: "top" }, h("strong", {}, delivery.note),
        late ? pill(dueText(delivery, this.pages.today) ?? "", "bad") : h("span", { class: `pill ${style}` }, paused ? t("paused") : t(`status_${delivery.status}`))),
      h("span", { class: "soft" }, delivery.supplier),
      h("span", { class: "soft" }, `${number(delivery.received)} / ${number(delivery.expected)} · ${plural("lines", delivery.lineCount)}`),
      facts.length > 0 && h("span", { class: "soft" }, facts.join(" · ")),
      h("span", { class: "meter", "aria-hidden": "true" }, meter));
  }

  /** @param {Delivery} delivery */
  drawDetail(delivery) {
    const path = `/api/v1/deliveries/${delivery.id}`;
    /** @type {(name: string, value: number, style: string) => HTMLElement} */
    const tile = (name, value, style) =>
      h("div", { class: `tile ${style}`, id: `tile-${name}` }, fitted(number(value)), h("span", {}, t(name)));
    const single = delivery.status === "open" ? questionsOf(delivery).filter((one) => one.kind === "dock" || one.kind === "serial") : [];
    return [
      h("div", { class: "row" },
        h("button", { class: "small only-small", onclick: () => this.pick(null) }, `‹ ${t("back")}`),
        h("h1", {}, delivery.note), h("span", { class: "soft" }, [delivery.supplier, delivery.client && t("forClient", { who: delivery.client }), delivery.names?.length && t("alsoCalled", { names: delivery.names.slice(0, 4).join(", ") })].filter(Boolean).join(" · ")),
        delivery.zone && h("span", { class: "pill good" }, `${t("dock")} ${delivery.zone}`),
        h("div", { class: "row push" }, this.drawActions(delivery))),
      this.isAway() && this.readAt !== null && h("div", { class: "only-small" }, this.drawStale()),
      delivery.status === "open" && drawRemoving(delivery),
      h("div", { class: `tiles ${[delivery.expected, delivery.received, delivery.missing, delivery.extra, delivery.unknown].some((value) => number(value).length > 6) ? "many" : ""}` },
        tile("expected", delivery.expected, ""), tile("received", delivery.received, "good"),
        tile("missing", delivery.missing, delivery.missing ? "wait" : ""), tile("extra", delivery.extra, delivery.extra ? "extra" : ""),
        tile("unknown", delivery.unknown, delivery.unknown ? "unknown" : "")),
      delivery.damaged > 0 && h("div", { class: "row" }, pill(plural("damagedCount", delivery.damaged), "bad")),
      delivery.status === "open" && this.drawLast(delivery),
      delivery.status === "open" && drawHand(this, delivery, path),
      single.map((one, index) => drawQuestion(this, delivery, one, `-${index}`)),
      delivery.status === "closed" && h("p", { class: "soft" }, t("closedBy", { who: delivery.closedBy, when: when(delivery.closedAt ?? 0) })),
      drawReopenings(delivery),
      drawProposed(this, delivery),
      this.drawDone(delivery),
      delivery.erpJob && drawJobState(this.app, delivery.erpJob),
      drawLines(this, delivery),
      drawUnknown(this, delivery, path, { ignorable: true }),
      drawRemarks(this, delivery),
      drawUnits(delivery),
      drawPaper(this, delivery),
      drawHistory(this, delivery),
    ];
  }

  /** @param {Delivery} delivery */
  drawLast(delivery) {
    const last = this.last?.delivery === delivery.id ? this.last : null;
    if (!last) {
      const begun = delivery.received + delivery.extra + delivery.unknown > 0;
      if (begun && delivery.expected > 0 && delivery.missing + delivery.extra + delivery.unknown === 0) {
        return h("div", { class: "last complete", id: "last" }, h("span", { class: "mark", "aria-hidden": "true" }, marks.complete), h("span", {}, `${t("v_complete")} · ${number(delivery.received)} / ${number(delivery.expected)}`));
      }
      return h("div", { class: "last", id: "last" }, h("span", { class: "soft" }, begun ? `${number(delivery.received)} / ${number(delivery.expected)}` : t("waiting")));
    }
    const line = delivery.lines.find((candidate) => candidate.gtin === last.gtin);
    const what = line ? `${line.description || line.gtin} · ${number(line.received)}/${amount(line.expected, line.unit)}` : plain(last.subject);
    return h("div", { class: `last ${last.verdict}`, id: "last" },
      h("span", { class: "mark", "aria-hidden": "true" }, marks[last.verdict]), h("span", {}, `${t(`v_${last.verdict}`)} · ${what}${last.quantity > 1 || !Number.isInteger(last.quantity ?? 1) ? ` · × ${amount(last.quantity, line?.unit)}` : ""}`,
        last.remark && h("div", { class: "soft" }, t("readInPart", { what: worded(last.remark) }))));
  }

  /** @param {Delivery} delivery */
  drawActions(delivery) {
    const download = this.app.may("exports") && exportLinks(`/api/v1/deliveries/${delivery.id}`, "", this.isAway());
    const away = this.isAway();
    if (delivery.status === "closed") return [download, this.app.may("deliveries.reopen") && h("button", { id: "reopen", disabled: away, onclick: () => open(this.app, "reopen", this, delivery) }, t("reopenDo"))];
    const zones = this.zones.length ? this.zones : ["dock-1"];
    const opening = !delivery.zone && this.app.may("deliveries.count") && zones.map((zone) =>
      h("button", { class: "main", id: `open-${zone}`, disabled: away, onclick: () => this.open(delivery, zone) },
        t("titled", { title: delivery.status === "open" ? t("resume") : t("open"), what: zone })));
    return [delivery.status === "open" && this.app.may("deliveries.count") && h("span", { class: "only-small" }, cameraButton(this.app, "camera-here")), delivery.status === "open" && download,
      // On a small screen these lie at its lower edge, whatever is scrolled.
      h("div", { class: "row page-foot" }, opening, delivery.status === "open" && this.app.may("deliveries.close") && h("button", { class: "main", id: "close", disabled: away, onclick: () => this.close(delivery) }, t("close")))];
  }

  // MARK: opening, closing

  /**
   * @param {Delivery} delivery
   * @param {string} zone
   */
  async open(delivery, zone) {
    if (await this.act(`/api/v1/deliveries/${delivery.id}/open`, { zone })) await this.load();
  }

  /** @param {Delivery} delivery */
  close(delivery) { return open(this.app, "close", this, delivery); }
}

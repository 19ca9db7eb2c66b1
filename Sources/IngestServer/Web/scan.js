import { h, replace } from "./dom.js";
import { post, ulid } from "./api.js";
import { helpAside } from "./help.js";
import { t, plural } from "./i18n.js";
import { plain } from "./parts.js";
import { Typing } from "./burst.js";
import { BrowserShelf, ScanQueue, following } from "./scanqueue.js";

/** The sound of an outcome that is no verdict. */
/** @type {Record<string, string>} */
const sounds = { counted: "expected", opened: "expected", stray: "unknown" };
const good = new Set(["expected", "complete", "inside", "counted", "opened"]);

/**
 * How a field takes a scan: `codes` keeps it, `other` is for something else and gets back what it held, `none` is no field.
 * @param {EventTarget | null} target
 * @returns {"codes" | "other" | "none"}
 */
export function placeOf(target) {
  const node = /** @type {HTMLInputElement | null} */ (target);
  const tag = node?.tagName?.toLowerCase();
  if (tag === "textarea") return node?.readOnly || node?.disabled ? "none" : "codes";
  if (tag !== "input" || !node || node.readOnly || node.disabled) return node?.isContentEditable ? "codes" : "none";
  if (["button", "submit", "reset", "checkbox", "radio", "file", "image", "range", "color", "hidden"].includes(node.type)) return "none";
  // A quantity, a telephone, a secret, a day: no code belongs there.
  if (!["", "text", "search", undefined].includes(node.type) || node.getAttribute("inputmode") || node.getAttribute("data-scan") === "no") return "other";
  return "codes";
}

/** Of what the stream and the answer both tell, the sound is made once, whichever comes first. */
export class Once {
  constructor() {
    /** @type {Map<string, { from: "stream" | "answer", at: number }[]>} */
    this.told = new Map();
  }

  /**
   * Whether it is to be heard.
   * @param {"stream" | "answer"} from
   * @param {string} what
   * @param {number} [now]
   */
  isNew(from, what, now = Date.now()) {
    for (const [key, list] of this.told) if (list[list.length - 1].at < now - 3000) this.told.delete(key);
    const list = this.told.get(what) ?? [];
    const other = list.findIndex((one) => one.from !== from);
    if (other >= 0) list.splice(other, 1); else list.push({ from, at: now });
    if (list.length) this.told.set(what, list); else this.told.delete(what);
    return other < 0;
  }
}

/** Scanners that type, and the camera: what they scan goes to the centre as a reader's would, and is kept while it is away. */
export class Scanner {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.typing = new Typing();
    this.once = new Once();
    /**
     * What stood where the scan began.
     * @type {{ node: HTMLInputElement | null, place: "codes" | "other" | "none", value: string, start: number | null, end: number | null, page: PageName }}
     */
    this.before = { node: null, place: "none", value: "", start: null, end: null, page: app.page };
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.lastKey = "";
    /**
     * Those of this tab: it says what became of them.
     * @type {Set<string>}
     */
    this.mine = new Set();
    /** @type {{ text: string, style: string } | null} */
    this.said = null;
    this.caughtUp = 0;
    this.isFull = false;
    this.pause = 2000;
    this.strip = h("div", { id: "scan-strip", role: "status" });
    this.queue = new ScanQueue(new BrowserShelf(), {
      send: async (scans) => (await this.send(scans)),
      told: (scan, answer) => this.answered(scan, answer),
      changed: () => { this.channel?.postMessage({ changed: true }); this.draw(); },
      // Of several tabs one sends. Where a browser has no locks (no https) the centre's keys see that each counts once.
      alone: (body) => (navigator.locks ? /** @type {Promise<void>} */ (navigator.locks.request("quai-scans", body)) : body()),
    });
    const sound = app.play;
    app.play = (name, of) => { if (of === undefined || this.once.isNew("stream", `${name} ${of}`)) sound(name); };
    this.sound = sound;
    this.listen();
  }

  listen() {
    addEventListener("keydown", (event) => this.down(event), true);
    addEventListener("keyup", (event) => this.up(event), true);
    addEventListener("beforeinput", (event) => this.inserted(event), true);
    addEventListener("online", () => this.wake());
    if (typeof BroadcastChannel === "undefined") return;
    this.channel = new BroadcastChannel("quai-scans");
    this.channel.onmessage = ({ data }) => {
      // One that was made here, sent by another tab.
      if (data.scan && this.mine.delete(data.scan.key)) this.show(data.scan, data.answer);
      this.draw();
    };
  }

  /** The centre is there again, or somebody signed in: what waits may go. */
  wake() { clearTimeout(this.again); this.pause = 2000; if (this.app.person) this.queue.flush(); else this.draw(); }

  // MARK: keys

  /** @param {KeyboardEvent} event */
  down(event) {
    // Before somebody is signed in, a badge belongs into its field.
    if (!this.app.person) { this.typing.drop(); return; }
    const state = (/** @type {string} */ name) => event.getModifierState?.(name) ?? false;
    const told = this.typing.press({
      key: event.key, code: event.code, shift: event.shiftKey, ctrl: event.ctrlKey, alt: event.altKey, meta: event.metaKey,
      graph: state("AltGraph"), caps: state("CapsLock"), repeat: event.repeat, time: event.timeStamp,
    });
    this.unknown = event.key === "Unidentified" || event.key === "Process";
    this.follow(told, event.target);
    const place = this.typing.waits ? this.before.place : placeOf(event.target);
    const isEnd = event.key === "Enter" || event.key === "Tab" || event.ctrlKey;
    // Lines are what a text of several lines is for.
    const isLine = told.burst && this.before.place === "codes" && this.before.node?.tagName === "TEXTAREA" && event.key === "Enter";
    if ((told.swallow && (isEnd || place === "none") && !isLine) || (told.hurried && place === "none")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.lastKey = event.key;
    } else this.lastKey = "";
    this.wait();
  }

  /** @param {KeyboardEvent} event */
  up(event) {
    if (!this.app.person) return;
    // A button is pressed when the space bar goes up.
    if (this.lastKey && event.key === this.lastKey) { event.preventDefault(); event.stopImmediatePropagation(); }
    this.follow(this.typing.release({ key: event.key, time: event.timeStamp }), event.target);
    this.wait();
  }

  /**
   * Keyboards of telephones do not say which key it was; the field does.
   * @param {InputEvent} event
   */
  inserted(event) {
    if (!this.app.person || !this.unknown || event.inputType !== "insertText" || !event.data || this.typing.waits && this.typing.last === event.timeStamp) return;
    this.follow(this.typing.insert(event.data, event.timeStamp), event.target);
    this.wait();
  }

  wait() {
    clearTimeout(this.timer);
    if (!this.typing.waits) return;
    const look = () => { this.follow(this.typing.pause(performance.now()), null); this.wait(); };
    // Keys that came while the page was busy stand behind this: they go first, or a code would be cut in two.
    this.timer = setTimeout(() => { this.timer = setTimeout(look, 20); }, this.typing.rest + 10);
  }

  /**
   * @param {import("./burst.js").Told} told
   * @param {EventTarget | null} target
   */
  follow(told, target) {
    if (told.burst) this.finish(told.burst);
    else if (told.typed && this.before.place === "none") {
      // Whatever page is behind it.
      if (this.app.notices?.panel) this.app.notices.panel.shortcut(told.typed);
      else if (this.app.page === "calls" && this.before.page === "calls") this.app.calls.shortcut(told.typed);
    }
    if (!told.starts) return;
    const node = /** @type {HTMLInputElement | null} */ (target);
    const place = placeOf(node);
    let [start, end] = /** @type {(number | null)[]} */ ([null, null]);
    try { if (place !== "none") [start, end] = [node?.selectionStart ?? null, node?.selectionEnd ?? null]; } catch { /* a number has none */ }
    this.before = { node, place, value: node?.value ?? "", start, end, page: this.app.page };
  }

  /** @param {import("./burst.js").Burst} burst */
  finish({ text, raw }) {
    const { node, place, value, start, end } = this.before;
    const set = (/** @type {string} */ now) => { if (node && node.value !== now) { node.value = now; node.dispatchEvent(new Event("input", { bubbles: true })); } };
    if (place === "codes") {
      // What keys cannot put into a field, as the sign between two parts of a label.
      if (raw !== text && start !== null && end !== null) set(value.slice(0, start) + text + value.slice(end));
      return;
    }
    if (place === "other") {
      set(value);
      try { if (start !== null) node?.setSelectionRange(start, end); } catch { /* a number has none */ }
    } else if (node?.tagName === "SELECT" && node.value !== value) {
      // Letters choose in a list.
      node.value = value;
      for (const name of ["input", "change"]) node.dispatchEvent(new Event(name, { bubbles: true }));
    }
    this.scan(text);
  }

  // MARK: scans

  /** Where this screen scans: the zone that is being counted on it, its station, or the dock of the delivery it shows. */
  zone() {
    const { app } = this;
    const take = app.page === "stocktake" && app.stocktake.chosen !== null ? app.stocktake.detail.get(app.stocktake.chosen) : undefined;
    if (take?.status === "counting") return take.zone;
    const shown = app.receiving.shown;
    const zones = this.zones();
    return app.station() ?? (shown?.status === "open" && shown.zone ? shown.zone : zones.length === 1 ? zones[0] : "");
  }

  /** @returns {string[]} */
  zones() { try { return JSON.parse(localStorage.getItem("zones") ?? "[]"); } catch { return []; } }

  /**
   * @param {string} text
   * @param {string} [symbology]
   */
  async scan(text, symbology) {
    const person = this.app.person;
    if (!person) return;
    const key = following(localStorage.getItem("scan-key") ?? "", ulid());
    try { localStorage.setItem("scan-key", key); } catch { /* the order within a millisecond is all that is lost */ }
    const zone = this.zone();
    this.mine.add(key);
    this.caughtUp = 0;
    this.said = { text: t("scanSending", { what: plain(text), zone: zone || "…" }), style: "" };
    const isSaved = await this.queue.add({ key, zone, text, symbology, at: Date.now(), person: person.id, who: person.name });
    this.isFull = !isSaved;
    if (!isSaved) this.sound("refused");
    this.draw();
  }

  /**
   * @param {KeptScan[]} scans
   * @returns {Promise<ScanAnswer[]>}
   */
  async send(scans) {
    if (!this.app.person) throw Object.assign(new Error(t("scanSignIn")), { status: 401 });
    try {
      const answer = await post("/api/v1/scans", { clock: Date.now(), scans: scans.map(({ key, zone, text, symbology, at, person }) => ({ key, zone, text, symbology, at, person })) });
      this.pause = 2000;
      return answer.answers;
    } catch (error) {
      if (error.status === 401 && this.app.person) this.app.leave();
      clearTimeout(this.again);
      this.again = setTimeout(() => { if (this.app.person) this.queue.flush(); }, this.pause);
      this.pause = Math.min(this.pause * 2, 15000);
      throw error;
    }
  }

  /**
   * @param {KeptScan} scan
   * @param {ScanAnswer} answer
   */
  answered(scan, answer) {
    if (this.mine.delete(scan.key)) this.show(scan, answer);
    else { this.caughtUp += 1; this.channel?.postMessage({ scan, answer }); }
  }

  /**
   * @param {KeptScan} scan
   * @param {ScanAnswer} answer
   */
  show(scan, answer) {
    const { outcome } = answer;
    const what = answer.description || answer.gtin || plain(scan.text);
    const where = answer.note ?? answer.zone;
    const text = outcome === "refused" ? t(`refused_${answer.reason}`, { what: plain(answer.subject) })
      : outcome === "opened" ? t("scanOpened", { note: where, zone: answer.zone })
        : outcome === "stray" ? t("scanStray", { what, zone: answer.zone }) : `${t(`v_${outcome}`)} · ${what} · ${where}`;
    this.said = { text, style: good.has(outcome) ? "good" : outcome === "refused" ? "bad" : "wait" };
    const sound = sounds[outcome] ?? outcome;
    if (this.once.isNew("answer", `${sound} ${answer.subject}`)) this.sound(sound);
    try { navigator.vibrate?.(good.has(outcome) ? 40 : [80, 60, 80]); } catch { /* not every device can */ }
    clearTimeout(this.timeout);
    this.timeout = setTimeout(() => { this.said = null; this.draw(); }, 6000);
    this.draw();
  }

  // MARK: drawing

  /** Beneath the work; in a dialog, where one is open: behind it nobody would see it. */
  async draw() {
    const [waiting, refused] = [await this.queue.waiting(), await this.queue.refused()];
    const places = this.app.person ? waiting.filter((one) => !one.zone) : [];
    const isHeld = waiting.length > 0 && (this.app.isAway() || !this.app.person || this.queue.stuck !== null || this.isFull);
    if (waiting.length === 0) this.isFull = false;
    if (this.caughtUp > 0 && waiting.length === 0 && this.app.person) {
      this.said = { text: plural("scanCaughtUp", this.caughtUp), style: "good" };
      this.caughtUp = 0;
      clearTimeout(this.timeout);
      this.timeout = setTimeout(() => { this.said = null; this.draw(); }, 15000);
    }
    const said = this.app.person && !(isHeld && this.said?.style === "") ? this.said : null;
    const lines = [
      refused.slice(0, 5).map((one) => h("div", { class: "row bad" }, h("span", { class: "grow" }, t("scanRefused", { what: plain(one.text), zone: one.zone, who: one.who, why: this.reason(one) })),
        h("button", { class: "small", onclick: () => this.queue.seen(one.key) }, t("scanSeen")))),
      refused.length > 5 && h("div", { class: "bad" }, t("andMore", { n: refused.length - 5 })),
      this.isFull && h("div", { class: "bad", id: "scan-full" }, t("scanFull"), " ", helpAside("scan")),
      places.length > 0 && h("div", { class: "row wait", id: "scan-place" }, h("span", { class: "grow" }, plural("scanWhere", places.length)),
        (this.zones().length ? this.zones() : ["dock-1"]).map((zone) => h("button", { class: "small main", onclick: () => { this.app.setStation(zone); this.queue.place(zone); } }, zone))),
      isHeld && h("div", { class: "wait", id: "scan-waiting" }, `${plural("scanKept", waiting.length)} ${this.app.person ? "" : t("scanSignIn")} `, helpAside("away")),
      said && h("div", { class: said.style, id: "scan-said" }, said.text),
    ];
    const host = /** @type {HTMLElement} */ ([...document.querySelectorAll("dialog[open]")].pop() ?? document.body);
    if (this.strip.parentElement !== host) host.append(this.strip);
    replace(this.strip, lines);
  }

  /** @param {KeptScan} scan */
  reason({ refused }) {
    const word = t(`code_${refused?.code}`);
    return word === `code_${refused?.code}` ? refused?.why ?? "" : word;
  }
}

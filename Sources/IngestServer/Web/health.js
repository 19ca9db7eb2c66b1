import { h } from "./dom.js";
import { helpLink } from "./help.js";
import { t, when, span, plural } from "./i18n.js";

/** Fewer that wait are on their way: a chip that flickers with every scan says nothing. */
const worthSaying = 10;

/** @typedef {"good" | "wait" | "bad"} Level */
/** @typedef {{ name: "reader" | "link" | "buffer" | "erp", level: Level, text: string }} Part */
/** @typedef {{ level: Level, text: string, help: string, waiting: number, parts: Part[] }} Judgement `help`: the how-to of what the text says */
/** @typedef {{ zone: string | null, gateways: Gateway[], health: LinkHealth | null, awaySince: number | null }} Known */

const worse = { good: 0, wait: 1, bad: 2 };

/**
 * Whether a gateway is there and answers: one that froze is connected until the broker misses it.
 * @param {Pick<Gateway, "online" | "silent">} gateway
 */
export function speaks(gateway) { return gateway.online && gateway.silent === undefined; }

/**
 * How a dock is, from what is known: one sentence that says whether scans are kept, and the parts it is made of. What was told before a
 * link broke is no news: while the centre or the broker is away nothing is called good by it.
 * @param {Known} known `zone` null: every dock
 * @returns {Judgement}
 */
export function judge({ zone, gateways, health, awaySince }) {
  const mine = gateways.map((gateway) => ({ gateway, status: gateway.status ?? {}, readers: (gateway.status?.devices ?? []).filter((device) => device.kind !== "telephony" && (zone === null || device.zone === zone)) }))
    .filter((one) => one.readers.length > 0);
  // Of each gateway: does it keep what is scanned?
  const refuses = mine.find(({ status, readers }) => status.buffer?.trouble || status.buffer?.level === "full" || readers.some((device) => device.notSaved));
  const dead = mine.find(({ gateway }) => !speaks(gateway));
  const broken = mine.flatMap(({ gateway, readers }) => (speaks(gateway) ? readers.filter((device) => device.state !== "ready") : []));
  const waiting = mine.reduce((sum, { status }) => sum + (status.account?.pending ?? status.buffer?.pending ?? 0), 0);
  const stuck = mine.some(({ gateway, status }) => speaks(gateway) && status.uplink?.delivering === false);
  const clock = mine.find(({ status }) => status.clockOffset)?.status.clockOffset;
  const away = awaySince !== null;
  const cut = !away && health !== null && !health.broker;
  const alone = away || cut;

  /** @type {Part[]} */
  const parts = [];
  /** @type {(name: Part["name"], level: Level, text: string) => void} */
  const part = (name, level, text) => { parts.push({ name, level, text }); };
  if (mine.length === 0) part("reader", "wait", t("healthNoReader"));
  else if (alone) part("reader", "wait", t("healthReaderUnheard"));
  else if (dead) part("reader", "bad", t("healthGatewayGone", { who: dead.gateway.name, when: when(dead.gateway.silent ?? dead.gateway.since) }));
  else if (broken.length > 0) part("reader", mine.some(({ readers }) => readers.some((device) => device.state === "ready")) ? "wait" : "bad", t("healthReader", { who: broken[0].name, what: t(`s_${broken[0].state}`) }));
  else part("reader", "good", t("healthReaderHeard"));
  if (away) part("link", "wait", t("healthCentreAway", { when: when(awaySince) }));
  else if (cut && health) part("link", "wait", t("healthLinkLost", { when: when(health.since) }));
  else if (dead) part("link", "bad", t("healthGatewaySilent"));
  else if (stuck) part("link", "wait", t("healthNotDelivering"));
  else if (clock) part("link", "wait", t(clock > 0 ? "healthClockBehind" : "healthClockAhead", { amount: span(clock) }));
  else part("link", "good", t("healthLink"));
  if (refuses) part("buffer", "bad", t("healthRefused"));
  else if (waiting > worthSaying || stuck || (alone && waiting > 0)) part("buffer", "wait", plural("healthWaiting", waiting));
  else part("buffer", "good", t("healthNothingWaits"));
  if (health?.erp) part("erp", health.erp === "ok" ? "good" : "wait", health.erp === "ok" ? t("healthERP") : t("healthERPAway"));

  // The worst first: whether to go on scanning is what somebody with a box in their arms wants to know.
  const lost = parts.find((one) => one.name === "reader" && one.level === "bad");
  const text = refuses ? t("stopScanning")
    : lost ? t(dead ? "beepSays" : "readerGone", { what: lost.text })
    : away ? t("keepScanningCentre", { when: when(awaySince) })
    : cut && health ? t("keepScanningLink", { when: when(health.since) })
    : stuck ? plural("keepScanningWaiting", waiting)
    : waiting > worthSaying ? plural("keepScanningSoon", waiting) : "";
  const level = refuses || lost ? "bad" : parts.some((one) => one.level === "wait" && one.name !== "erp" && mine.length > 0) ? "wait" : "good";
  return { level, text, help: refuses ? "refused" : lost ? "gateways" : "away", waiting, parts };
}

/** The chip of a dock's screen, and what came in while the centre was away. */
export class Health {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {LinkHealth | null} */
    this.data = null;
    /** @type {number | null} The centre says nothing on a line that stands. */
    this.quietSince = null;
    /** @type {Level} */
    this.level = "good";
    /** @type {Map<number, number> | null} What was counted of each delivery when the centre went away. */
    this.before = null;
    /** @type {number | null} */
    this.cameIn = null;
  }

  clear() {
    this.data = null;
    this.quietSince = null;
    this.before = null;
    this.cameIn = null;
    clearTimeout(this.timer);
  }

  /** @param {MessageOf<"health">} message */
  message({ data }) { this.data = data; this.changed(); }

  /** @param {boolean} on */
  quiet(on) {
    if (on === (this.quietSince !== null)) return;
    this.quietSince = on ? Date.now() : null;
    this.changed();
  }

  /** After each change of what it is made of: a dock that begins to lose scans is heard too. */
  changed() {
    const { level } = this.judgement();
    if (level === "bad" && this.level !== "bad") this.app.play("alarm");
    else if (level === "good" && this.level === "bad") this.app.play("inside");
    this.level = level;
    this.app.drawTools();
    for (const page of /** @type {PageName[]} */ (["receiving", "stocktake", "gateways"])) this.app.refresh(page);
  }

  judgement() {
    const zone = this.app.receiving.here();
    const awaySince = this.app.isAway() ? this.app.since : this.quietSince;
    return judge({ zone, gateways: this.app.gateways.list, health: this.data, awaySince });
  }

  /** Whether what gateways told of themselves is still so. */
  get isNews() { return !this.app.isAway() && this.quietSince === null && this.data?.broker !== false; }

  // MARK: what came in meanwhile

  /** @param {DeliverySums[]} list */
  static counted(list) { return new Map(list.map((one) => [one.id, one.received + one.extra + one.unknown])); }

  /** The centre goes away: what was counted until now. */
  leaves() {
    this.cameIn = null;
    clearTimeout(this.timer);
    this.before = Health.counted(this.app.receiving.list);
  }

  /** It is back: for a while, what comes in is what was kept. */
  returns() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.before = null; this.timer = setTimeout(() => { this.cameIn = null; this.app.refresh("receiving"); }, 20000); }, 12000);
  }

  /** The numbers have changed. */
  recount() {
    if (!this.before || this.app.isAway()) return;
    let sum = 0;
    for (const [id, now] of Health.counted(this.app.receiving.list)) sum += Math.max(0, now - (this.before.get(id) ?? 0));
    this.cameIn = sum > 0 ? sum : null;
  }

  // MARK: drawing

  drawCameIn() { return this.cameIn !== null && h("div", { class: "notice good", id: "came-in", role: "status" }, plural("cameIn", Math.round(this.cameIn * 1000) / 1000)); }

  draw() {
    const { level, text, help, parts } = this.judgement();
    const zone = this.app.receiving.here();
    return h("div", { class: `health ${level}`, id: "health", "data-level": level, "data-zone": zone },
      text && h("strong", { class: "health-says", role: level === "bad" ? "alert" : "status" }, text),
      h("span", { class: "health-parts" }, zone && h("span", { class: "soft" }, zone),
        parts.map((one) => h("span", { class: `pill shaped ${one.level}`, "data-part": one.name, "data-level": one.level }, h("span", { "aria-hidden": "true" }, { good: "✓", wait: "!", bad: "✕" }[one.level]), one.text)), text && helpLink(help), this.app.repairs.chip?.()));
  }
}

/**
 * A gateway's word on the pages: what is not heard is not called connected, nor its devices ready.
 * @param {App} app
 * @param {Gateway} gateway
 */
export function standingOf(app, gateway) {
  if (!app.health.isNews) return "unheard";
  return speaks(gateway) ? "online" : "offlineAgent";
}


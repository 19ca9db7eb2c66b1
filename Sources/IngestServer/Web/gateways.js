import { h, replace } from "./dom.js";
import { post, request } from "./api.js";
import { t, plural, when, number, span, worded } from "./i18n.js";
import { empty } from "./parts.js";
import { choose } from "./sheet.js";
import { fitted } from "./fit.js";
import { GatewayList, said, why } from "./gateway-list.js";
import { standingOf } from "./health.js";
import { openInvitations } from "./invitations.js";
import { openRollout } from "./rollout.js";
import { FleetPages } from "./fleet.js";

/**
 * How full, in per cent; `?` where the agent does not say.
 * @param {Buffer} buffer
 */
const percent = ({ bytes, budget }) => (bytes !== undefined && budget ? Math.floor(bytes * 100 / budget) : "?");

/** Every agent: is it there, do its devices work, what waits, does the account close. */
export class Gateways extends GatewayList {
  get total() { return Math.max(this.data?.total ?? 0, this.list.length); }
  get wrong() { return this.data?.wrong ?? 0; }
  get sites() { return this.data?.sites ?? []; }

  /** Not made by the constructor: the list was there before this script. */
  get pages() { return this.fleet ??= new FleetPages(this); }

  async load() {
    await super.load();
    await this.pages.load();
  }

  /** @param {MessageOf<"gateway">} one */
  message(one) {
    super.message(one);
    if (!("many" in one.data)) this.pages.message(one.data);
    this.app.repairs?.message();
  }

  /** @param {string} name */
  async confirm(name) {
    if (await this.app.attempt(() => post(`/api/v1/gateways/${encodeURIComponent(name)}/confirm`))) await this.load();
  }

  /** @param {string} name */
  async forget(name) {
    const answer = await choose(t("gatewayForgetTitle", { who: name }), t("gatewayForgetText"), [[t("gatewayForget"), "yes", "danger"], [t("cancel"), null]]);
    if (answer !== "yes") return;
    if (await this.app.attempt(() => request("DELETE", `/api/v1/gateways/${encodeURIComponent(name)}`))) await this.load();
  }

  /**
   * What is known of an agent, and what may be done about it.
   * @param {Gateway} gateway
   */
  drawGrant(gateway) {
    const grant = this.grants.get(gateway.name);
    if (!grant) return null;
    const may = this.app.may("gateways.command");
    const facts = [grant.zones.length > 0 && t("gatewayZones", { zones: grant.zones.join(", ") }), !grant.mayTelephone && t("gatewayNoTelephone")].filter(Boolean);
    const learned = grant.state === "learned";
    if (grant.state === "revoked") {
      return h("div", { class: "notice bad row" }, h("strong", {}, t("gatewayRevoked")), h("span", {}, t("gatewayRevokedHint")),
        may && !gateway.online && h("button", { class: "small", id: `forget-${gateway.name}`, onclick: () => this.forget(gateway.name) }, t("gatewayForget")));
    }
    if (!learned && !facts.length && !(may && !gateway.online)) return null;
    return h("div", { class: learned ? "notice row" : "row" },
      learned && h("strong", {}, t("gatewayLearned")), learned && h("span", {}, t("gatewayLearnedHint", { site: grant.site ?? "?" })),
      facts.length > 0 && h("span", { class: "soft" }, facts.join(" · ")),
      may && learned && h("button", { class: "main small", id: `confirm-${gateway.name}`, onclick: () => this.confirm(gateway.name) }, t("gatewayConfirm")),
      may && (learned || !gateway.online) && h("button", { class: "small", id: `forget-${gateway.name}`, onclick: () => this.forget(gateway.name) }, t("gatewayForget")));
  }

  /** @param {HTMLElement} main */
  draw(main) {
    const sites = this.sites.map((one) => one.site).filter(Boolean);
    replace(main, h("div", { class: "stack" }, h("div", { class: "row" }, h("h1", {}, t("gateways")), h("a", { class: "button push", id: "to-repairs", href: "/repairs", "data-link": true }, t("repairs")),
      this.app.may("gateways.command") && h("button", { id: "gateway-invite", onclick: () => openInvitations(this.app, sites) }, t("gatewayInvite")),
      (this.app.may("gateways.update") || this.list.some((gateway) => gateway.status?.update?.allowed)) && h("button", { id: "gateway-rollout", onclick: () => openRollout(this.app) }, t("rollout"))),
      this.list.length === 0
        ? empty(t("noGateways"), t("noGatewaysHint"), "gateways")
        : [this.pages.drawFilters(), this.pages.shown.map((gateway) => this.drawGateway(gateway)), this.pages.drawMore()]));
  }

  /** @param {Gateway} gateway */
  drawGateway(gateway) {
    const status = gateway.status ?? {};
    /** @type {Partial<Account>} */
    const account = status.account ?? {};
    const uplink = status.uplink ?? {};
    const standing = standingOf(this.app, gateway);
    const alarm = gateway.alarm ?? uplink.alarm;
    /** @type {(name: string, value: number | undefined) => HTMLElement} */
    const cell = (name, value) => h("div", {}, h("span", { class: "soft" }, t(name)), fitted(number(value)));
    return h("article", { class: "panel stack", "data-gateway": gateway.name },
      h("div", { class: "row" }, h("h2", {}, gateway.name), h("span", { class: "soft" }, gateway.site ?? ""),
        h("span", { class: `pill ${{ online: "good", unheard: "wait", offlineAgent: "bad" }[standing]}`, "data-standing": standing }, t(standing)),
        h("span", { class: "soft" }, t("since", { when: when(gateway.since) })),
        standing === "online" && h("span", { class: `pill ${uplink.delivering ? "good" : "wait"}` }, uplink.delivering ? t("delivering") : t("notDelivering")),
        status.version && h("span", { class: "soft push" }, t("version", { v: status.update?.package ?? status.version }))),
      alarm && !(status.clockOffset && alarm.startsWith("clock: ")) && h("div", { class: "notice bad" }, worded(alarm)),
      status.clockOffset !== undefined && h("div", { class: "notice wait", "data-clock": status.clockOffset },
        t(status.clockOffset > 0 ? "clockBehind" : "clockAhead", { amount: span(status.clockOffset) })),
      this.drawGrant(gateway),
      status.configuration?.reason && h("div", { class: "notice bad" }, t("configRefused", { n: status.configuration.refused, why: worded(status.configuration.reason) })),
      status.configuration?.state === "trial" && h("div", { class: "notice" }, t("configTrial", { n: status.configuration.revision })),
      // Two sentences about one buffer could differ: while nothing is saved that alone counts.
      status.buffer?.level && status.buffer.level !== "roomy" && !status.buffer.trouble && h("div", { class: "notice" }, t(`level_${status.buffer.level}`, { n: percent(status.buffer) })),
      status.buffer?.trouble && h("div", { class: "notice bad" }, t("notSaved", { why: why({ ...status.buffer, reason: status.buffer.trouble }) }), " ", said({ ...status.buffer, count: status.buffer.refusedSince })),
      h("div", { class: "account" }, cell("pending", account.pending), cell("produced", account.produced), cell("committed", account.committed), cell("rejected", account.rejected), cell("skipped", account.skipped)),
      h("div", { class: "row" },
        h("span", { class: `pill ${account.closed === false ? "bad" : "good"}` }, account.closed === false ? t("accountOpen") : t("accountClosed")),
        status.buffer?.oldest !== undefined && (account.pending ?? 0) > 0 && h("span", { class: "soft" }, t("oldest", { when: when(status.buffer.oldest + (status.clockOffset ?? 0)) })),
        h("span", { class: "soft" }, t("centreHas", { n: number(gateway.centre.applied) }))),
      h("div", {}, (status.devices ?? []).map((device) => this.drawDevice({ ...device, since: device.since + (status.clockOffset ?? 0) }, standing === "online"))));
  }

  /**
   * @param {Device} device
   * @param {boolean} isHeard what it said last is of then, where its gateway is not heard
   */
  drawDevice(device, isHeard) {
    const style = { ready: "good", starting: "wait", recognising: "wait", likely: "wait", unknown: "wait", held: "wait", "no-country": "wait" }[device.state] ?? "bad";
    const state = isHeard ? t(`s_${device.state}`) : t("unheard");
    const facts = [worded(device.title), device.zone !== device.name ? device.zone : null, plural("seen", device.observations),
      device.kind === "telephony" ? t("callsRunning", { n: number(device.present) }) : device.kind === "reader" ? plural("present", device.present) : null,
      device.asked && device.state !== "ready" ? t("askedWho", { who: device.asked }) : null,
      device.readsPerSecond && isHeard ? t("rate", { n: number(device.readsPerSecond) }) : null,
      device.faults ? plural("faults", device.faults) : null,
      device.overruns ? t("overruns", { n: number(device.overruns) }) : null,
      device.noiseBytes ? t("noise", { n: number(device.noiseBytes) }) : null, ...Object.entries(device.identity ?? {}).filter(([field]) => !field.startsWith("antenna")).map(([, text]) => worded(text))].filter(Boolean);
    return h("div", { class: "device" },
      h("strong", {}, device.name), h("span", {}, h("span", { class: `pill ${isHeard ? style : "wait"}` }, state), " ",
        isHeard && h("span", { class: "soft" }, t("since", { when: when(device.since) }))),
      h("span", { class: "soft" }, facts.join(" · ")), h("span", { class: "soft mono" }, device.port.replace(/^.*\//, "…/")),
      this.drawAntennas(device),
      device.lastFault && h("span", { class: "soft wide" }, t("lastFault", { why: worded(device.lastFault) })),
      device.notSaved && h("span", { class: "why" }, t("scansRefused", { zone: device.name, why: why(device.notSaved) }), " ", said(device.notSaved)),
      device.reason && h("span", { class: "why" }, worded(device.reason)));
  }

  /**
   * One line an antenna: how much it reads and how strongly, as a bar from -80 to -40 dBm.
   * @param {Device} device
   */
  drawAntennas(device) {
    /** @type {(Antenna & { off?: boolean })[]} */
    const antennas = (device.antennas ?? []).filter((antenna) => (antenna.reads ?? 0) > 0);
    // Where the reader says which sockets hold an antenna, a silent one is shown too, and an empty one that was used.
    for (const [field, text] of Object.entries(device.identity ?? {})) {
      const n = Number(field.match(/^antenna-(\d+)$/)?.[1]);
      const known = antennas.find((antenna) => antenna.antenna === n);
      if (known) known.off = text !== "connected";
      else if (n && text === "connected") antennas.push({ antenna: n, reads: 0 });
    }
    antennas.sort((a, b) => (a.antenna ?? 0) - (b.antenna ?? 0));
    if (antennas.length === 0 || device.kind !== "reader") return null;
    return h("div", { class: "antennas" }, antennas.map((antenna) => {
      const strength = antenna.rssiDBm === undefined ? null : Math.max(0, Math.min(1, (antenna.rssiDBm + 80) / 40));
      return h("span", { class: "antenna" },
        h("span", {}, antenna.antenna ? t("antenna", { n: antenna.antenna }) : t("oneAntenna")),
        antenna.off ? h("span", { class: "pill bad" }, t("antennaOff")) : h("b", {}, number(antenna.reads)),
        strength !== null && h("meter", { min: 0, max: 1, low: 0.25, high: 0.5, optimum: 1, value: strength, title: `${number(antenna.rssiDBm)} dBm` }),
        strength !== null && h("span", { class: "soft" }, `${number(antenna.rssiDBm)} dBm`));
    }));
  }
}

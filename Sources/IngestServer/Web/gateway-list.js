// What every page wants to know of the gateways; their own page is `gateways.js`.

import { h, replace } from "./dom.js";
import { helpLink } from "./help.js";
import { get } from "./api.js";
import { t, plural, when, worded } from "./i18n.js";
import { awaited } from "./long.js";

/**
 * Why scans are refused, in the page's words; in the agent's where its code is not known.
 * @param {NotSaved} refusal
 */
export function why({ code, reason }) {
  const known = t(`refused_${code}`);
  return code && known !== `refused_${code}` ? known : worded(reason);
}

/**
 * Since when, and how many.
 * @param {NotSaved} refusal
 */
export function said({ since, count }) {
  return [since && t("since", { when: when(since) }), count !== undefined && count > 0 && plural("scansRefusedCount", count)].filter(Boolean).join(" · ");
}

/** Every agent, as its status says. */
export class GatewayList {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Gateway[]} */
    this.list = [];
    /** @type {Map<string, Grant>} */
    this.grants = new Map();
    /** @type {number | undefined} */
    this.timer = undefined;
    this.clear();
  }

  clear() {
    this.list = [];
    this.grants = new Map();
    /** @type {import("./fleet.js").FleetPages | undefined} */
    this.fleet = undefined;
    /** @type {GatewayPage | undefined} */
    this.data = undefined;
  }

  /** Of thousands those of this dock, telephone links and the worst. */
  async load() {
    const data = await this.app.attempt(() => get(`/api/v1/fleet?limit=100&zone=${encodeURIComponent(this.app.station?.() ?? "-")}`));
    if (!data) return;
    this.list = data.gateways;
    this.grants = new Map(data.grants.map((grant) => [grant.name, grant]));
    this.data = data;
    this.app.refresh("gateways");
  }

  /** Together with what comes meanwhile. */
  again() { this.timer ??= setTimeout(() => { this.timer = undefined; this.load(); }, 3000); }

  /** @param {MessageOf<"gateway">} message */
  message({ data }) {
    // Of many the page is read again, and shows the worst.
    if ("many" in data || this.list.length > 99) return this.again();
    const before = JSON.stringify(this.refusals());
    this.list = [...this.list.filter((gateway) => gateway.name !== data.name), data];
    this.app.health.changed();
    // Whoever stands at the dock looks at another page.
    if (JSON.stringify(this.refusals()) !== before) { this.app.refresh("receiving"); this.app.refresh("stocktake"); }
    // One that is not known yet, or waits for somebody to confirm it: what is known of it may have changed as well.
    if (this.grants.get(data.name)?.state !== "confirmed") this.again();
  }

  /** Links to telephone exchanges, with what they say of themselves. */
  telephony() {
    return this.list.flatMap((gateway) => (gateway.status?.devices ?? []).filter((device) => device.kind === "telephony").map((device) => ({
      ...device, ...(gateway.online ? {} : { state: "gone", reason: t("offlineAgent"), since: gateway.seen }),
    })));
  }

  /** Where scans are refused now: zone, why, since when and how many. */
  refusals() {
    return this.list.filter((gateway) => gateway.online).flatMap((gateway) => {
      /** @type {GatewayStatus} */
      const { buffer = {}, devices = [] } = gateway.status ?? {};
      const readers = devices.filter((device) => device.kind !== "telephony" && device.notSaved);
      if (readers.length === 0 && buffer.trouble && devices.some((device) => device.kind !== "telephony")) {
        return [{ zone: gateway.name, code: buffer.code, reason: buffer.trouble, since: buffer.since, count: buffer.refusedSince ?? 0 }];
      }
      return readers.map((device) => ({ zone: device.zone, ...device.notSaved }));
    });
  }

  /** The same for the pages of the dock: no beep came, and this is why. */
  drawRefusals() {
    const here = this.app.station?.();
    return this.refusals().sort((a, b) => Number(b.zone === here) - Number(a.zone === here)).slice(0, 4).map((refusal) =>
      h("div", { class: "notice bad", role: "alert", "data-refused": refusal.zone },
        t("scansRefused", { zone: refusal.zone, why: why(refusal) }), " ", said(refusal), " ", helpLink("refused")));
  }

  /**
   * Until its own page has come.
   * @param {HTMLElement} main
   */
  draw(main) { replace(main, awaited(this.app)); }
}

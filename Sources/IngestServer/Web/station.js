// What every page asks of the application: is the server there, who may what, at which dock does this screen stand.

/**
 * What an address says: `/dock/NAME` is a screen of that dock, `/dock/NAME/kiosk` or `?kiosk` one on the wall.
 * @param {{ pathname: string, search: string }} address
 */
export function stationOf({ pathname, search }) {
  const [, name, wall] = pathname.match(/^\/dock\/([^/]+)(\/kiosk)?\/?$/) ?? [];
  let zone = null;
  try { zone = name ? decodeURIComponent(name) : null; } catch { /* no name */ }
  return { zone, kiosk: wall !== undefined || new URLSearchParams(search).has("kiosk") };
}

/** @type {Partial<Record<PageName | "notices", Right>>} What one must be allowed to be shown a page; others are everybody's. */
const needed = { receiving: "deliveries.see", stocktake: "counting.see", find: "products.see", clients: "clients.see", calls: "calls.see", erp: "erp", gateways: "gateways.see", repairs: "gateways.see", notices: "notices.see" };

/** @param {App} app */
export function standing(app) {
  /** Numbers on the screen are of then, and nothing can be decided. */
  app.isAway = () => app.live === false || app.withoutServer;

  /** Where nobody has a password everybody may everything; where nobody says what somebody may, the server decides. */
  app.may = (right) => Boolean(app.person?.openHouse) || !app.person?.rights || app.person.rights.includes(right);

  app.sees = (page) => { const right = needed[page]; return right === undefined || app.may(right); };

  // Of a tab by its address, of a browser by what was chosen: two tabs may be two docks.
  /** @type {Storage | undefined} */
  const tab = globalThis.sessionStorage;
  /** The dock this screen stands at, if it stands at one. */
  app.station = () => tab?.getItem("station") || localStorage.getItem("station") || null;
  app.setStation = (zone) => {
    tab?.removeItem("station");
    if (zone) localStorage.setItem("station", zone); else localStorage.removeItem("station");
  };
  /** By its address. */
  app.standAt = (zone) => { tab?.setItem("station", zone); if (!localStorage.getItem("station")) localStorage.setItem("station", zone); };
  app.docksFirst = (zones) => {
    localStorage.setItem("zones", JSON.stringify(zones));
    return [...zones].sort((a, b) => Number(b === app.station()) - Number(a === app.station()));
  };
}

/** @typedef {{ released: boolean, release(): Promise<void> }} Lock */
/** @type {Lock | null} */
let lock = null;
let wanted = false;

/**
 * A dock's screen does not go dark between two pallets, where the browser lets it stay (https, and the page in sight).
 * @param {boolean} on
 */
export async function keepAwake(on) {
  wanted = on;
  if (!on) { await lock?.release().catch(() => {}); lock = null; return; }
  const locks = /** @type {{ wakeLock?: { request(kind: "screen"): Promise<Lock> } }} */ (/** @type {unknown} */ (navigator)).wakeLock;
  if (document.hidden || !locks || (lock && !lock.released)) return;
  lock = await locks.request("screen").catch(() => null);
}
document.addEventListener("visibilitychange", () => { if (wanted) keepAwake(true); });

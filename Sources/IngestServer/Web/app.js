import { h, icon, keeping, part, replace } from "./dom.js";
import { get, request } from "./api.js";
import { t, told, worded, bringWords, lang, makeDo, learnSentences, nextLanguage, speaks, switchLanguage, when } from "./i18n.js";
import { Stream } from "./stream.js";
import { onSound, play, soundBlocked, soundEnabled, toggleSound, tryToHear, wakeSound } from "./sound.js";
import { Receiving } from "./receiving.js";
import { GatewayList } from "./gateway-list.js";
import { Later } from "./later.js";
import { SignIn } from "./signin.js";
import { Notices } from "./notices.js";
import { keep, kept, keepFor, forget } from "./keep.js";
import { keepPages } from "./offline.js";
import { Scanner } from "./scan.js";
import { helpFor, helpLink } from "./help.js";
import { keepAwake, standing, stationOf } from "./station.js";
import { Health } from "./health.js";
import { open } from "./doors.js";
import { fitTables } from "./fit.js";
import { settle, showTheme } from "./theme.js";

const main = part("main");
/**
 * What every page knows; the pages themselves are put into it below.
 * @type {App}
 */
const app = /** @type {App} */ (/** @type {unknown} */ ({ person: null, live: null, page: "receiving", toast: null, replaying: false, withoutServer: false }));

standing(app);
app.health = new Health(app);
const arrived = stationOf(location);
if (arrived.zone) app.standAt(arrived.zone);
app.kiosk = arrived.kiosk;

/** @type {PageName[]} */
const pages = ["receiving", "stocktake", "find", "clients", "calls", "erp", "gateways", "audit"];
Object.assign(app, { receiving: new Receiving(app), gateways: new GatewayList(app) });
/** Pages whose script comes later (pages.js). */
/** @type {Map<PageName, Later>} */
const later = new Map();
/** Those without a tab, too. */
/** @type {PageName[]} */
const all = [...pages, "help", "repairs"];
for (const page of all) if (!app[page]) later.set(page, new Later(app, page));
Object.assign(app, Object.fromEntries(later));
/** @type {Promise<void> | null} They are on their way, or there. */
let others = null;
app.notices = new Notices(app);
app.signIn = new SignIn(app);
/** @type {() => Page} */
const view = () => app[app.page];
/** Everything that holds something of the person who is signed in. */
/** @type {(PageName | "notices")[]} */
const holders = [...pages, "notices"];
/** Of what one may not see nothing is asked for. */
function loadAll() { for (const holder of holders) if (app.sees(holder)) app[holder].load(); }

const stream = new Stream({
  state(live) {
    if (app.live !== live) app.since = Date.now();
    const back = live && app.isAway();
    if (!live && app.live) app.health.leaves();
    app.live = live;
    if (back) app.health.returns();
    if (live) app.withoutServer = false;
    drawBanner();
    drawTools();
    // Whatever was missed meanwhile: everything is read again.
    if (back) loadAll();
    app.health.changed();
    if (app.person) app.refresh(app.page);
    if (live) app.scanner.wake(); else app.scanner.draw();
  },
  // Whoever stands at a dock is told within seconds; others have time.
  watchful: () => Boolean(app.person) && !document.hidden && (app.kiosk || app.page === "receiving" || app.page === "stocktake" || app.page === "gateways"),
  quiet(on) { app.health.quiet(on); },
  replaying(on) { app.replaying = on; },
  signIn() { leave(); },
  message(message) {
    switch (message.type) {
      case "ready":
        // Somebody else signed in with this browser meanwhile: nothing of the last person stays.
        if (app.person && app.person.id !== message.data.person.id) { leave(); begin(message.data.person); return; }
        app.person = message.data.person;
        keep("person", app.person);
        app.sites = message.data.sites;
        app.notices.isOld = true;
        app.calls.skew = message.at - Date.now();
        app.calls.running(message.data.calls);
        break;
      case "reset":
        app.calls.dial = null;
        loadAll();
        break;
      case "health":
        app.health.message(message);
        break;
      case "delivery": case "deliveries": case "count": case "stray":
        app.receiving.message(message);
        if (message.type === "stray") app.stocktake.message(message);
        break;
      case "call": case "missed": case "command": case "loud": case "dismissed": case "note": case "reminder":
        app.calls.message(message);
        break;
      case "gateway":
        app.gateways.message(message);
        break;
      case "take": case "takecount":
        app.stocktake.message(message);
        // A count that was posted may settle what was due.
        if (message.type === "take") app.notices.message();
        break;
      case "found":
        app.find.message(message);
        break;
      case "notice":
        app.notices.message();
        break;
      case "inbox":
        app.notices.counted(message.data);
        break;
      case "client":
        app.calls.message(message);
        app.clients.message(message);
        break;
      case "erp":
        app.erp.message(message);
        app.receiving.pushed(message.data.job);
        app.stocktake.pushed(message.data.job);
        break;
    }
  },
});

/** To the server; what cannot be sent now is not worth sending later. */
app.send = (data) => stream.send(data);

// Of all the tabs of a person the one that is used is loud.
let used = 0;
function use() {
  if (document.hidden || Date.now() - used < 5000) return;
  used = Date.now();
  app.send({ used: true });
}
for (const name of ["focus", "pointerdown", "keydown"]) addEventListener(name, use, true);
document.addEventListener("visibilitychange", use);

// What is told again after a break is shown, not heard.
app.play = (name) => { if (!app.replaying) play(name); };
app.scanner = new Scanner(app);

/** For those who hear the page: what rings at once, what was counted when there is time. */
app.announce = (text, urgent) => { part(urgent ? "urgent" : "polite").textContent = text; };

app.say = (text, kind, seconds = 6) => {
  // Behind an open dialog nobody would read it.
  const place = kind === "bad" ? document.querySelector("dialog[open] .say-here") : null;
  if (place) { place.textContent = text; return; }
  app.toast = text ? { text, kind } : null;
  drawBanner();
  clearTimeout(app.toastTimer);
  if (text && seconds) app.toastTimer = setTimeout(() => app.say(null), seconds * 1000);
};

/** Runs something that may be refused, and says why it was. */
app.attempt = async (body) => {
  try { return await body(); } catch (error) {
    if (error.status === 401 && app.person && error.code !== "sign-in-refused") { leave(); return undefined; }
    // Asked just before somebody left: there is nobody to tell.
    if (error.status === 401 && !app.person && error.code === "sign-in-needed") return undefined;
    // The banner says it already.
    if (error.status === undefined && app.isAway() && !document.querySelector("dialog[open]")) return undefined;
    // The words of refusals come with the other pages.
    if (error.code && later.size > 0) await Promise.race([others ??= bringPages(), new Promise((late) => setTimeout(late, 2000))]);
    const known = t(`code_${error.code}`);
    const why = error.problem?.phrase ? told(error.problem.phrase) : worded(error.message);
    app.say(error.status === undefined ? t("unreachable") : known === `code_${error.code}` ? t("error", { why }) : known, "bad");
    return undefined;
  }
};

// A fault of the pages themselves is said, not only written where nobody looks; once a minute, because one may come with each drawing.
let faulted = 0;
/** @param {unknown} why */
function fault(why) {
  if (Date.now() - faulted < 60000) return;
  faulted = Date.now();
  app.say(t("pageFault", { why: why instanceof Error ? why.message : why }), "bad", 15);
}
addEventListener("error", (event) => { if (event.error) fault(event.error); });
addEventListener("unhandledrejection", (event) => fault(event.reason));

// A portal may read many tags a second: draw once a frame, and never between a finger's down and up.
let held = false;
/** @type {Set<string>} */
const due = new Set();
addEventListener("pointerdown", () => { held = true; }, true);
for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => { held = false; setTimeout(flush, 0); }, true);

app.refresh = (page) => {
  if (due.size === 0) setTimeout(flush, 16);
  due.add(page);
};

function flush() {
  if (held || due.size === 0) return;
  const now = new Set(due);
  due.clear();
  drawTabs();
  // Whatever keeps a page from being drawn, who rings is shown.
  try { if (now.has(app.page) || !app.person) drawPage(); } finally { app.calls.drawRinging(); }
}

/**
 * A screen that came by a dock's address keeps it.
 * @param {PageName} page
 * @param {string | null | undefined} ref
 */
function addressOf(page, ref) {
  const tab = sessionStorage.getItem("station");
  const path = page === "receiving" && tab ? `/dock/${encodeURIComponent(tab)}${app.kiosk ? "/kiosk" : ""}` : `/${page}`;
  if (page === "help") return `/help/${encodeURIComponent(ref ?? "")}`;
  const query = [ref && `ref=${encodeURIComponent(ref)}`, app.kiosk && !path.endsWith("/kiosk") && "kiosk"].filter(Boolean).join("&");
  return `${path}${query ? `?${query}` : ""}`;
}

/** The address of what is shown, for "back". */
app.address = (ref) => {
  const address = addressOf(app.page, ref);
  if (location.pathname + location.search !== address) history.pushState({}, "", address);
};

app.setKiosk = (on) => {
  app.kiosk = on;
  history.pushState({}, "", addressOf("receiving", null));
  turn("receiving");
  if (on) document.documentElement.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
  window.scrollTo(0, 0);
  draw();
};

app.soundIsBlocked = () => soundBlocked();
onSound(() => { drawTools(); if (app.person) app.refresh(app.page); });

/** Another page; `ref` says what of it: `product:…` and `tag:…` of the search, a client's number. */
app.go = (page, ref) => {
  // What went wrong on another page is not of this one.
  if (page !== app.page && app.toast?.kind === "bad") app.say(null);
  const address = addressOf(page, ref);
  if (location.pathname + location.search !== address) history.pushState({}, "", address);
  turn(page, ref);
  window.scrollTo(0, 0);
  drawTabs();
  bringTab();
  drawPage();
  app.calls.drawRinging();
  main.focus({ preventScroll: true });
};

/**
 * @param {PageName} page
 * @param {string | null} [ref]
 * @param {boolean} [isBack]
 */
function turn(page, ref, isBack = false) {
  if (app.page !== page) view().hidden?.();
  app.page = page;
  if (!app.person || !app.sees(page)) return;
  view().arrive?.();
  view().visit?.(ref, isBack);
}

/** What a search or a notice found, where it is shown. */
app.openRef = (kind, ref) => {
  const id = String(ref).replace(/^(product|delivery|party|call):/, "");
  switch (kind) {
    case "product": app.go("find", `product:${id}`); break;
    case "tag": app.go("find", `tag:${id.replace(/^tag:/, "")}`); break;
    case "party": app.go("clients", id); break;
    case "delivery": app.receiving.choose(Number(id)); app.go("receiving"); break;
    default: app.go("calls");
  }
};

function drawTabs() {
  const waiting = app.person ? app.calls.missedCount() : 0;
  const title = app.page === "help" ? app.help.title() : app.person && app.page === "receiving" ? app.receiving.title() : null;
  document.title = (app.person && app.calls.title()) || `${waiting > 0 ? `(${waiting}) ` : ""}${title ?? t(app.page)} · Quai`;
  replace(part("tabs"), !app.person ? [] : pages.filter(app.sees).map((page) =>
    h("a", { href: `/${page}`, id: `tab-${page}`, "data-link": true, "aria-current": page === app.page ? "page" : null },
      t(page), page === "calls" && app.calls.missedCount() > 0 && h("span", { class: "count" }, String(app.calls.missedCount())))));
}

/** The bar of tabs is wider than a telephone: the page's own is brought into sight. */
function bringTab() {
  const tabs = part("tabs");
  const tab = /** @type {HTMLElement | null} */ (tabs.querySelector("[aria-current]"));
  if (tab) tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  markTabs();
}

/** At an end of the bar where more tabs are out of sight stands a sign. */
function markTabs() {
  const { dataset, scrollLeft, scrollWidth, clientWidth } = part("tabs");
  dataset.more = [scrollLeft > 4 && "before", scrollLeft + clientWidth < scrollWidth - 4 && "after"].filter(Boolean).join(" ");
}
part("tabs").addEventListener("scroll", markTabs, { passive: true });
// What stands beside them takes more or less of the bar.
new ResizeObserver(markTabs).observe(part("tabs"));

app.drawTools = drawTools;
function drawTools() {
  document.body.classList.toggle("on-wall", app.kiosk && Boolean(app.person));
  keepAwake(Boolean(app.person) && (app.kiosk || (app.page === "receiving" && Boolean(app.station())))).catch(() => {});
  part("skip").textContent = t("skip");
  document.documentElement.lang = lang();
  const next = nextLanguage();
  replace(part("tools"),
    app.person && app.live && app.health.isNews && h("span", { class: "pill good", id: "live" }, h("span", { class: "sr-small" }, t("live"))),
    app.person && h("button", { class: "small", id: "bell", "aria-label": app.notices.label, title: app.notices.label, onclick: () => app.notices.open() },
      icon("bell"), app.notices.total > 0 && h("span", { class: "count" }, String(app.notices.total))),
    app.person && h("button", { class: `small here ${app.station() ? "" : "nowhere"}`, id: "here", "aria-label": app.station() ? t("hereAt", { zone: app.station() }) : t("hereNowhere"), title: app.station() ? t("hereAt", { zone: app.station() }) : t("hereNowhere"), onclick: () => open(app, "here", app) },
      icon("dock"), h("span", {}, app.station() ?? t("hereNone"))),
    // A first touch anywhere lets sound through: this says that it is needed.
    app.person && soundBlocked() && h("button", { class: "small wait", id: "sound-blocked", onclick: () => { wakeSound(); drawTools(); } }, icon("silent"), t("touchForSound")),
    app.person && h("button", {
      class: "small", id: "sound", title: soundBlocked() ? t("touchForSound") : soundEnabled() ? t("soundOn") : t("soundOff"),
      "aria-label": soundBlocked() ? t("touchForSound") : soundEnabled() ? t("soundOn") : t("soundOff"),
      onclick: () => { if (!soundBlocked()) toggleSound(); wakeSound(); drawTools(); },
    }, icon(soundEnabled() && !soundBlocked() ? "sound" : "silent")),
    h("button", { class: `small ${app.person ? "spared" : ""}`, id: "language", lang: next.code, "aria-label": next.name, title: next.name, onclick: changeLanguage }, next.code.toUpperCase()),
    app.person && h("button", { class: "small me", id: "me", title: app.person.name, onclick: () => open(app, "account", app) }, app.person.name),
    app.person && h("button", { class: "small spared", id: "sign-out", "aria-label": t("signOut"), title: t("signOut"), onclick: signOut }, icon("leave"), h("span", { class: "hide-medium" }, t("signOut"))));
}

app.changeLanguage = changeLanguage;
async function changeLanguage() {
  const { code } = nextLanguage();
  if (await speak(code) && app.person) open(app, "taste", app.person, { language: code });
}

/** @param {string} code */
async function speak(code) {
  try { await bringWords(code); } catch { app.say(t("unreachable"), "bad"); return false; }
  switchLanguage(code);
  app.toast = null;
  draw();
  app.scanner.draw();
  return true;
}

function drawBanner() {
  replace(part("banner"),
    app.person && app.isAway() && !app.kiosk && h("div", { class: "notice bad" }, t("offline", { when: when(app.since) }), " ", helpLink("away")),
    app.toast && h("div", { class: `toast ${app.toast.kind ?? ""}` }, app.toast.text));
}

function drawPage() {
  // Help is there for those who cannot sign in, too.
  if (!app.person && app.page !== "help") return app.signIn.draw(main);
  // A link led here.
  if (!app.sees(app.page)) return replace(main, h("div", { class: "panel empty", id: "not-yours" }, h("h1", {}, t("notYours")), h("p", {}, t("notYoursText", { roles: app.person?.roles?.map((name) => t(`role_${name}`).replace(/^role_/, "")).join(", ") || "–" })), h("p", {}, helpLink("audit"))));
  keeping(() => {
    view().draw(main);
    // A screen on the wall says what to do next, nothing else.
    if (!app.kiosk && app.page !== "help") main.append(helpFor(app.page));
    fitTables(main);
  });
}
addEventListener("resize", () => { markTabs(); if (app.person) fitTables(main); });

function draw() {
  drawTools();
  drawTabs();
  markTabs();
  drawBanner();
  drawPage();
  app.calls.drawRinging();
}

/** Nobody is signed in any more: nothing of the last person stays. */
app.leave = leave;
function leave() {
  stream.stop();
  app.person = null;
  app.health.clear();
  showTheme(null);
  app.live = null;
  app.toast = null;
  app.withoutServer = false;
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  for (const holder of holders) app[holder].clear();
  forget();
  draw();
  app.signIn.again();
  app.scanner.draw();
}

app.begin = begin;
/** @param {Person} person */
function begin(person) {
  if (person.factorDue) { app.signIn.enrol(person); return; }
  keepFor(person);
  localStorage.removeItem("leaving");
  app.person = person;
  const { language, isUnsent } = settle(person);
  tryToHear();
  app.toast = null;
  const { page, ref } = place();
  // Whoever does not receive begins with what they do.
  turn(location.pathname === "/" ? [page, ...pages].find(app.sees) ?? page : page, ref);
  draw();
  bringTab();
  if (language && language !== lang() && speaks(language)) speak(language);
  if (isUnsent) open(app, "taste", person, {});
  loadAll();
  stream.start();
  app.scanner.wake();
}

/**
 * The server did not answer, or could not: the same may be asked again.
 * @param {{ status?: number }} error
 */
const notDone = ({ status }) => status === undefined || status === 429 || status >= 500;

/** Without the server the session ends as soon as it is back. */
app.signOut = signOut;
async function signOut() {
  /** @type {{ next?: string }} */
  let left = {};
  try { left = /** @type {any} */ (await request("DELETE", "/api/v1/session")); } catch (error) { if (notDone(error)) localStorage.setItem("leaving", "1"); }
  leave();
  // At the provider, too: the next person at this screen is not them.
  if (left.next) location.assign(left.next);
}

document.addEventListener("click", (event) => {
  wakeSound();
  if (app.isAway() && /** @type {Element} */ (event.target).closest("a[download]")) { event.preventDefault(); return; }
  const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("a[data-link]"));
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const { page, ref } = placeOf(new URL(link.href));
  app.go(page, ref ?? undefined);
});
// The bar and a long list are passed over: to the work itself, where there is some.
part("skip").addEventListener("click", (event) => {
  const work = document.getElementById("delivery");
  event.preventDefault();
  const there = work?.offsetParent ? work : main;
  there.focus();
  there.scrollIntoView({ block: "start" });
});
document.addEventListener("keydown", wakeSound);

/** @type {(path: string) => PageName} */
const pageOf = (path) => path.startsWith("/dock/") ? "receiving" : path.startsWith("/help/") ? "help" : all.find((page) => path === `/${page}`) ?? "receiving";

/**
 * The page and what of it an address names.
 * @param {{ pathname: string, search: string }} address
 */
function placeOf({ pathname, search }) {
  const page = pageOf(pathname);
  return { page, ref: page === "help" ? pathname.split("/")[2] ?? null : new URLSearchParams(search).get("ref") };
}
const place = () => placeOf(location);
addEventListener("popstate", () => {
  const { page, ref } = place();
  // Back out of the wall is out of it.
  app.kiosk = stationOf(location).kiosk;
  turn(page, ref, true);
  draw();
  bringTab();
});
document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement && app.kiosk) app.setKiosk(false); });

app.page = place().page;
/** @param {typeof import("./pages.js")} come */
function takePages({ makers, deeds }) {
  for (const [page, waiting] of later) {
    const made = new makers[/** @type {keyof typeof makers} */ (page)](app);
    Object.assign(app, { [page]: made });
    later.delete(page);
    waiting.hand(made);
  }
  // It stays what it is, because answers may be on their way to it: from now on it can draw its page.
  Object.setPrototypeOf(app.gateways, makers.gateways.prototype);
  Object.assign(app.receiving, { drawWall: deeds.kiosk, drawDone: deeds.done });
  if (app.person || app.page === "help") draw();
}

/** The other pages: what they were told meanwhile they are told now. Asked for until they come, because the network may be away. */
async function bringPages() {
  while (later.size > 0) {
    const come = await import("./pages.js").catch(() => null);
    if (come) takePages(come);
    else await new Promise((done) => setTimeout(done, 3000));
  }
}
/** Begun where the address names one of them. */
if (later.has(app.page) || app.kiosk) others = bringPages();
// Somebody speaks another language than the browser: without the server the browser's will do.
await bringWords().catch(makeDo);
if (localStorage.getItem("leaving")) await request("DELETE", "/api/v1/session").then(() => localStorage.removeItem("leaving"), (error) => { if (!notDone(error)) localStorage.removeItem("leaving"); });
/** @type {Person | { name?: undefined }} */
let me = {};
try { [me] = await Promise.all([get("/api/v1/me"), app.signIn.ask()]); } catch (error) {
  // Without the server the last person sees what was kept for them, and nobody else anything.
  const last = kept("person")?.value;
  if (last && (error.status === undefined || error.status >= 502)) { me = last; app.withoutServer = true; app.since = Date.now(); }
}
if (me.name !== undefined) begin(me); else draw();
// What nobody waits for comes when the first page is there; with it the pages are whole, and kept.
setTimeout(async () => {
  others ??= bringPages();
  await Promise.allSettled([others, learnSentences().then(() => app.refresh(app.page))]);
  // The other language is there without the server, too.
  await bringWords(nextLanguage().code).catch(() => {});
  // What to do when the server is away is read when it is away.
  await app.help.bring();
  keepPages();
}, 50);

import { h, icon, replace } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, lang, switchLanguage, when } from "./i18n.js";
import { Stream } from "./stream.js";
import { play, soundEnabled, toggleSound, wakeSound } from "./sound.js";
import { Receiving } from "./receiving.js";
import { Calls } from "./calls.js";
import { Gateways } from "./gateways.js";

const main = document.getElementById("main");
const app = { person: null, live: null, page: "receiving", toast: null, replaying: false };

app.receiving = new Receiving(app);
app.calls = new Calls(app);
app.gateways = new Gateways(app);

const pages = ["receiving", "calls", "gateways"];
const view = () => app[app.page];

const stream = new Stream({
  state(live) {
    if (app.live !== live) app.since = Date.now();
    app.live = live;
    drawBanner();
    drawTools();
  },
  replaying(on) { app.replaying = on; },
  signIn() { leave(); },
  message(message) {
    switch (message.type) {
      case "ready":
        // Somebody else signed in with this browser meanwhile: nothing of the last person stays.
        if (app.person && app.person.id !== message.data.person.id) { leave(); begin(message.data.person); return; }
        app.person = message.data.person;
        app.sites = message.data.sites;
        app.calls.skew = message.at - Date.now();
        app.calls.running(message.data.calls);
        break;
      case "reset":
        app.calls.dial = null;
        for (const page of pages) app[page].load();
        break;
      case "delivery": case "deliveries": case "count": case "stray":
        app.receiving.message(message);
        break;
      case "call": case "missed": case "command": case "loud": case "dismissed": case "note":
        app.calls.message(message);
        break;
      case "gateway":
        app.gateways.message(message);
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

/** For those who hear the page: what rings at once, what was counted when there is time. */
app.announce = (text, urgent) => { document.getElementById(urgent ? "urgent" : "polite").textContent = text; };

app.say = (text, kind, seconds = 6) => {
  app.toast = text ? { text, kind } : null;
  drawBanner();
  clearTimeout(app.toastTimer);
  if (text && seconds) app.toastTimer = setTimeout(() => app.say(null), seconds * 1000);
};

/** Runs something that may be refused, and says why it was. */
app.attempt = async (body) => {
  try { return await body(); } catch (error) {
    if (error.status === 401) { leave(); return undefined; }
    const known = t(`code_${error.code}`);
    app.say(error.status === undefined ? t("unreachable") : known === `code_${error.code}` ? t("error", { why: error.message }) : known, "bad");
    return undefined;
  }
};

// A portal may read many tags a second: draw once a frame, and never between a finger's down and up.
let held = false;
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
  if (now.has(app.page) || !app.person) drawPage();
  app.calls.drawRinging();
}

app.go = (page) => {
  app.page = page;
  window.scrollTo(0, 0);
  if (location.pathname !== `/${page}`) history.pushState({}, "", `/${page}`);
  drawTabs();
  drawPage();
  app.calls.drawRinging();
  main.focus({ preventScroll: true });
};

function drawTabs() {
  const waiting = app.person ? app.calls.missedCount() : 0;
  document.title = (app.person && app.calls.title()) || `${waiting > 0 ? `(${waiting}) ` : ""}${t(app.page)} · Quai`;
  replace(document.getElementById("tabs"), !app.person ? [] : pages.map((page) =>
    h("a", { href: `/${page}`, id: `tab-${page}`, "data-link": true, "aria-current": page === app.page ? "page" : null },
      t(page), page === "calls" && app.calls.missedCount() > 0 && h("span", { class: "count" }, String(app.calls.missedCount())))));
}

function drawTools() {
  document.getElementById("skip").textContent = t("skip");
  document.documentElement.lang = lang();
  replace(document.getElementById("tools"),
    app.person && app.live && h("span", { class: "pill good", id: "live" }, h("span", { class: "sr-small" }, t("live"))),
    app.person && h("button", {
      class: "small", id: "sound", title: soundEnabled() ? t("soundOn") : t("soundOff"),
      "aria-label": soundEnabled() ? t("soundOn") : t("soundOff"),
      onclick: () => { toggleSound(); wakeSound(); drawTools(); },
    }, icon(soundEnabled() ? "sound" : "silent")),
    h("button", { class: "small", id: "language", lang: lang() === "fr" ? "en" : "fr", onclick: () => { switchLanguage(); app.toast = null; draw(); } }, t("language")),
    app.person && h("span", { class: "soft hide-small" }, app.person.name),
    app.person && h("button", { class: "small", onclick: signOut }, t("signOut")));
}

function drawBanner() {
  replace(document.getElementById("banner"),
    app.person && app.live === false && h("div", { class: "notice bad" }, t("offline", { when: when(app.since) })),
    app.toast && h("div", { class: `toast ${app.toast.kind ?? ""}` }, app.toast.text));
}

function drawPage() {
  if (!app.person) return drawSignIn();
  view().draw(main);
}

function drawSignIn() {
  if (document.getElementById("who") && document.getElementById("who").lang === lang()) return;
  const name = h("input", { name: "name", autocomplete: "name", maxlength: 60, required: true, id: "who", lang: lang() });
  const form = h("form", {
    class: "panel stack signin",
    onsubmit: async (event) => {
      event.preventDefault();
      wakeSound();
      const person = await app.attempt(() => post("/api/v1/session", { name: name.value }));
      if (person) begin(person);
    },
  },
    h("h1", {}, t("whoAreYou")), h("p", { class: "soft" }, t("whyName")),
    h("label", {}, h("span", {}, t("name")), name), h("button", { class: "main", type: "submit" }, t("signIn")));
  replace(main, form);
  name.focus();
}

function draw() {
  drawTools();
  drawTabs();
  drawBanner();
  drawPage();
  app.calls.drawRinging();
}

/** Nobody is signed in any more: nothing of the last person stays. */
function leave() {
  stream.stop();
  app.person = null;
  app.live = null;
  app.toast = null;
  for (const page of pages) app[page].clear();
  draw();
}

function begin(person) {
  app.person = person;
  draw();
  for (const page of pages) app[page].load();
  stream.start();
}

async function signOut() {
  await app.attempt(() => request("DELETE", "/api/v1/session"));
  leave();
}

document.addEventListener("click", (event) => {
  wakeSound();
  const link = event.target.closest("a[data-link]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  app.go(new URL(link.href).pathname.slice(1) || "receiving");
});
document.addEventListener("keydown", wakeSound);

function route() {
  const page = location.pathname.slice(1);
  app.page = pages.includes(page) ? page : "receiving";
}
addEventListener("popstate", () => { route(); draw(); });

route();
const me = await get("/api/v1/me").catch(() => ({}));
if (me.name) begin(me); else draw();

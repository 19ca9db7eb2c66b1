import { h, icon, replace } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, lang, switchLanguage } from "./i18n.js";
import { Stream } from "./stream.js";
import { play, soundEnabled, toggleSound, wakeSound } from "./sound.js";
import { Receiving } from "./receiving.js";
import { Calls } from "./calls.js";
import { Gateways } from "./gateways.js";

const main = document.getElementById("main");
const app = { person: null, live: null, page: "receiving", toast: null };

app.receiving = new Receiving(app);
app.calls = new Calls(app);
app.gateways = new Gateways(app);

const pages = ["receiving", "calls", "gateways"];
const view = () => app[app.page];

const stream = new Stream({
  state(live) {
    app.live = live;
    drawBanner();
    drawTools();
  },
  signIn() { app.person = null; draw(); },
  message(message) {
    switch (message.type) {
      case "ready":
        app.calls.running(message.data.calls);
        break;
      case "reset":
        for (const page of pages) app[page].load();
        break;
      case "delivery": case "deliveries": case "count": case "stray":
        app.receiving.message(message);
        break;
      case "call": case "missed": case "command":
        app.calls.message(message);
        break;
      case "gateway":
        app.gateways.message(message);
        break;
    }
  },
});

app.play = play;

app.say = (text, kind, seconds = 6) => {
  app.toast = text ? { text, kind } : null;
  drawBanner();
  clearTimeout(app.toastTimer);
  if (text && seconds) app.toastTimer = setTimeout(() => app.say(null), seconds * 1000);
};

/** Runs something that may be refused, and says why it was. */
app.attempt = async (body) => {
  try { return await body(); } catch (error) {
    if (error.status === 401) { app.person = null; draw(); return undefined; }
    const known = t(`code_${error.code}`);
    app.say(known === `code_${error.code}` ? t("error", { why: error.message }) : known, "bad");
    return undefined;
  }
};

app.refresh = (page) => {
  drawTabs();
  if (app.page === page) drawPage();
  app.calls.drawRinging();
};

app.go = (page) => {
  app.page = page;
  window.scrollTo(0, 0);
  if (location.pathname !== `/${page}`) history.pushState({}, "", `/${page}`);
  drawTabs();
  drawPage();
  app.calls.drawRinging();
};

function drawTabs() {
  document.title = app.calls.title() ?? `${t(app.page)} · Quai`;
  replace(document.getElementById("tabs"), !app.person ? [] : pages.map((page) =>
    h("a", { href: `/${page}`, "data-link": true, "aria-current": page === app.page ? "page" : null },
      t(page), page === "calls" && app.calls.missedCount() > 0 && h("span", { class: "count" }, String(app.calls.missedCount())))));
}

function drawTools() {
  document.getElementById("skip").textContent = t("skip");
  document.documentElement.lang = lang();
  replace(document.getElementById("tools"),
    app.person && app.live && h("span", { class: "pill good", id: "live" }, h("span", { class: "hide-small" }, t("live"))),
    app.person && h("button", {
      class: "small", "aria-pressed": String(soundEnabled()), title: soundEnabled() ? t("soundOn") : t("soundOff"),
      "aria-label": soundEnabled() ? t("soundOn") : t("soundOff"),
      onclick: () => { toggleSound(); wakeSound(); drawTools(); },
    }, icon(soundEnabled() ? "sound" : "silent")),
    h("button", { class: "small", id: "language", lang: lang() === "fr" ? "en" : "fr", onclick: () => { switchLanguage(); draw(); } }, t("language")),
    app.person && h("span", { class: "soft hide-small" }, app.person.name),
    app.person && h("button", { class: "small", onclick: signOut }, t("signOut")));
}

function drawBanner() {
  replace(document.getElementById("banner"),
    app.person && app.live === false && h("div", { class: "notice bad" }, t("offline")),
    app.toast && h("div", { class: `toast ${app.toast.kind ?? ""}` }, app.toast.text));
}

function drawPage() {
  if (!app.person) return drawSignIn();
  view().draw(main);
}

function drawSignIn() {
  const name = h("input", { name: "name", autocomplete: "name", maxlength: 60, required: true, id: "who" });
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

function begin(person) {
  app.person = person;
  draw();
  for (const page of pages) app[page].load();
  stream.start();
}

async function signOut() {
  await app.attempt(() => request("DELETE", "/api/v1/session"));
  stream.stop();
  app.person = null;
  app.live = null;
  draw();
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

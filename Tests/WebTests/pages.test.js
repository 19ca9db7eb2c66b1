// The pages, drawn from answers of a centre, and what they do with what the stream tells.

import { Element } from "./browser.js";
import { answers } from "./answers.js";
import { beforeEach, test } from "node:test";
import assert from "node:assert/strict";

const web = "../../Sources/IngestServer/Web/";
const { switchLanguage, t } = await import(`${web}i18n.js`);
const { Health } = await import(`${web}health.js`);
const { standing } = await import(`${web}station.js`);
const classes = {};
for (const [page, file, name] of [["receiving", "receiving", "Receiving"], ["stocktake", "stocktake", "StockTakes"], ["find", "find", "Find"], ["clients", "clients", "Clients"],
  ["calls", "calls", "Calls"], ["erp", "erp", "ERP"], ["gateways", "gateways", "Gateways"], ["audit", "audit", "Audit"], ["repairs", "repairs", "Repairs"], ["notices", "notices", "Notices"]]) classes[page] = (await import(`${web}${file}.js`))[name];

let asked, down;
globalThis.fetch = async (path, { method }) => {
  asked.push(`${method} ${path}`);
  if (down) throw new TypeError("no network");
  const answer = answers.get(path.replace(/today=[\d-]+/, "today=DAY"));
  return { ok: answer !== undefined, status: answer === undefined ? 404 : 200, headers: { get: () => null }, text: async () => JSON.stringify(answer ?? { code: "no-such-thing", detail: path }) };
};

/** An application without a page around it, which remembers what it was told. */
function application() {
  const app = { person: answers.get("/api/v1/me"), live: true, withoutServer: false, page: "receiving", sites: ["lyon"], heard: [], announced: [], said: [], sent: [], drawn: [] };
  standing(app);
  Object.assign(app, { health: new Health(app), kiosk: false, since: 0, address() {}, setKiosk() {}, soundIsBlocked: () => false });
  Object.assign(app, {
    play: (name) => app.heard.push(name), announce: (text) => app.announced.push(text), say: (text) => app.said.push(text), send: (data) => app.sent.push(data),
    attempt: async (body) => { try { return await body(); } catch (error) { app.said.push(error.message); return undefined; } },
    refresh: (page) => app.drawn.push(page), go: (page) => { app.page = page; }, openRef() {}, drawTools() {},
  });
  for (const [page, Made] of Object.entries(classes)) app[page] = new Made(app);
  return app;
}

const turn = () => new Promise((done) => setImmediate(done));
beforeEach(() => { asked = []; down = false; for (const name of Object.keys(localStorage)) localStorage.removeItem(name); });

/** What a person must never read. */
function readable(node, place) {
  const text = node.textContent;
  assert.ok(text.length > 0, place);
  assert.doesNotMatch(text, /undefined|NaN|Invalid Date|\[object|\{\w+\}|\bnull\b/, `${place}: ${text.slice(0, 400)}`);
  return text;
}

for (const language of ["fr", "en"]) {
  test(`every page can be read, in ${language}`, async () => {
    if (language === "en") switchLanguage();
    try {
      const app = application();
      const texts = [];
      for (const page of Object.keys(classes).filter((name) => name !== "notices")) {
        app.page = page;
        if (page === "receiving" || page === "stocktake") app[page].chosen = 1;
        await app[page].load();
        const main = new Element("main");
        app[page].draw(main);
        await turn();
        app[page].draw(main);
        texts.push(readable(main, page));
      }
      assert.deepEqual(app.said, []);
      for (const ref of [[...answers.keys()].find((path) => path.startsWith("/api/v1/products/")).replace("/api/v1/products/", "product:"), [...answers.keys()].find((path) => path.startsWith("/api/v1/items?")).replace("/api/v1/items?epc=", "tag:")]) {
        app.page = "find";
        app.find.visit(ref);
        await app.find.load();
        const main = new Element("main");
        app.find.draw(main);
        texts.push(readable(main, ref));
      }
      app.page = "clients";
      app.clients.visit("1");
      await app.clients.load();
      const main = new Element("main");
      app.clients.draw(main);
      texts.push(readable(main, "client"));
      assert.ok(texts.join(" ").includes("Disjoncteur"));
    } finally { if (language === "en") switchLanguage(); }
  });
}

test("what is to be repaired is said in French, with what can be done here", async () => {
  const { remedy } = await import(`${web}repairs.js`);
  const { learnSentences } = await import(`${web}i18n.js`);
  await learnSentences();
  const app = application();
  app.page = "repairs";
  await app.repairs.load();
  const main = new Element("main");
  app.repairs.draw(main);
  const text = readable(main, "repairs");
  for (const part of ["Un autre programme a un appareil", "Arrêtez le programme nommé", "demo-dock · dock-left", "elle est partie depuis 3 heures", "from-a-newer-one"]) assert.ok(text.includes(part), `${part}: ${text}`);
  assert.deepEqual(remedy({ code: "gateway-silent", subject: "nice" }), { word: "repairsForget", forget: "nice" });
  assert.equal(remedy({ code: "erp-dead" }).page, "erp");
  assert.equal(remedy({ code: "reader-held", gateway: "demo-dock", subject: "dock-left" }).page, "gateways");
  assert.equal(remedy({ code: "disk-low" }), null);
  // Told of a gateway it reads again, but not with every word of it.
  asked = [];
  app.repairs.message({});
  assert.deepEqual(asked, []);
  app.repairs.read = 0;
  app.repairs.message({});
  assert.deepEqual(asked, ["GET /api/v1/repairs"]);
  app.repairs.list = [];
  app.repairs.draw(main);
  assert.ok(readable(main, "nothing").includes("Rien à réparer"));
});

// MARK: at the dock

const open = () => answers.get("/api/v1/deliveries/1");
const count = (more) => ({ type: "count", data: { delivery: 1, zone: "dock-1", verdict: "expected", subject: "tag:1", quantity: 1, ...more } });

test("a sound is for those who show this delivery", () => {
  const app = application();
  app.receiving.take(structuredClone(open()));
  app.receiving.show(1);
  app.receiving.message(count());
  assert.deepEqual(app.heard, ["expected"]);
  app.receiving.message(count({ delivery: 2, zone: "dock-2", verdict: "extra" }));
  assert.deepEqual(app.heard, ["expected"]);
});

test("a read at this dock that counts into another delivery is shown and heard, until somebody looks", () => {
  const app = application();
  app.receiving.list = [structuredClone(open())];
  app.receiving.take({ ...structuredClone(open()), zone: "dock-1", status: "open" });
  app.receiving.show(1);
  app.receiving.take({ ...structuredClone(open()), id: 2, zone: undefined, status: "open" });
  app.receiving.show(2);
  app.receiving.message(count());
  assert.deepEqual(app.heard, ["elsewhere"]);
  assert.match(app.receiving.drawElsewhere().textContent, /dock-1/);
  app.receiving.show(1);
  assert.equal(app.receiving.drawElsewhere(), null);
});

test("a screen of dock 2 opens what is scanned there, and nothing of dock 1", async () => {
  const app = application();
  app.setStation("dock-2");
  await app.receiving.load();
  assert.equal(app.receiving.chosen, null, "what is open is dock 1's");
  const opened = { ...structuredClone(open()), id: 8, status: "open", zone: "dock-1" };
  app.receiving.message({ type: "delivery", data: opened });
  assert.equal(app.receiving.chosen, null);
  app.receiving.take(opened);
  app.receiving.show(8);
  app.receiving.message({ type: "delivery", data: { ...opened, id: 9, zone: "dock-2" } });
  assert.equal(app.receiving.chosen, 9, "its own note opens, whatever is looked at");
});

test("a delivery opened by its note opens here, unless a reception runs at another dock", () => {
  const app = application();
  const opened = { ...structuredClone(open()), id: 8, status: "open", zone: "dock-2" };
  app.receiving.message({ type: "delivery", data: opened });
  assert.equal(app.receiving.chosen, 8);
  app.receiving.message({ type: "delivery", data: { ...opened, id: 9, zone: "dock-1" } });
  assert.equal(app.receiving.chosen, 8);
});

test("what was scanned and counts nothing is said at its own dock alone", () => {
  const app = application();
  app.receiving.take({ ...structuredClone(open()), zone: "dock-1", status: "open" });
  app.receiving.show(1);
  app.receiving.message({ type: "stray", data: { zone: "dock-2", subject: "text:1", reason: "again" } });
  assert.deepEqual(app.heard, []);
  app.receiving.message({ type: "stray", data: { zone: "dock-1", subject: "text:1", reason: "again" } });
  assert.deepEqual(app.heard, ["again"]);
  assert.deepEqual(app.announced, [t("refused_again", { what: "1" })]);
});

test("a note number of two suppliers asks which delivery it is, and opens the one that is chosen", async () => {
  const app = application();
  const { id, note, supplier } = open();
  app.receiving.list = [{ ...structuredClone(open()), status: "expected", zone: undefined }, { ...structuredClone(open()), id: 8, supplier: "Sonepar", status: "expected", zone: undefined }, { ...structuredClone(open()), id: 9, status: "closed" }];
  app.receiving.message({ type: "stray", data: { zone: "dock-1", subject: `text:${note}`, reason: "several" } });
  assert.deepEqual(app.heard, ["refused"]);
  const main = new Element("main");
  app.receiving.draw(main);
  assert.match(main.textContent, /Plusieurs livraisons attendues portent ce numéro/);
  const choices = main.all("button").filter((one) => one.id?.startsWith("note-of-"));
  assert.deepEqual(choices.map((one) => one.id), [`note-of-${id}`, "note-of-8"]);
  assert.deepEqual(choices.map((one) => one.all("strong")[0].textContent), [supplier, "Sonepar"]);
  await choices[1].listeners.click[0]();
  assert.ok(asked.includes("POST /api/v1/deliveries/8/open"));
  app.receiving.take({ ...structuredClone(open()), zone: "dock-2", status: "open" });
  app.receiving.show(1);
  app.receiving.message({ type: "stray", data: { zone: "dock-1", subject: `text:${note}`, reason: "several" } });
  assert.equal(app.heard.length, 1, "who works at another dock is left alone");
});

test("what the paper says beside its lines is told in words, those of one kind together", () => {
  const app = application();
  const details = [["date", "estimated", "2026-11-23"], ["party", "carrier", "Transports"], ["reference", "order", "PO-1"], ["reference", "order", "PO-2"], ["reference", "ZZZ", "17"]];
  app.receiving.take({ ...structuredClone(open()), details: details.map(([kind, code, value]) => ({ kind, code, value })) });
  app.receiving.show(1);
  const draw = () => { const main = new Element("main"); app.receiving.draw(main); return main.all("details").find((one) => one.all("summary")[0].id === "paper"); };
  assert.deepEqual(draw().all("dt").map((one) => one.textContent), ["Prévu le", "Transporteur", "Commande", "ZZZ"]);
  assert.deepEqual(draw().all("dd").map((one) => one.textContent), ["23/11/2026", "Transports", "PO-1, PO-2", "17"]);
  const panel = draw();
  panel.open = true;
  panel.listeners.toggle[0]({ target: panel });
  assert.ok(draw().open === true || draw().attributes.open !== undefined, "who opened it keeps it open while the page is drawn anew");
  app.receiving.take({ ...structuredClone(open()), details: [] });
  assert.equal(draw(), undefined);
});

test("labels that were read in part are listed in a stock take too", () => {
  const app = application();
  app.stocktake.take({ ...structuredClone(answers.get("/api/v1/takes/1")), remarks: [{ subject: "scan:1", gtin: "03608439390616", text: "7005: not understood", at: 1795807334753 }] });
  app.stocktake.chosen = 1;
  const main = new Element("main");
  app.stocktake.draw(main);
  const panel = main.all("details").find((one) => one.all("summary")[0].id === "remarks");
  assert.match(readable(panel, "remarks"), /1 étiquette lue en partie.*7005: not understood/s);
});

test("without an answer nobody says that nothing fits", async () => {
  const app = application();
  const { proposals } = app.receiving;
  proposals.zone = "dock-1";
  assert.equal(proposals.draw(), null);
  proposals.shown = "dock-1";
  assert.match(proposals.draw().textContent, /dock-1/);
});

test("the dock's numbers are there without the server, and those of a count are read again after a break", async () => {
  const first = application();
  first.receiving.chosen = 1;
  await first.receiving.load();
  first.receiving.keepSoon();
  await new Promise((done) => { const wait = setInterval(() => { if (localStorage.getItem("kept.receiving")) { clearInterval(wait); done(); } }, 50); wait.ref(); });
  down = true;
  const second = application();
  await second.receiving.load();
  assert.equal(second.receiving.list.length, first.receiving.list.length);
  down = false;
  second.stocktake.detail.set(77, { id: 77, lines: [] });
  await second.stocktake.load();
  assert.equal(second.stocktake.detail.has(77), false);
});

// MARK: calls

const card = (more) => ({ call: "a/pbx/1", rev: 1, gateway: "a", state: "ringing", withheld: false, dialable: true, number: { display: "01 23 45 67 89", e164: "+33123456789", kind: "subscriber" },
  started: Date.now(), answeredBy: [], rings: [], talks: [], legs: [], parties: [], deliveries: [], lastCalls: [], mine: "ringing", rang: Date.now(), ...more });
const tell = (app, data, type = "call") => app.calls.message({ type, at: Date.now(), data });

test("a call rings once, in the loud tab, and an older state changes nothing", () => {
  const app = application();
  tell(app, card());
  tell(app, card({ rev: 2 }));
  assert.deepEqual(app.heard, ["ring"]);
  assert.deepEqual(app.sent, [{ shown: "a/pbx/1" }]);
  tell(app, card({ rev: 1, mine: "over" }));
  assert.equal(app.calls.cards.get("a/pbx/1").mine, "ringing");
  assert.match(app.calls.title(), /01 23 45 67 89/);
  app.calls.message({ type: "loud", data: { loud: false } });
  tell(app, card({ call: "a/pbx/2", number: undefined }));
  assert.deepEqual(app.heard, ["ring"], "the tab is not the loud one");
  assert.equal(app.calls.cards.size, 2, "and shows the card");
});

test("what is told again after a break is shown, not heard", () => {
  const app = application();
  app.replaying = true;
  tell(app, card());
  assert.deepEqual([app.heard, app.calls.cards.size], [[], 1]);
});

test("a card goes when it is put aside, given back, merged, or unknown to the server after a break", () => {
  for (const end of [{ dismissed: true }, { mine: "gone" }, { merged: "a/pbx/9" }]) {
    const app = application();
    tell(app, card());
    tell(app, card({ rev: 2, ...end }));
    assert.equal(app.calls.cards.size, 0, JSON.stringify(end));
  }
  const app = application();
  tell(app, card());
  app.calls.running([]);
  assert.equal(app.calls.cards.size, 0);
});

test("a card that somebody only watches stands among the team's and never rings", () => {
  const app = application();
  tell(app, card({ mine: "watched", talks: ["12"] }));
  assert.deepEqual([app.heard, app.calls.cards.size, app.calls.watched.size], [[], 0, 1]);
  tell(app, card({ rev: 2, mine: "over" }));
  assert.equal(app.calls.watched.size, 0);
});

test("a card can be read in each of its states", () => {
  const parties = [{ id: 1, name: "Anne", company: "Électro", numbers: ["01 23"], openDeliveries: 2 }, { id: 2, name: "", company: "Beta", numbers: [] }];
  for (const more of [{}, { parties }, { parties, guess: true }, { parties: parties.slice(0, 1), again: 2 }, { withheld: true, number: undefined }, { mine: "talking", answered: Date.now(), transfers: [{ how: "blind" }] }, { mine: "over", answered: 1 }, { mine: "missed" }]) {
    const app = application();
    readable(app.calls.view.draw(card(more), true), JSON.stringify(more));
  }
});

test("missed calls that a colleague has are not counted any more", () => {
  const app = application();
  app.calls.missed = [card(), card({ taken: { by: "Anne" } })];
  assert.equal(app.calls.missedCount(), 1);
});

// MARK: gateways

test("refused scans are told with their reason, and once where the whole buffer is full", () => {
  const app = application();
  const reader = { kind: "reader", zone: "dock-1", name: "gate" };
  const told = (status) => { app.gateways.list = [{ name: "a", online: true, status }]; return app.gateways.refusals(); };
  assert.deepEqual(told(undefined), []);
  assert.deepEqual(told({ devices: [{ ...reader, notSaved: { code: "full", count: 3 } }] }), [{ zone: "dock-1", code: "full", count: 3 }]);
  assert.equal(told({ buffer: { trouble: "the disk is full", code: "disk-full" }, devices: [reader] })[0].zone, "a");
  assert.equal(told({ buffer: { trouble: "the disk is full" }, devices: [{ kind: "telephony" }] }).length, 0);
});

test("a gateway that says little can be read all the same", () => {
  const app = application();
  for (const status of [undefined, {}, { buffer: { level: "warning" } }, { devices: [{ name: "x", title: "", kind: "", port: "", zone: "x", state: "unknown", since: 0, observations: 0, present: 0 }] }]) {
    readable(app.gateways.drawGateway({ name: "a", online: false, seen: 0, since: 0, status, centre: { applied: 0, rejected: 0, skipped: 0 } }), JSON.stringify(status));
  }
});

// MARK: finding

test("a search that is begun twice has one clock", async () => {
  const app = application();
  const clocks = new Set();
  const [begin, end] = [globalThis.setInterval, globalThis.clearInterval];
  globalThis.setInterval = () => { const clock = {}; clocks.add(clock); return clock; };
  globalThis.clearInterval = (clock) => clocks.delete(clock);
  answers.set("/api/v1/find", { epc: "A", seconds: 60, gateways: 1 });
  try {
    const { tag } = app.find;
    tag.epc = "A";
    const first = tag.start();
    tag.stop();
    await Promise.all([first, tag.start()]);
    assert.equal(clocks.size, 1);
    tag.stop();
    assert.equal(clocks.size, 0);
  } finally { Object.assign(globalThis, { setInterval: begin, clearInterval: end }); answers.delete("/api/v1/find"); }
});

// MARK: dialogs and signing in

test("every dialog can be read", async () => {
  const app = application();
  app.receiving.take(structuredClone(open()));
  app.receiving.show(1);
  const { LineSheet, nameTag } = await import(`${web}lines.js`);
  const { Closing } = await import(`${web}closing.js`);
  const { JobSheet } = await import(`${web}erp-job.js`);
  const { openAccount } = await import(`${web}account.js`);
  const { openInbox } = await import(`${web}inbox.js`);
  const { openBlind } = await import(`${web}blind.js`);
  const [line] = open().lines;
  const sheet = new LineSheet(app.receiving, 1, line, "/api/v1/deliveries/1", ["adjust", "damaged", "refuse", "lot", "later", "accept", "trail"]);
  readable(sheet.sheet.dialog, "line");
  for (const kind of ["adjust", "damaged", "refuse", "lot", "trail"]) { sheet.sheet.show(() => sheet[kind]()); readable(sheet.sheet.dialog, kind); }
  readable(new Closing(app.receiving, app.receiving.detail.get(1)).sheet.dialog, "closing");
  const job = { id: 7, key: "k", kind: "reception", subject: "1", title: "BL-1", state: "dead", attempts: 2, created: Date.now(), who: "Nadia", fault: "rule", sentence: "Sure? [0123456789abcdef01.done]", accept: ["0123456789abcdef01.done"], calls: [{ at: 1, summary: "read", written: false, outcome: "ok", milliseconds: 3 }], payload: { a: 1 } };
  const text = readable(new JobSheet(app, 7, job).sheet.dialog, "job");
  assert.ok(text.includes(t("jobAccept")));
  const held = { ...job, id: 8, kind: "take", state: "waiting", fault: "after", after: "quai/01KB3S6Z0Q1Y8X7W6V5T4S3R2P/reception/17", afterJob: 7, sentence: "It waits.", accept: [] };
  assert.ok(readable(new JobSheet(app, 8, held).sheet.dialog, "held").includes(`${t("jobkind_reception")} 17`));
  const before = document.body.children.length;
  openAccount(app);
  openBlind(app.receiving);
  nameTag(app.receiving, app.receiving.detail.get(1), "sscc:340123450000000017", "/api/v1/deliveries/1");
  await app.audit.users.load();
  app.audit.users.edit(null);
  app.audit.users.edit(app.audit.users.list[0]);
  app.calls.help();
  app.notices.list = [{ id: 1, at: Date.now(), kind: "low-stock", subject: "1", data: { quantity: 1, minimum: 2 } }, { id: 2, at: Date.now(), kind: "count-due", subject: "shelf-a", data: null },
    { id: 3, at: Date.now(), kind: "push-dead", subject: "quai/01KB3S6Z0Q1Y8X7W6V5T4S3R2P/take/3", data: { job: 9, kind: "take", title: "shelf-a", who: "Nadia", fault: "rule", sentence: "Not allowed." } }];
  openInbox(app);
  app.stocktake.zones = ["shelf-a"];
  app.stocktake.begin();
  for (const dialog of document.body.children.slice(before)) readable(dialog, "dialog");
  assert.equal(document.body.children.length - before, 8);
});

test("what somebody was told is listed, and each deed goes for one line", async () => {
  const { openInbox, placeOf, laters } = await import(`${web}inbox.js`);
  const app = application();
  const panel = openInbox(app);
  await turn();
  const text = readable(panel.sheet.dialog, "inbox");
  for (const { title } of panel.entries) assert.ok(text.includes(title), title);
  for (const priority of ["critical", "low", "high"]) assert.ok(panel.sheet.dialog.all("aria-label").some((sign) => sign.attributes["aria-label"] === t(`priority_${priority}`)), priority);
  // What is merely good to know does not call; a sum that comes late is older.
  assert.equal(app.notices.unread, 1);
  app.notices.counted({ unread: 9, low: 0, normal: 9, high: 0, critical: 0, change: 6 });
  assert.equal(app.notices.unread, 1);
  app.notices.counted({ unread: 0, low: 0, normal: 0, high: 0, critical: 0, change: 8 });
  assert.equal(app.notices.total, 0);
  readable({ textContent: app.notices.label }, "the bell");
  // What is chosen is in the address, and an address that says nonsense chooses nothing.
  const { addressWith, choiceOf } = await import(`${web}inbox.js`);
  panel.choose({ type: "call.missed", priority: "high" });
  await turn();
  assert.ok(readable(panel.sheet.dialog, "inbox").includes("Connexions refusées"));
  assert.ok(asked.includes("GET /api/v1/inbox?lang=fr&limit=50&priority=high&type=call.missed"));
  panel.isHere = true;
  panel.drawAgain();
  assert.ok(readable(panel.sheet.dialog, "inbox").includes(t("inboxNoneSuch")));
  const search = addressWith("?ref=product:1", panel.choice);
  assert.equal(search, "?ref=product:1&inbox=all&priority=high&type=call.missed");
  assert.deepEqual(choiceOf(search), panel.choice);
  assert.equal(addressWith(search, null), "?ref=product:1");
  assert.deepEqual(choiceOf("?inbox=%3Cb%3E&priority=loud&type=../x"), { only: "all", priority: "", type: "" });
  panel.choose({ type: "", priority: "" });
  await turn();
  // What is told while an answer of before is on its way is read once more.
  assert.equal(app.notices.counts?.change, 8);
  panel.rest();
  panel.changed();
  panel.counted({ unread: 1, low: 0, normal: 1, high: 0, critical: 0, change: 7 });
  assert.ok(panel.timer);
  panel.counted({ unread: 0, low: 0, normal: 0, high: 0, critical: 0, change: 8 });
  assert.equal(panel.timer, undefined);
  const [gateway, delivery] = panel.entries;
  asked = [];
  await panel.toggle(gateway);
  await panel.snooze(gateway, 1);
  await panel.remove(delivery);
  panel.show(delivery);
  assert.deepEqual(asked.filter((one) => !one.startsWith("GET")), ["POST /api/v1/inbox/4/read", "POST /api/v1/inbox/4/snooze", "DELETE /api/v1/inbox/3", "POST /api/v1/inbox/3/read"]);
  assert.equal(app.page, "receiving");
  assert.deepEqual(placeOf("/find?ref=product:%23VIS-6"), { page: "find", ref: "product:#VIS-6" });
  const now = new Date(2026, 10, 28, 23, 30).getTime();
  const times = laters(now).map(([, until]) => until);
  assert.deepEqual([...times].sort((one, other) => one - other), times);
  assert.ok(times.every((until) => until > now));
});

test("what somebody wants to know can be read, and the night is quiet", async () => {
  const { openPreferences, isQuiet, minuteOf } = await import(`${web}preferences.js`);
  const app = application();
  const before = document.body.children.length;
  await openPreferences(app);
  const text = readable(document.body.children[before], "preferences");
  for (const name of ["Appels manqués", "Connexions refusées", "lea@example.com", "550 5.1.1 no such user", "2 abandonnés", t("preferDigest")]) assert.ok(text.includes(name), name);
  assert.deepEqual(app.said, []);
  const night = { types: [], quietFrom: 1200, quietUntil: 420 };
  assert.deepEqual([1199, 1200, 1439, 0, 419, 420].map((minute) => isQuiet(night, minute)), [false, true, true, true, true, false]);
  assert.deepEqual([0, 719, 720].map((minute) => isQuiet({ types: [], quietFrom: 0, quietUntil: 720 }, minute)), [true, true, false]);
  assert.equal(isQuiet({ types: [] }, 0), false);
  assert.deepEqual(["20:00", "", "07:05"].map(minuteOf), [1200, undefined, 425]);
});

test("who may what can be read, and changed for an own role alone", async () => {
  const app = application();
  const { roleText, scopeText, whole } = await import(`${web}roles.js`);
  app.page = "audit";
  app.audit.aside = "roles";
  await app.audit.load();
  const main = new Element("main");
  app.audit.draw(main);
  const text = readable(main, "roles");
  for (const what of ["Nadia", t("role_staff"), "night-shift", t("roleOwn"), t("scopeAll"), t("act_stock.post")]) assert.ok(text.includes(what), what);
  assert.equal(roleText("night-shift"), "night-shift");
  assert.equal(scopeText({ zones: ["dock-1", "dock-2"] }), t("titled", { title: t("scope_zones"), what: "dock-1, dock-2" }));
  assert.deepEqual([...whole(["stock"], { stock: ["stock.post"] })], ["stock", "stock.post"]);
  const before = document.body.children.length;
  for (const role of [null, ...app.audit.roles.told.roles]) app.audit.roles.edit(role);
  app.audit.users.edit(app.audit.users.list[0]);
  const sheets = document.body.children.slice(before).map((dialog) => readable(dialog, "role form"));
  assert.deepEqual(sheets.map((sheet) => sheet.includes(t("save"))), [true, false, true, true]);
  assert.ok(sheets[3].includes(t("scope_zones")) && sheets[3].includes("dock-1"));
});

test("what is kept about somebody can be read, and for how long", async () => {
  const app = application();
  const { momentOf } = await import(`${web}audit.js`);
  app.page = "audit";
  await app.audit.load();
  const main = new Element("main");
  app.audit.filter = { ...app.audit.filter, kind: "reads" };
  app.audit.draw(main);
  assert.ok(readable(main, "trail").includes(t("trail_reads")));
  app.audit.filter = { ...app.audit.filter, kind: "" };
  app.audit.aside = "guard";
  await app.audit.load();
  app.audit.draw(main);
  let text = readable(main, "data protection");
  for (const word of ["kept_calls", "periodEver", "processing"]) assert.ok(text.includes(t(word)), word);
  assert.ok(text.includes(t("periodDays", { n: 365 })));
  await app.audit.guard.look("0612340091");
  app.audit.draw(main);
  text = readable(main, "a number");
  for (const word of ["place_party", "place_call", "personalErase", "personalPage"]) assert.ok(text.includes(t(word)), word);
  await app.audit.guard.look("Personne");
  app.audit.draw(main);
  assert.ok(readable(main, "nobody").includes(t("personalNothing", { of: "Personne" })));
  assert.equal(momentOf(""), "");
  assert.equal(Number(momentOf("2026-11-28", true)) - Number(momentOf("2026-11-28")), 86_399_999);
});

test("webhooks and each of them can be read", async () => {
  const app = application();
  const { HookSheet } = await import(`${web}webhooks.js`);
  app.page = "audit";
  app.audit.aside = "hooks";
  await app.audit.load();
  const main = new Element("main");
  app.audit.draw(main);
  assert.match(readable(main, "webhooks"), /Tableau/);
  const sheet = new HookSheet(app.audit.hooks, app.audit.hooks.list[0]);
  await sheet.load();
  const text = readable(sheet.sheet.dialog, "webhook");
  assert.ok(text.includes(t("hookGivenUp")) && text.includes("quai.take.post") && text.includes(t("hook_failing")));
  sheet.hook = app.audit.hooks.list[1];
  sheet.sheet.draw();
  assert.ok(readable(sheet.sheet.dialog, "webhook that is off").includes(t("hookwhy_gone")));
  const before = document.body.children.length;
  app.audit.hooks.edit(null);
  app.audit.hooks.edit(app.audit.hooks.list[0]);
  for (const dialog of document.body.children.slice(before)) readable(dialog, "webhook form");
  assert.deepEqual(app.said, []);
});

test("each way in can be read, and without the server a name is asked for", async () => {
  const { SignIn } = await import(`${web}signin.js`);
  const app = application();
  app.person = null;
  const signIn = new SignIn(app);
  for (const [names, atDock, chosen] of [[true, false, null], [false, false, null], [false, true, null], [false, true, { id: 1, name: "Anne" }]]) {
    Object.assign(signIn, { how: { names, people: [{ id: 1, name: "Anne" }] }, atDock, chosen });
    const main = new Element("main");
    signIn.draw(main);
    readable(main, `${names} ${atDock}`);
  }
  down = true;
  const offline = new SignIn(app);
  await offline.ask();
  assert.deepEqual(offline.how, { names: true, people: [] });
});

test("a review shows the ERP's stock where it is another, and what becomes nothing", async () => {
  const { drawReview, toZero, differsFromERP } = await import(`${web}review.js`);
  const app = application();
  const line = (gtin, more) => ({ gtin, description: `Article ${gtin}`, expected: 0, counted: 0, moved: 0, result: 0, book: 0, difference: 0, ...more });
  const lines = [line("1", { expected: 5, counted: 5, result: 5, book: 5, erp: 5 }), line("2", { expected: 5, counted: 5, result: 5, book: 5, erp: 7 }),
    line("#erp:40", { erp: 50 }), line("4", { expected: 3, book: 3, difference: -3, erp: 0 }), line("5", { counted: 2, result: 2, difference: 2, unlotted: 2, erp: 0 })];
  const take = { id: 1, zone: "shelf-a", sources: [], blind: false, status: "review", mode: "add", openedAt: 1, openedBy: "Nadia", complete: false, counted: 7, unknown: 0, differences: 2, lines, unknownTags: [], decisions: [] };
  assert.deepEqual(lines.filter(differsFromERP).map((one) => one.gtin), ["2", "#erp:40", "4"]);
  assert.deepEqual(toZero(take).map((one) => one.gtin), ["#erp:40", "4"]);
  app.stocktake.detail.set(1, take);
  const text = readable(drawReview(app.stocktake, take), "review");
  for (const what of [t("inERP"), "Article 2", "Article #erp:40", t("unlotted", { n: "2" })]) assert.ok(text.includes(what), what);
  assert.ok(!text.includes("Article 1"), "where both agree nothing is shown");
  const before = document.body.children.length;
  app.stocktake.post(take, "/api/v1/takes/1");
  const asked = readable(document.body.children[before], "post");
  assert.ok(asked.includes("Article #erp:40") && asked.includes("Article 4") && !asked.includes("Article 1"));
  assert.ok(asked.includes(t("takeUnlotted", { what: "Article 5" })));
});

test("a stopped push shows its lines with what can be done, and what was left out", async () => {
  const { JobSheet, articleOf } = await import(`${web}erp-job.js`);
  const app = application();
  app.person = { ...app.person, rights: ["erp"] };
  const job = { id: 7, key: "quai/01KB3S6Z0Q1Y8X7W6V5T4S3R2P/take/3", kind: "take", subject: "3", title: "shelf-a", state: "dead", attempts: 1, created: Date.now(), who: "Nadia", fault: "gone", sentence: "No article 036.",
    calls: [], payload: { lines: [{ gtin: "03608439390616", counted: 4 }, { gtin: "", product: "40", counted: 0 }], left: [{ gtin: "03608439390623", quantity: 2, why: "lot" }, { gtin: "03608439390630", quantity: 1, why: "person", who: "Anne" }] } };
  const sheet = new JobSheet(app, 7, job);
  const text = readable(sheet.sheet.dialog, "stopped");
  for (const what of [t("jobLeave"), t("jobChoose"), t("jobLeftLot"), t("jobLeftPerson", { who: "Anne" })]) assert.ok(text.includes(what), what);
  assert.deepEqual(job.payload.lines.map(articleOf), ["03608439390616", "#erp:40"]);
  asked.length = 0;
  await sheet.mend({ leave: "#erp:40" });
  assert.ok(asked.includes("POST /api/v1/erp/jobs/7/mend"));
});

test("the chip of a dock's screen leads to Repairs where a gateway found something", () => {
  const chip = (findings, may = true) => new classes.repairs({ may: () => may, gateways: { list: [{ status: { findings } }, {}] } }).chip();
  assert.ok(chip([{ code: "agent-disk-full", severity: "broken" }]));
  assert.ok(!chip([{ code: "reader-experimental", severity: "note" }]) && !chip(undefined));
  assert.ok(!chip([{ code: "agent-disk-full", severity: "broken" }], false));
});

// The rules of the pages, without a page: what changed is put in its place, numbers and days are written, doubt is decided.

import "./browser.js";
import { afterEach, test } from "node:test";
import assert from "node:assert/strict";

const web = "../../Sources/IngestServer/Web/";
const { patched, Details } = await import(`${web}patch.js`);
const { keep, kept, keepFor, forget } = await import(`${web}keep.js`);
const { ago, codeText, day, isOwnCode, labelForm, numberPad, plain, signed } = await import(`${web}parts.js`);
const { clock, lang, number, plural, span, switchLanguage, t, when } = await import(`${web}i18n.js`);
const { lastDecision, sayDecision } = await import(`${web}decisions.js`);
const { undoneSince } = await import(`${web}reopen.js`);
const { questionsOf } = await import(`${web}questions.js`);
const { about, reason, whoIs } = await import(`${web}card.js`);
const { link } = await import(`${web}facts.js`);
const { ulid } = await import(`${web}api.js`);
const { h, replace } = await import(`${web}dom.js`);
const { standing } = await import(`${web}station.js`);

/** No-break spaces of the language's own rules, as spaces. */
const spaced = (text) => text.replace(/[\u00A0\u202F]/g, " ");
const inEnglish = (body) => { switchLanguage(); try { body(); } finally { switchLanguage(); } };

afterEach(() => { for (const name of Object.keys(localStorage)) localStorage.removeItem(name); delete localStorage.limit; });

test("an article without a GTIN is called by its reference, and never by our sign", () => {
  assert.equal(codeText("09521234000013"), "09521234000013");
  assert.equal(codeText("#VIS-6x40"), "sans GTIN · VIS-6x40");
  assert.equal(codeText("#VIS-6x40", "VIS-6x40"), "sans GTIN", "its reference stands beside it");
  assert.equal(codeText("#erp:57"), "sans GTIN");
  inEnglish(() => assert.equal(codeText("#erp:57", "A"), "no GTIN"));
  assert.ok(isOwnCode("#A") && !isOwnCode("09521234000013"));
});

test("labels are asked for with the sheet and what is chosen", () => {
  const form = labelForm("gtin=%23A%2F1", { copies: true, serials: false });
  const link = form.querySelector("a");
  assert.equal(link.getAttribute("href"), "/api/v1/labels?gtin=%23A%2F1&sheet=3x8&copies=1&skip=0");
  assert.equal(form.all("input").length, 2, "only what has a GTIN has serial numbers");
});

// MARK: what the stream tells

test("a whole that is told is taken as it is", () => {
  const whole = { id: 1, lines: [] };
  assert.equal(patched(undefined, whole), whole);
});

test("places that changed are put into what is known, and the sums with them", () => {
  const known = { id: 1, received: 1, lines: ["a", "b", "c"], questions: ["q"] };
  const now = patched(known, { id: 1, received: 2, patch: { lines: { count: 4, set: [[1, "B"], [3, "d"]] }, questions: { count: 0, set: [] } } });
  assert.deepEqual(now, { id: 1, received: 2, lines: ["a", "B", "c", "d"], questions: [] });
  assert.deepEqual(known.lines, ["a", "b", "c"], "what was known stays as it was");
});

test("a hole, sums alone and a patch of what is not known ask to read the whole", () => {
  assert.equal(patched({ lines: ["a"] }, { patch: { lines: { count: 3, set: [[2, "c"]] } } }), null);
  assert.equal(patched({ lines: ["a"] }, { patch: { lines: { count: 3, set: [] } } }), null, "one that was never told");
  assert.equal(patched({ lines: ["a"] }, { received: 3, partial: true }), null);
  assert.equal(patched(undefined, { patch: { lines: { count: 1, set: [[0, "a"]] } } }), null);
  assert.equal(patched({ id: 1 }, { patch: { lines: { count: 1, set: [[0, "a"]] } } }), null, "only its sums are known");
});

test("what was told while it was read is read again, three times at most", async () => {
  let reads = 0;
  const details = new Details(async (id) => { reads += 1; if (reads < 3) details.touch(id); return { reads }; });
  assert.deepEqual(await details.fetch(7), { reads: 3 });
  let always = 0;
  const restless = new Details(async (id) => { always += 1; restless.touch(id); return { always }; });
  await restless.fetch(7);
  assert.equal(always, 4);
});

// MARK: what is kept

test("what is kept comes back with its moment, and nothing broken is read", () => {
  assert.equal(keep("receiving", { list: [] }), true);
  assert.deepEqual(kept("receiving").value, { list: [] });
  assert.ok(Math.abs(kept("receiving").at - Date.now()) < 5000);
  localStorage.setItem("kept.receiving", "{");
  assert.equal(kept("receiving"), null);
  assert.equal(kept("person"), null);
});

test("what is too large, or finds no room, is not kept and says so", () => {
  assert.equal(keep("receiving", "x".repeat(1500000)), false);
  localStorage.limit = 10;
  assert.equal(keep("receiving", "a longer text"), false);
});

test("nothing of the last person stays for another", () => {
  keepFor({ id: 1, name: "Anne" });
  keep("receiving", { list: [1] });
  keepFor({ id: 1, name: "Anne" });
  assert.ok(kept("receiving"), "the same person finds it again");
  keepFor({ id: 2, name: "Bruno" });
  assert.equal(kept("receiving"), null);
  localStorage.setItem("language", "fr");
  forget();
  assert.equal(kept("person"), null);
  assert.equal(localStorage.getItem("language"), "fr", "what is the screen's own stays");
});

// MARK: numbers, days and words

test("numbers are written as the language does", () => {
  assert.equal(spaced(number(1234567)), "1 234 567");
  assert.equal(number(undefined), "0");
  assert.equal(spaced(signed(1234)), "+1 234");
  assert.equal(signed(-3), "−3");
  assert.equal(signed(0), "0");
  inEnglish(() => assert.equal(number(1234567), "1,234,567"));
});

test("one is singular, and zero is so in French alone", () => {
  assert.equal(plural("lines", 1), "1 ligne");
  assert.equal(plural("lines", 0), "0 ligne");
  assert.equal(plural("lines", 2), "2 lignes");
  inEnglish(() => { assert.equal(plural("lines", 0), "0 lines"); assert.equal(plural("lines", 1), "1 line"); });
});

test("a word that nobody wrote is shown as its key, a value that is missing as nothing", () => {
  assert.equal(t("no-such-word"), "no-such-word");
  assert.ok(!t("offline", {}).includes("{"));
  assert.equal(lang(), "fr");
});

test("days are days whatever the clock, and what is none stays as it is", () => {
  assert.equal(day("2026-03-29"), "29/03/2026");
  assert.equal(day("2026-03-29T23:59:00Z"), "29/03/2026");
  assert.equal(day("sans date"), "sans date");
  assert.equal(day(undefined), "");
});

test("a moment of today is a time, another one has its day", () => {
  const today = new Date();
  today.setHours(9, 5, 0, 0);
  assert.equal(when(today.getTime()), "09:05");
  assert.match(when(new Date(2020, 1, 3, 9, 5).getTime()), /03\/02.*09:05/);
});

test("how long is told in one unit", () => {
  assert.equal(clock(65000), "1:05");
  assert.equal(clock(-1), "0:00");
  assert.equal(spaced(span(90 * 60000)), "90 minutes");
  assert.equal(spaced(span(-3 * 3600000)), "3 heures");
  assert.equal(spaced(span(50 * 3600000)), "2 jours");
  assert.equal(ago(Date.now()), t("justNow"));
  assert.equal(ago(Date.now() - 2 * 3600000), "il y a 2 heures");
  assert.equal(ago(Date.now() - 86400000), "hier");
});

test("a subject is shown without the word that says how it was read", () => {
  assert.equal(plain("tag:3034257BF7194E4000001A85"), "3034257BF7194E4000001A85");
  assert.equal(plain("sscc:340123450000000017"), "340123450000000017");
  assert.equal(plain("text:scan:1"), "scan:1", "only the first");
  assert.equal(plain(null), "");
});

// MARK: numbers that are keyed in

const keys = (pad, text) => { for (const key of text) pad.node.all("button").find((button) => button.textContent === key).listeners.click[0](); };

test("digits, the way back and the sign make a number within its bounds", () => {
  const pad = numberPad({ signed: true, min: -5, max: 100, label: "n" });
  keys(pad, "42");
  assert.equal(pad.value, 42);
  keys(pad, "⌫");
  assert.equal(pad.value, 4);
  keys(pad, "±");
  assert.equal(pad.value, -4);
  keys(pad, "0");
  assert.equal(pad.value, -5, "not below the least");
});

test("a barcode that is scanned into a number changes nothing", () => {
  const pad = numberPad({ value: 3, label: "n" });
  const [input] = pad.node.all("input");
  input.value = "3608441234567";
  input.listeners.input[0]();
  assert.equal(pad.value, 3);
  assert.equal(input.value, "3");
  input.value = "12a";
  input.listeners.input[0]();
  assert.equal(pad.value, 12);
});

// MARK: decisions

const delivery = {
  id: 1, lines: [{ gtin: "03608449999999", description: "Câble", expected: 5, received: 3, missing: 2, extra: 0 }, { gtin: "1", description: "", expected: 0, missing: 0, extra: 2 }, { gtin: "2", description: "Lampe", expected: 1, missing: 0, extra: 1 }],
  unknownTags: [{ subject: "tag:AA" }],
};

test("the last decision that holds is the one that is taken back", () => {
  assert.equal(lastDecision({}), null);
  const decisions = [{ id: 1, kind: "adjust" }, { id: 2, kind: "refuse", undoneBy: 3 }, { id: 3, kind: "undo" }];
  assert.equal(lastDecision({ decisions }).id, 1);
});

test("a decision says the article, not its number", () => {
  assert.match(sayDecision(delivery, { kind: "adjust", gtin: "03608449999999", quantity: -2 }), /−2.*Câble/);
  assert.match(sayDecision(delivery, { kind: "remove", subject: "tag:AA" }), /AA/);
});

test("what is to be decided is the server's to say, and else what the sums say", () => {
  assert.deepEqual(questionsOf({ ...delivery, questions: [] }), []);
  assert.deepEqual(questionsOf(delivery), [
    { kind: "short", gtin: "03608449999999", quantity: 2 }, { kind: "unordered", gtin: "1", quantity: 2 },
    { kind: "over", gtin: "2", quantity: 1 }, { kind: "unknown", subject: "tag:AA" },
  ]);
});

// MARK: who calls

const card = { parties: [], answeredBy: [], mine: "ringing" };
const anne = { id: 1, name: "Anne", company: "Électro", numbers: [] };

test("a card is about the only match, the chosen one, or what little is known", () => {
  assert.equal(whoIs({ ...card, withheld: true }).title, t("withheld"));
  assert.deepEqual([whoIs({ ...card, parties: [anne] }).title, whoIs({ ...card, parties: [anne] }).company], ["Anne", "Électro"]);
  const two = { ...card, parties: [anne, { id: 2, name: "", company: "Beta", numbers: [] }], number: { display: "01 23" } };
  assert.deepEqual([whoIs(two).title, whoIs(two).several], ["01 23", true]);
  assert.equal(whoIs({ ...two, note: { party: 2 } }).title, "Beta");
  assert.equal(whoIs({ ...card, parties: [anne], guess: true, number: { display: "01 23" } }).party, undefined, "a guess is none until somebody chooses");
  assert.equal(whoIs({ ...card, sentName: "ATELIER" }).title, "ATELIER");
  assert.equal(whoIs(card).title, t("unknownCaller"));
});

test("why a call ended names the colleague who took it", () => {
  assert.equal(reason({ ...card, cause: "answered-elsewhere", answeredBy: ["12"] }), t("takenBy", { who: "12" }));
  assert.equal(reason({ ...card, cause: "busy" }), "occupé");
  assert.equal(about("quote"), "Devis");
  assert.equal(about("Chantier"), "Chantier", "a word of the site's own list");
});

test("a click has an identity of 26 signs that no other has, in the order of time", () => {
  const first = ulid();
  assert.match(first, /^[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.notEqual(first, ulid());
  assert.ok(first.slice(0, 10) <= ulid().slice(0, 10));
});

// MARK: nothing from outside is markup

test("text is text, and what is left out leaves nothing", () => {
  const node = h("p", { class: "soft", title: null, hidden: true }, "<b>", null, false, [undefined, ["&"]]);
  assert.equal(node.textContent, "<b>&");
  assert.deepEqual(node.attributes, { class: "soft", hidden: "" });
  replace(node, [null, "x"], false);
  assert.deepEqual(node.children, ["x"]);
});

test("an address that another system sends is a link only on the web", () => {
  assert.equal(link("javascript:alert(1)", "name"), "name");
  assert.equal(link(undefined, "name"), "name");
  assert.equal(link("https://erp.example/1", "name").attributes.rel, "noopener noreferrer");
});

// MARK: rights and docks

test("where nobody has a password everybody may everything, and else what is written", () => {
  const app = { live: true, withoutServer: false };
  standing(app);
  app.person = { rights: ["stock"] };
  assert.deepEqual([app.may("stock"), app.may("users"), app.isAway()], [true, false, false]);
  app.person = { rights: ["deliveries.see", "gateways.see"] };
  assert.deepEqual(["receiving", "stocktake", "find", "clients", "calls", "erp", "gateways", "notices", "audit", "help"].filter(app.sees), ["receiving", "gateways", "audit", "help"]);
  app.person = { openHouse: true, rights: [] };
  assert.equal(app.may("users") && app.sees("calls"), true);
  app.live = false;
  assert.equal(app.isAway(), true);
  app.setStation("dock-2");
  assert.deepEqual(app.docksFirst(["dock-1", "dock-2", "dock-3"]), ["dock-2", "dock-1", "dock-3"]);
});

test("an undo says what it undid, once; opening again is nothing to be undone", () => {
  const lines = [{ gtin: "1", description: "Breaker" }];
  const counted = { id: 4, at: 1, who: "Nadia", kind: "adjust", gtin: "1", quantity: 2 };
  const before = { lines, decisions: [counted] };
  const now = { lines, decisions: [{ ...counted, undoneBy: 5 }, { id: 5, at: 2, who: "Bruno", kind: "undo", quantity: 4 }] };
  inEnglish(() => assert.equal(spaced(undoneSince(before, now)), "Undone by Bruno: +2 Breaker"));
  assert.equal(undoneSince(now, now), null);
  assert.equal(undoneSince(undefined, now), null, "what was not shown before is not said");
  assert.equal(undoneSince({ lines, decisions: [] }, before), null);
  assert.equal(lastDecision({ lines, decisions: [counted, { id: 6, at: 3, who: "Bruno", kind: "reopen" }] }).id, 4);
});

// MARK: the address of a dock

test("an address that no tablet reaches is known", async () => {
  const { isHere } = await import("../../Sources/IngestServer/Web/here.js");
  for (const name of ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", "quai.localhost"]) assert.ok(isHere(name), name);
  for (const name of ["depot.example", "192.0.2.7", "localhost.example", "[2001:db8::1]", "127.0.0.1.example", ""]) assert.ok(!isHere(name), name);
});

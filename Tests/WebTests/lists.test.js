// The list of deliveries: how late they are, what is asked of the server, what is folded.

import { Element } from "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";

const web = "../../Sources/IngestServer/Web/";
const { DeliveryPages, dayHere, daysBetween, dueText, stateOf } = await import(`${web}list.js`);
const { firstOf, entries } = await import(`${web}long.js`);
const { switchLanguage } = await import(`${web}i18n.js`);

const delivery = (id, more) => ({ id, note: `BL-${id}`, supplier: "Rexel", status: "expected", expected: 1, received: 0, lineCount: 1, ...more });

test("a delivery is late from the day after the one it was expected on", () => {
  assert.equal(stateOf(delivery(1, { expectedOn: "2026-11-27" }), "2026-11-28"), "late");
  assert.equal(stateOf(delivery(1, { expectedOn: "2026-11-28" }), "2026-11-28"), "today");
  assert.equal(stateOf(delivery(1, { expectedOn: "2026-11-29" }), "2026-11-28"), "later");
  assert.equal(stateOf(delivery(1, {}), "2026-11-28"), "later");
  assert.equal(stateOf(delivery(1, { status: "open", expectedOn: "2026-11-01" }), "2026-11-28"), "open");
});

test("days are whole, over months, leap days and the change of the clock", () => {
  assert.equal(daysBetween("2026-11-22", "2026-11-28"), 6);
  assert.equal(daysBetween("2026-10-24", "2026-10-26"), 2);
  assert.equal(daysBetween("2028-02-28", "2028-03-01"), 2);
  assert.equal(dayHere(new Date(2026, 0, 5)), "2026-01-05");
});

test("how late it is stands in words, in the number of the language", () => {
  assert.equal(dueText(delivery(1, { expectedOn: "2026-11-22" }), "2026-11-28"), "6 jours de retard");
  assert.equal(dueText(delivery(1, { expectedOn: "2026-11-27" }), "2026-11-28"), "1 jour de retard");
  assert.equal(dueText(delivery(1, { expectedOn: "2026-11-28" }), "2026-11-28"), "attendue aujourd’hui");
  switchLanguage();
  try { assert.equal(dueText(delivery(1, { expectedOn: "2026-11-22" }), "2026-11-28"), "6 days late"); } finally { switchLanguage(); }
});

test("of a thousand the first thirty are on the page, what comes later is folded, and the search asks the server", async () => {
  const today = dayHere();
  const asked = [];
  const view = { days: 1, list: [], isAway: () => false, bring(some) { this.list.push(...some); }, load() {}, app: { refresh() {}, attempt: (body) => body() } };
  globalThis.fetch = async (path) => {
    asked.push(path);
    const many = Array.from({ length: 30 }, (_, n) => delivery(n + 1, { expectedOn: n < 10 ? "2020-01-01" : today }));
    return { ok: true, status: 200, headers: { get: () => null }, text: async () => JSON.stringify({ deliveries: many, zones: [], counts: { open: 0, late: 10, today: 60, later: 930, closed: 12 }, total: 1012, next: 30, suppliers: ["Rexel", "Sonepar"], docks: ["dock-1", "dock-2"] }) };
  };
  const pages = new DeliveryPages(view);
  view.list = (await pages.first()).deliveries;
  const main = new Element("main");
  const draw = () => { main.replaceChildren(...[pages.drawFilters(), pages.drawGroups(view.list, (one) => new Element("button"))].flat(9).filter(Boolean)); return main; };
  assert.equal(draw().all("li").length, 30);
  assert.equal(main.all("button").find((one) => one.id === "fold-later").getAttribute("aria-expanded"), "false");
  assert.ok(main.all("button").some((one) => one.id === "more-today"), "ten of today are not here yet");
  await main.all("button").find((one) => one.id === "more-today").listeners.click[0]();
  assert.match(asked.at(-1), /state=today&after=30$/);
  pages.text = "rexel 12";
  await pages.first();
  assert.match(asked.at(-1), /q=rexel%2012/);
  assert.ok(pages.isFiltered);
});

test("of a long list the first are drawn, and more when somebody asks", () => {
  const all = Array.from({ length: 120 }, (_, n) => n);
  let again = 0;
  const draw = () => firstOf("test", all, (n) => new Element(`li${n}`), () => { again += 1; }).filter(Boolean);
  assert.equal(draw().length, entries + 1);
  const button = draw().at(-1).all("button")[0];
  assert.match(button.textContent, /70/);
  button.listeners.click[0]();
  assert.equal(again, 1);
  assert.equal(draw().length, 2 * entries + 1);
  assert.equal(firstOf("short", [1, 2], () => new Element("li"), () => {}).filter(Boolean).length, 2);
});

// A page whose script has not come yet.

import "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";

const web = "../../Sources/IngestServer/Web/";
const { Later } = await import(`${web}later.js`);
const { deeds, makers } = await import(`${web}pages.js`);

/** A page that writes down what it is told. */
function page() {
  const told = [];
  const one = { skew: 0, told };
  for (const name of ["clear", "load", "arrive", "visit", "hidden", "message", "running", "pushed", "open"]) one[name] = (...all) => told.push([name, ...all]);
  return one;
}

test("what a page was told before its script came, it is told in its order", async () => {
  const later = new Later({ page: "calls" }, "calls");
  later.clear();
  await later.load();
  await later.load();
  later.running([{ call: "a" }]);
  later.message({ type: "call" });
  later.visit("7", true);
  later.skew = 12;
  const made = page();
  later.hand(made);
  assert.deepEqual(made.told, [["load"], ["running", [{ call: "a" }]], ["message", { type: "call" }], ["visit", "7", true]]);
  assert.equal(made.skew, 12);
  later.hand(made);
  assert.equal(made.told.length, 4);
});

test("whoever went on to another page does not arrive there afterwards", () => {
  const app = { page: "find" };
  const later = new Later(app, "find");
  later.arrive();
  later.visit("tag:1");
  later.message({ type: "found" });
  app.page = "receiving";
  const made = page();
  later.hand(made);
  assert.deepEqual(made.told, [["message", { type: "found" }]]);
});

test("nothing of the last person is told, and what is too much is read instead", async () => {
  const later = new Later({ page: "receiving" }, "stocktake");
  later.message({ type: "take" });
  later.clear();
  const made = page();
  later.hand(made);
  assert.deepEqual(made.told, []);
  for (let n = 0; n < 1200; n += 1) later.message({ n });
  later.hand(made);
  assert.deepEqual(made.told[0], ["load"]);
  assert.ok(made.told.length <= 501);
  assert.deepEqual(made.told.at(-1), ["message", { n: 1199 }]);
});

test("a page that is awaited can stand for each that comes, and every deed is there", () => {
  assert.deepEqual(Object.keys(makers).sort(), ["audit", "calls", "clients", "erp", "find", "gateways", "help", "repairs", "stocktake"]);
  const later = new Later({ page: "receiving" }, "calls");
  assert.deepEqual([later.missedCount(), later.title(), later.chosen], [0, null, null]);
  for (const [name, deed] of Object.entries(deeds)) assert.equal(typeof deed, "function", name);
});

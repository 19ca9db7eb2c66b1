// What a dock's chip says of what is known.

import "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";

const web = "../../Sources/IngestServer/Web/";
const { judge } = await import(`${web}health.js`);
const { stationOf } = await import(`${web}station.js`);
const { ems } = await import(`${web}fit.js`);

const reader = { name: "left", kind: "reader", zone: "dock-1", state: "ready", title: "", port: "", since: 1, observations: 0, present: 0 };
/** @param {object} [more] @param {object} [own] */
const gateway = (more = {}, own = {}) => ({ name: "g", online: true, since: 1, seen: 1, centre: { applied: 0, rejected: 0, skipped: 0 }, status: { account: { pending: 0 }, uplink: { delivering: true }, devices: [reader], ...more }, ...own });
const up = { broker: true, since: 1 };
const judged = (more, own, health = up, awaySince = null) => judge({ zone: "dock-1", gateways: [gateway(more, own)], health, awaySince });

test("where all is well it says nothing but that", () => {
  const { level, text, parts } = judged();
  assert.equal(level, "good");
  assert.equal(text, "");
  assert.ok(parts.every((part) => part.level === "good"));
});

test("each break is shown, and whether scans are kept", () => {
  assert.match(judged({}, {}, { broker: false, since: 1 }).text, /^Scannez : tout est gardé/);
  assert.match(judged({}, {}, up, 1).text, /^Scannez : tout est gardé.*centre/);
  assert.match(judged({ uplink: { delivering: false }, account: { pending: 312 } }).text, /312 en attente/);
  assert.equal(judged({}, { online: false }).level, "bad");
  assert.match(judged({}, { online: false }).text, /Pas de bip/);
  assert.equal(judged({ devices: [{ ...reader, state: "missing" }] }).level, "bad");
  assert.equal(judged({ devices: [{ ...reader, state: "missing" }, { ...reader, name: "right" }] }).level, "wait");
  assert.equal(judged({ clockOffset: 7200000 }).level, "wait");
  assert.match(judged({ buffer: { level: "full", trouble: "full" } }).text, /^ARRÊTEZ/);
  assert.equal(judged({}, {}, { ...up, erp: "unreachable" }).parts.at(-1).level, "wait");
});

test("a full buffer alarms although the link is lost too", () => {
  const full = { buffer: { level: "full", trouble: "full" } };
  assert.equal(judged(full, {}, { broker: false, since: 1 }).level, "bad");
  assert.equal(judged(full, {}, up, 1).level, "bad");
});

test("nothing that was told before a break is called good after it", () => {
  for (const one of [judged({}, {}, { broker: false, since: 1 }), judged({}, {}, up, 1), judged({}, { online: false })]) {
    for (const name of ["reader", "link"]) assert.notEqual(one.parts.find((part) => part.name === name).level, "good");
  }
});

test("a gateway that froze does not answer, though the broker calls it connected", () => {
  const said = judged({}, { silent: 5 });
  assert.equal(said.level, "bad");
  for (const name of ["reader", "link"]) assert.equal(said.parts.find((part) => part.name === name).level, "bad");
});

test("another dock's gateway says nothing of this one", () => {
  assert.equal(judge({ zone: "dock-2", gateways: [gateway({}, { online: false })], health: up, awaySince: null }).level, "good");
});

test("an address says which dock, and whether it is a wall", () => {
  assert.deepEqual(stationOf({ pathname: "/dock/Quai%20Nord", search: "" }), { zone: "Quai Nord", kiosk: false });
  assert.deepEqual(stationOf({ pathname: "/dock/dock-2/kiosk", search: "" }), { zone: "dock-2", kiosk: true });
  assert.deepEqual(stationOf({ pathname: "/receiving", search: "?kiosk" }), { zone: null, kiosk: true });
  assert.deepEqual(stationOf({ pathname: "/dock/%E0%A4%A", search: "" }), { zone: null, kiosk: false });
});

test("a longer number is never thought narrower", () => {
  assert.ok(ems("123 456,789") > ems("123 456") && ems("123,456") > ems("1,234") && ems("10") > ems("9"));
});

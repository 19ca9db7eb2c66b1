// What an import would change is shown beside what stands there, and how its text was read can be chosen otherwise.

import { Element } from "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";

const web = "../../Sources/IngestServer/Web/";
const { drawChanges, drawReading } = await import(`${web}changes.js`);
const { switchLanguage } = await import(`${web}i18n.js`);

/** @param {unknown} drawn */
const inside = (drawn) => { const body = new Element("div"); body.append(...[drawn].flat(9).filter(Boolean)); return body; };
const plain = (text) => text.replace(/[\u00A0\u202F]/g, " ");
const none = { new: 0, changed: 0, unchanged: 0, gone: 0, rows: [] };

test("a changed row has what stands there now beside what will, and a new one what it says", () => {
  const body = inside(drawChanges({ ...none, new: 1, changed: 1, unchanged: 1234, rows: [
    { kind: "changed", title: "Câble", fields: [{ name: "quantity", now: "12.5", next: "1200" }, { name: "lot", next: "L1" }] },
    { kind: "new", title: "Prise", fields: [{ name: "quantity", next: "3" }, { name: "gtin", next: "03608439390616" }] },
  ] }));
  const cells = body.all("td").map((cell) => plain(cell.textContent));
  assert.deepEqual(cells, ["Quantité12,5", "1 200", "Lot—", "L1", "Quantité : 3 · Code-barres (GTIN) : 03608439390616"]);
  assert.deepEqual(body.all("p")[0].all("span").map((one) => plain(one.textContent)), ["Nouvelles : 1", "Modifiées : 1", "Retirées : 0", "Inchangées : 1 234"]);
});

test("where more changes than is shown, that is said; where nothing does, that too", () => {
  const many = inside(drawChanges({ ...none, new: 250, rows: [{ kind: "new", title: "A", fields: [] }] }));
  assert.match(plain(many.textContent), /1 ligne montrée sur 250/);
  assert.match(inside(drawChanges({ ...none, unchanged: 3 })).textContent, /Rien ne changera/);
});

test("how a text was read is told in one line, and chosen otherwise below it", () => {
  const chosen = [];
  const draw = (asBefore = false) => inside(drawReading({ separator: "semicolon", encoding: "windows-1252" }, { asBefore, changed: (name, word) => chosen.push([name, word]), anew: () => chosen.push("anew") }));
  const body = draw();
  assert.equal(body.all("summary")[0].textContent, "Séparateur : point-virgule · Encodage : Windows-1252");
  const selects = body.all("select");
  assert.deepEqual(selects.map((one) => one.attributes.name), ["separator", "encoding", "decimal"]);
  // Numbers without a certain sign are read each by itself.
  assert.deepEqual(selects[2].all("option").map((one) => one.value), ["", "comma", "point"]);
  selects[0].listeners.change[0]({ target: { value: "tab" } });
  assert.deepEqual(chosen, [["separator", "tab"]]);
  assert.ok(!body.textContent.includes("dernière fois"));
  const before = draw(true);
  assert.equal(before.all("summary")[0].textContent, "Lu comme la dernière fois · Séparateur : point-virgule · Encodage : Windows-1252");
  before.all("button")[0].listeners.click[0]({});
  assert.equal(chosen.pop(), "anew");
  switchLanguage();
  try { assert.equal(draw().all("summary")[0].textContent, "Separator: semicolon · Encoding: Windows-1252"); } finally { switchLanguage(); }
});

// The page that a gateway shows at the depot: its rules, taken out of the program's source.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const source = readFileSync(new URL("../../Sources/EdgeAgent/Page/LocalPage+Script.swift", import.meta.url), "utf8");
const script = source.slice(source.indexOf('#"""') + 4, source.lastIndexOf('"""#'));
const rules = script.slice(0, script.indexOf("/* begin */"));
const { words, verdict, languageOf, scanText, sums } = new Function(`${rules}; return { words, verdict, languageOf, scanText, sums };`)();

const forms = readFileSync(new URL("../../Sources/EdgeAgent/Page/LocalPage+Deciding.swift", import.meta.url), "utf8");
const form = forms.slice(forms.indexOf('#"""') + 4, forms.lastIndexOf('"""#')).replaceAll("export ", "");
const { decideWords, decisionOf, saying } = new Function(`${form}; return { decideWords, decisionOf, saying };`)();

/** No-break spaces of the language's own rules, as spaces. */
const spaced = (text) => text.replace(/[\u00A0\u202F]/g, " ");
const well = {
  agent: "dock", site: "lyon", clock: 1_800_000_000_000, synced: true, buffer: { pending: 0, bytes: 1, budget: 100 },
  uplink: { connected: true, centre: true, delivering: true, since: 1_800_000_000_000 },
  devices: [{ name: "gate", kind: "scanner", zone: "dock-1", state: "ready" }], reads: [],
};
const broken = { ...well, uplink: { connected: false, centre: false, delivering: false, since: 1_800_000_000_000 }, buffer: { ...well.buffer, pending: 312 } };

test("while all is well whoever scans is told so", () => {
  assert.deepEqual([verdict(well, "fr", 0).level, verdict(well, "fr", 0).head], ["good", "Scannez : tout est enregistré"]);
  assert.equal(verdict({ ...well, buffer: { ...well.buffer, pending: 3 } }, "en", 0).text, "3 on the way to the centre.");
});

test("a centre that is away is calm, and says what waits", () => {
  const said = verdict(broken, "fr", 0);
  assert.deepEqual([said.level, said.head], ["calm", "Scannez : tout est gardé ici, 312 en attente"]);
  assert.match(said.text, /Pas de liaison avec le centre depuis .*Rien n’est perdu/);
  assert.match(said.title, /312 en attente/);
  assert.match(verdict({ ...broken, uplink: { ...broken.uplink, connected: true } }, "en", 0).text, /The centre has not answered since/);
  assert.equal(spaced(verdict({ ...broken, buffer: { ...broken.buffer, pending: 123456 } }, "fr", 0).head), "Scannez : tout est gardé ici, 123 456 en attente");
});

test("what is not saved is an alarm, whatever else is well", () => {
  const full = { ...broken, buffer: { ...broken.buffer, trouble: "not saved: …", code: "disk-full", since: 1_800_000_000_000, refusedSince: 4 } };
  const said = verdict(full, "fr", 0);
  assert.deepEqual([said.level, said.head], ["alarm", "NON ENREGISTRÉ : arrêtez de scanner"]);
  assert.match(said.text, /disque est plein.*: 4\./);
  const stock = { ...well, devices: [...well.devices, { name: "store", kind: "reader", zone: "store", state: "ready", notSaved: { code: "outbox-reserved", count: 0 } }] };
  assert.deepEqual([verdict(stock, "en", 0).level, verdict(stock, "en", 0).head], ["alarm", "NOT SAVED at store"]);
  assert.equal(verdict(null, "en", 1_800_000_000_000).level, "alarm", "a gateway that does not answer promises nothing");
});

test("a depot without a reader that is heard is told so before it scans into nothing", () => {
  const mute = { ...broken, devices: [{ ...well.devices[0], state: "gone" }] };
  assert.deepEqual([verdict(mute, "fr", 0).level, verdict(mute, "fr", 0).head], ["wait", "Aucun lecteur n’est entendu"]);
  assert.equal(verdict({ ...well, devices: [] }, "en", 0).level, "wait");
  const telephones = { ...well, devices: [{ name: "pbx", kind: "telephony", zone: "pbx", state: "ready" }] };
  assert.equal(verdict(telephones, "en", 0).level, "good", "who has telephones alone waits for no reader");
});

test("a centre that refuses this gateway is no calm, and a memory that fills up is said", () => {
  assert.equal(verdict({ ...broken, uplink: { ...broken.uplink, alarm: "cloned" } }, "en", 0).level, "wait");
  assert.match(verdict({ ...broken, buffer: { ...broken.buffer, bytes: 85 } }, "en", 0).text, /filling up: 85 %/);
  assert.match(verdict({ ...well, synced: false }, "en", 0).text, /clock was never set/);
});

test("what is spoken aloud stays while only numbers change", () => {
  const more = { ...broken, buffer: { ...broken.buffer, pending: 313 } };
  assert.equal(verdict(broken, "fr", 0).key, verdict(more, "fr", 0).key);
  assert.notEqual(verdict(broken, "fr", 0).key, verdict(well, "fr", 0).key);
});

test("both languages have the same words, and French is set as French is", () => {
  const names = (value, path = "") => typeof value === "string"
    ? [`${path} ${[...value.matchAll(/\{\w+\}/g)].map(([place]) => place).sort()}`]
    : Object.entries(value).flatMap(([name, one]) => names(one, `${path}.${name}`));
  assert.deepEqual(names(words.fr).sort(), names(words.en).sort());
  const french = (value) => typeof value === "string" ? [value] : Object.values(value).flatMap(french);
  for (const text of french(words.fr)) {
    assert.doesNotMatch(text, /'/, `${text}: a straight apostrophe`);
    assert.doesNotMatch(text, /\S[;?!»]|«\S|[^\s]:(?=\s)/, `${text}: a sign without its space`);
  }
});

test("a browser is spoken to in the first of its languages that there is", () => {
  assert.equal(languageOf(["de-DE", "fr-CH", "en"]), "fr");
  assert.equal(languageOf(["EN-us"]), "en");
  assert.equal(languageOf(["ja"]), "en");
  assert.equal(languageOf(undefined), "en");
});

test("a tag is shown as the article that it names", () => {
  // EPC Tag Data Standard 1.13, appendix E.3: urn:epc:id:sgtin:0614141.812345.6789.
  assert.equal(scanText({ form: "epc-gen2", text: "3074257BF7194E4000001A85" }), "80614141123458 · 6789");
  assert.equal(scanText({ form: "epc-gen2", text: "E28011606000020471A2B3C4" }), "E28011606000020471A2B3C4");
  assert.equal(scanText({ form: "epc-gen2", text: "301C00000000000000000000" }), "301C00000000000000000000", "a partition that there is not");
  assert.equal(scanText({ form: "barcode", text: "BL-2026-0117" }), "BL-2026-0117");
});

test("what is over fills no other line, and metres are no pieces", () => {
  const line = (expected, counted, unit) => ({ gtin: "1", label: "", expected, counted, unit });
  assert.deepEqual(sums([line(12, 14), line(8, 3), line(100, 50, "m")]), { expected: 20, counted: 15 });
  assert.deepEqual(sums([]), { expected: 0, counted: 0 });
});

test("a decision has what its kind needs, a name and a PIN, or is not sent", () => {
  const fields = { delivery: 7, zone: "dock-1", kind: "damaged", gtin: "03608439390616", quantity: "2,5", reason: " wet ", name: " Marie ", pin: "4711", short: "later", extra: "ask", unknown: "ask" };
  assert.deepEqual(decisionOf(fields), { delivery: 7, zone: "dock-1", kind: "damaged", name: "Marie", pin: "4711", reason: "wet", gtin: "03608439390616", quantity: 2.5 });
  assert.deepEqual(decisionOf({ ...fields, kind: "close", quantity: "" }), { delivery: 7, zone: "dock-1", kind: "close", name: "Marie", pin: "4711", reason: "wet", short: "later" });
  assert.equal(decisionOf({ ...fields, kind: "count", quantity: "0" }).quantity, 0, "nothing of it came");
  for (const wrong of [{ quantity: "0" }, { quantity: "" }, { quantity: "1e3" }, { quantity: "-1" }, { quantity: "1,2345" }, { name: " " }, { pin: "" }, { kind: "open" }, { gtin: "" }]) assert.equal(decisionOf({ ...fields, ...wrong }), null, JSON.stringify(wrong));
});

test("a decision is said in both languages", () => {
  const delivery = { list: [{ gtin: "1", label: "Cable", unit: "m" }] };
  assert.equal(saying(delivery, { kind: "count", gtin: "1", quantity: 2.5 }, "fr", String), "Cable : 2.5 m en tout");
  assert.equal(saying(delivery, { kind: "close" }, "en", String), "Close the delivery");
  const keys = (value) => Object.entries(value).flatMap(([key, inner]) => (typeof inner === "string" ? [key] : keys(inner).map((one) => `${key}.${one}`)));
  assert.deepEqual(keys(decideWords.fr), keys(decideWords.en));
});

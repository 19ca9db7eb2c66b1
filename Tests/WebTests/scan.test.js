// Scanners that type, and scans on their way: without a page and without a centre.

import { Element } from "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";

const web = "../../Sources/IngestServer/Web/";
const { Typing, isProven, patience, rest } = await import(`${web}burst.js`);
const { ScanQueue, following, meaning, nextBatch } = await import(`${web}scanqueue.js`);
const { Once, placeOf } = await import(`${web}scan.js`);
const { Sightings } = await import(`${web}camera.js`);

/** Presses keys one after the other; `gap` milliseconds, or one for each. What came of them, with what was left when nothing more came. */
function type(keys, gap = 5, typing = new Typing(), from = 1000) {
  let time = from;
  const told = keys.map((key, place) => {
    time += place === 0 ? 0 : Array.isArray(gap) ? gap[place - 1] : gap;
    if (key.up) return typing.release({ key: key.up, time });
    return typing.press({ time, ...(typeof key === "string" ? { key } : key) });
  });
  told.push(typing.pause(time + rest));
  return { told, bursts: told.flatMap((one) => one.burst ?? []), typed: told.flatMap((one) => one.typed ?? []), typing, time };
}
const texts = (...all) => type(...all).bursts.map((one) => one.text);

test("a code at a scanner's speed is a scan, whatever ends it", () => {
  const code = [..."LOTD0612340222"];
  for (const [end, name] of [["Enter", "enter"], ["Tab", "tab"]]) {
    const { bursts, told } = type([...code, end]);
    assert.deepEqual(bursts, [{ text: "LOTD0612340222", raw: "LOTD0612340222", end: name }]);
    assert.ok(told[code.length].swallow, "its end presses nothing");
  }
  assert.deepEqual(type(code).bursts.map((one) => one.end), ["pause"]);
  assert.deepEqual(type(code).typed, [], "no letter of it is a shortcut");
  for (const gap of [0, 1, 20, 35]) assert.deepEqual(texts([...code, "Enter"], gap), ["LOTD0612340222"]);
  // A radio that stutters once, wherever.
  for (let place = 0; place < code.length; place += 1) assert.deepEqual(texts([...code, "Enter"], code.map((_, at) => (at === place ? 220 : 12))), ["LOTD0612340222"], `${place}`);
});

test("what a person types is no scan", () => {
  assert.deepEqual(texts([..."LOTD0612340222", "Enter"], 110), []);
  assert.deepEqual(texts([..."1234", "Enter"], 80), []);
  assert.deepEqual(texts([..."abc", "Enter"]), [], "three signs are no code");
  assert.deepEqual(type(["d"]).typed, ["d"]);
  assert.deepEqual(type([{ key: "d", ctrl: true }]).typed, [], "the browser's own");
  // A key that is held down.
  assert.deepEqual(texts([..."aaaaaaaaaa"].map((key, place) => ({ key, repeat: place > 0 })), 30), []);
  const { told } = type(["d", "Enter"], 400);
  assert.ok(!told[1].swallow, "a person's Enter is theirs");
});

test("somebody who was typing does not get into the scan", () => {
  assert.deepEqual(texts([..."ab", ..."12345678", "Enter"], [180, 180, 5, 5, 5, 5, 5, 5, 5, 5]), ["12345678"]);
});

test("an end that comes late, and the second of two, press nothing", () => {
  const { typing, time } = type([..."12345678"]);
  assert.ok(typing.press({ key: "Enter", time: time + rest + 100 }).swallow);
  const two = type([..."12345678", "Enter"]);
  assert.ok(two.typing.press({ key: "Enter", time: two.time + 5 }).swallow);
  assert.ok(!two.typing.press({ key: "Enter", time: two.time + 2000 }).swallow);
  assert.ok(type([..."12345678", { key: "m", code: "KeyM", ctrl: true }]).bursts.length === 1, "CR as Ctrl and M");
  assert.ok(type(["1", "2", "Enter"]).told[2].hurried, "too few for a code, and no person's");
});

test("whose scanner ends with Enter is not cut in two by a machine that stalls", () => {
  const stalled = [..."3608439390616"].map((_, place) => (place === 6 || place === 12 ? 700 : 5));
  const { typing, time } = type([..."12345678", "Enter"]);
  const { bursts } = type([..."3608439390616", "Enter"], stalled, typing, time + 2000);
  assert.deepEqual(bursts, [{ text: "3608439390616", raw: "3608439390616", end: "enter" }]);
  // A letter alone is decided about as before.
  assert.ok(!typing.press({ key: "d", time: 50_000 }).burst);
  assert.equal(typing.pause(50_000 + rest).typed, "d");
  // Another scanner, without an end: later once, and from then on as before. A person's key behind it is no part of it.
  for (const key of "60843939") typing.press({ key, time: 60_000 });
  typing.press({ key: "d", time: 60_800 });
  assert.equal(typing.pause(60_800 + rest).burst, undefined);
  assert.equal(typing.pause(60_800 + patience).burst?.text, "60843939");
  for (const key of "60843939") typing.press({ key, time: 70_000 });
  assert.equal(typing.pause(70_000 + rest).burst?.text, "60843939");
});

test("GS is kept, however it is sent, and so is what names the symbology", () => {
  const part = (/** @type {any} */ gs) => [..."]C10109521234000013", "10", "A", ..."B1"].flatMap((one) => [...one]).concat(gs, [..."3701"], "Enter");
  for (const gs of [[{ key: "]", code: "BracketRight", ctrl: true }], [{ key: "$", code: "BracketRight", ctrl: true }], [{ key: "F8" }], [{ key: "\x1d" }],
    [{ key: "Control" }, { key: "]", ctrl: true }], [{ key: "Alt" }, ..."029".split("").map((digit) => ({ key: digit, code: `Numpad${digit}`, alt: true })), { up: "Alt" }]]) {
    assert.deepEqual(texts(part(gs)), ["]C1010952123400001310AB1\x1d3701"], JSON.stringify(gs));
  }
  assert.deepEqual(type(part([{ key: "F8" }])).bursts[0].raw, "]C1010952123400001310AB13701");
  // With AltGr some systems tell Ctrl and Alt: that is a sign, no GS.
  assert.deepEqual(texts([{ key: "]", code: "Minus", ctrl: true, alt: true }, ..."d20109521234000013", "Enter"]), ["]d20109521234000013"]);
});

test("Shift, AltGr, dead keys and keys without a name do not tear a scan", () => {
  const french = [..."3608439390616"].flatMap((key) => [{ key: "Shift", shift: true }, { key, code: `Digit${key}`, shift: true }]);
  assert.deepEqual(texts([...french, "Enter"]), ["3608439390616"]);
  assert.deepEqual(texts([..."AB", { key: "Dead", code: "BracketLeft" }, ..."^CD", "Enter"]), ["AB^CD"]);
  assert.deepEqual(texts([..."AB", { key: "AltGraph" }, { key: "#", graph: true, ctrl: true, alt: true }, ..."12", "Enter"]), ["AB#12"]);
  const nameless = [..."LOT"].map((key) => ({ key: "Unidentified", code: `Key${key}`, shift: true })).concat([..."123"].map((key) => ({ key: "Unidentified", code: `Digit${key}` })));
  assert.deepEqual(texts([...nameless, "Enter"]), ["LOT123"]);
  assert.deepEqual(texts([..."5678"].map((key) => ({ key: "Home", code: `Numpad${key}` })).concat("Enter")), ["5678"], "without NumLock");
  assert.deepEqual(texts([..."lotd12"].map((key) => ({ key, caps: true })).concat("Enter")), ["LOTD12"]);
});

test("a scanner with a US layout at a French keyboard is understood where a check digit proves it", () => {
  const signs = { 0: "à", 1: "&", 2: "é", 3: '"', 4: "'", 5: "(", 6: "-", 7: "è", 8: "_", 9: "ç" };
  const keys = (/** @type {string} */ digits) => [...digits].map((digit) => ({ key: signs[digit], code: `Digit${digit}` })).concat("Enter");
  assert.deepEqual(texts(keys("3608439390616")), ["3608439390616"]);
  assert.notDeepEqual(texts(keys("3608439390617")), ["3608439390617"]);
  assert.ok(isProven("09521234000013") && !isProven("09521234000014") && !isProven("12345"));
});

test("characters told by their numbers are a scan", () => {
  const keys = [..."LOT7"].flatMap((sign) => [{ key: "Alt", alt: true }, ...`0${sign.charCodeAt(0)}`.split("").map((digit) => ({ key: digit, code: `Numpad${digit}`, alt: true })), { up: "Alt" }]);
  assert.deepEqual(texts([...keys, "Enter"], 4), ["LOT7"]);
});

test("what a field tells alone is a scan too", () => {
  const typing = new Typing();
  for (let place = 0; place < 6; place += 1) { typing.press({ key: "Unidentified", time: place * 10 }); typing.insert("ABC123"[place], place * 10 + 2); }
  assert.equal(typing.press({ key: "Enter", time: 60 }).burst?.text, "ABC123");
});

test("a search keeps a scan; a quantity, a number to dial and a secret get back what they held", () => {
  const field = (/** @type {Record<string, string>} */ { inputmode, ...more }, tag = "input") => {
    const node = new Element(tag);
    Object.assign(node, { tagName: tag.toUpperCase(), type: "text", ...more });
    if (inputmode) node.setAttribute("inputmode", inputmode);
    return node;
  };
  for (const type of ["text", "search"]) assert.equal(placeOf(field({ type })), "codes");
  for (const type of ["number", "tel", "password", "email", "date"]) assert.equal(placeOf(field({ type })), "other");
  for (const inputmode of ["tel", "numeric", "decimal", "none"]) assert.equal(placeOf(field({ inputmode })), "other");
  for (const type of ["button", "submit", "checkbox", "radio", "file"]) assert.equal(placeOf(field({ type })), "none");
  assert.equal(placeOf(field({}, "textarea")), "codes");
  assert.equal(placeOf(field({}, "button")), "none");
  assert.equal(placeOf(null), "none");
});

test("a code that stays in the picture counts once", () => {
  const sightings = new Sightings();
  assert.deepEqual(sightings.take(["A", "B", "A"], 0), ["A", "B"]);
  for (let now = 100; now < 9000; now += 100) assert.deepEqual(sightings.take(["A"], now), []);
  assert.deepEqual(sightings.take([], 9000), []);
  assert.deepEqual(sightings.take(["A"], 10500), [], "it flickered");
  assert.deepEqual(sightings.take(["A", "B"], 12600), ["A", "B"]);
});

test("stream and answer make one sound", () => {
  const once = new Once();
  assert.ok(once.isNew("stream", "expected scan:1", 0) && !once.isNew("answer", "expected scan:1", 40));
  assert.ok(once.isNew("answer", "refused x", 0) && !once.isNew("stream", "refused x", 40));
  assert.ok(once.isNew("stream", "refused x", 50), "scanned again");
  assert.ok(once.isNew("answer", "refused x", 9000), "another one, later");
});

// MARK: on their way

const scan = (/** @type {string} */ key, more = {}) => ({ key, zone: "dock-1", text: `T${key}`, at: 1, person: 1, who: "Anne", ...more });

/** A browser's shelf, and a centre that applies each key once. */
function rig({ full = false } = {}) {
  const shelf = { kept: new Map(), full, async all() { return [...this.kept.values()]; }, async put(one) { if (this.full) throw new Error("QuotaExceededError"); this.kept.set(one.key, one); }, async remove(key) { this.kept.delete(key); } };
  const centre = { away: true, applied: /** @type {string[]} */ ([]), asked: /** @type {number[]} */ ([]), fault: /** @type {any} */ (null), forgets: false };
  const told = /** @type {string[]} */ ([]);
  const means = {
    async send(scans) {
      centre.asked.push(scans.length);
      if (centre.away) throw new TypeError("no network");
      const fault = scans.map((one) => centre.fault?.(one)).find(Boolean);
      if (fault) throw fault;
      for (const one of scans) if (!centre.applied.includes(one.key)) centre.applied.push(one.key);
      if (centre.forgets) { centre.forgets = false; throw new TypeError("the answer was lost"); }
      return scans.map((one) => ({ key: one.key, outcome: "expected" }));
    },
    told: (one) => told.push(one.key), changed() {},
  };
  return { shelf, centre, told, means, queue: new ScanQueue(shelf, means) };
}
const settle = () => new Promise((done) => setImmediate(done));

test("scans wait for the centre and go in their order, each once, also after a reload and a lost answer", async () => {
  const { shelf, centre, told, means, queue } = rig();
  for (const key of ["3", "1", "2"]) { assert.ok(await queue.add(scan(key))); await settle(); }
  assert.deepEqual([centre.applied, queue.stuck, (await queue.waiting()).length], [[], "later", 3]);
  const again = new ScanQueue(shelf, means);
  Object.assign(centre, { away: false, forgets: true });
  await again.flush();
  assert.equal((await again.waiting()).length, 3, "without an answer they stay");
  await again.flush();
  assert.deepEqual([centre.applied, told, (await again.waiting()).length], [["1", "2", "3"], ["1", "2", "3"], 0]);
});

test("two tabs bring the same once", async () => {
  const { shelf, centre, means, queue } = rig();
  await queue.add(scan("1"));
  await settle();
  centre.away = false;
  let last = Promise.resolve();
  const alone = (body) => (last = last.then(body));
  await Promise.all([1, 2].map(() => new ScanQueue(shelf, { ...means, alone }).flush()));
  assert.deepEqual([centre.applied, centre.asked.length], [["1"], 2]);
});

test("one that is never taken holds up no other, and is told", async () => {
  const { centre, queue } = rig();
  for (const key of ["1", "2", "3"]) await queue.add(scan(key));
  await settle();
  Object.assign(centre, { away: false, fault: (one) => one.key === "2" && Object.assign(new Error("too long"), { status: 400, code: "bad-scan" }) });
  await queue.flush();
  assert.deepEqual([centre.applied, (await queue.waiting()).length], [["1", "3"], 0]);
  assert.deepEqual((await queue.refused()).map((one) => [one.key, one.refused]), [["2", { code: "bad-scan", why: "too long" }]]);
  await queue.seen("2");
  assert.deepEqual(await queue.refused(), []);
});

test("whoever is signed out keeps their scans", async () => {
  const { centre, queue } = rig();
  Object.assign(centre, { away: false, fault: () => Object.assign(new Error("sign in"), { status: 401 }) });
  await queue.add(scan("1"));
  await settle();
  assert.deepEqual([queue.stuck, (await queue.waiting()).length], ["person", 1]);
  assert.deepEqual([403, 429, 500, 503, 507, undefined].map((status) => meaning({ status })), Array(6).fill("later"));
  assert.deepEqual([400, 413, 422].map((status) => meaning({ status })), Array(3).fill("never"));
});

test("where the browser has no room it is said, and sent all the same", async () => {
  const { centre, queue } = rig({ full: true });
  assert.equal(await queue.add(scan("1")), false);
  await settle();
  assert.equal((await queue.waiting()).length, 1);
  centre.away = false;
  await queue.flush();
  assert.deepEqual([centre.applied, (await queue.waiting()).length], [["1"], 0]);
});

test("a screen that stands nowhere asks first", async () => {
  const { centre, queue } = rig();
  centre.away = false;
  await queue.add(scan("1", { zone: "" }));
  await settle();
  assert.deepEqual(centre.applied, []);
  await queue.place("dock-2");
  assert.deepEqual(centre.applied, ["1"]);
});

test("keys stand in the order of the scans, and a request holds what the centre takes", () => {
  assert.equal(following("", "01B"), "01B");
  assert.equal(following("01B", "01A"), "01C");
  assert.equal(following("01Z", "01A"), "020");
  const many = Array.from({ length: 250 }, (_, place) => scan(String(place)));
  assert.equal(nextBatch(many).length, 100);
  assert.ok(nextBatch(many.map((one) => ({ ...one, text: "x".repeat(2000) }))).length <= 12);
  assert.equal(nextBatch([scan("1", { text: "x".repeat(99999) })]).length, 1);
});

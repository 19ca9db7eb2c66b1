// The decoder against pictures that zint, qrencode and dmtxwrite drew (packaging/pages/codes).

import "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const web = new URL("../../Sources/IngestServer/Web/", import.meta.url);
const { brightness, codesIn, scanOf, start } = await import(`${web}decoder-worker.js`);
const { sizeOf } = await import(`${web}decoder.js`);
const { whole } = await import(`${web}camera.js`);
const folder = new URL("codes/", import.meta.url);
const wanted = JSON.parse(readFileSync(new URL("codes.json", folder), "utf8"));
const compiled = await WebAssembly.compile(readFileSync(new URL("decoder.wasm", web)));

/** Netpbm, 8 bit. */
function picture(name) {
  const bytes = gunzipSync(readFileSync(new URL(`${name}.pgm.gz`, folder)));
  const [head, width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\n/.exec(bytes.toString("latin1", 0, 40));
  return { grey: bytes.subarray(head.length), width: Number(width), height: Number(height) };
}

test("turned, blurred, small, dark, from the side: each is read, and what is cut or no code is not", async () => {
  const module = await start(compiled);
  for (const [name, codes] of Object.entries(wanted)) {
    const { grey, width, height } = picture(name);
    assert.deepEqual(codesIn(module, grey, width, height).map(({ mark, text }) => [mark, text]), codes, name);
  }
});

test("any bytes are a picture: none is waited for, and memory does not grow", async () => {
  let module = await start(compiled);
  let seed = 7;
  const next = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed >> 8; };
  const { grey, width, height } = picture("qr");
  for (let round = 0; round < 40; round += 1) {
    const torn = Uint8Array.from(grey);
    for (let n = 0; n < 2000; n += 1) torn[next() % torn.length] = next() & 255;
    try { for (const { text } of codesIn(module, torn, width, height)) assert.equal(text, wanted.qr[0][1]); } catch (error) {
      assert.ok(error instanceof WebAssembly.RuntimeError);
      module = await start(compiled);
    }
  }
  assert.ok(module.memory.buffer.byteLength < 16 << 20);
  assert.deepEqual(codesIn(module, new Uint8Array(4), 2, 2), []);
  assert.deepEqual(codesIn(module, new Uint8Array(4), 0, 0), []);
  assert.deepEqual(codesIn(module, new Uint8Array(4), 90000, 90000), []);
  assert.deepEqual(codesIn(module, new Uint8Array(4), 200, 200), []);
});

test("a scan has a mark where it says more than the text, and half an ITF is none", () => {
  assert.deepEqual(scanOf({ mark: "]C1", text: "0103608439390616" }).symbology, "]C1");
  assert.equal(scanOf({ mark: "]Q1", text: "BL-1" }).symbology, undefined);
  const texts = (...all) => whole(all.map(([mark, text]) => scanOf({ mark, text }))).map((one) => one.text);
  assert.deepEqual(texts(["]I1", "13608439390613"], ["]I0", "360843"], ["]I0", "13608439390614"], ["]C0", "360843"], ["]C0", ""]), ["13608439390613", "360843"]);
});

test("a picture is looked at in grey, and no larger than 1280", () => {
  assert.deepEqual([...brightness(Uint8ClampedArray.of(255, 255, 255, 255, 0, 0, 0, 255, 0, 255, 0, 255))], [255, 0, 149]);
  assert.deepEqual(sizeOf(4000, 3000), { width: 1280, height: 960 });
  assert.deepEqual(sizeOf(640, 480), { width: 640, height: 480 });
  assert.deepEqual(sizeOf(0, 0), { width: 0, height: 0 });
});

// Reads codes in pictures for browsers that cannot: zxing-cpp as WebAssembly (packaging/decoder), beside the page, so that it never waits for it.

/** @typedef {{ memory: WebAssembly.Memory, _initialize(): void, room(pixels: number): number, read(width: number, height: number): number, codes(): number }} Module */

/** Signs of AIM (ISO/IEC 15424) that say how a text is meant: an article's number, or GS1's elements. The others say no more than the text. */
const telling = new Set(["]E0", "]E4", "]C1", "]d2", "]Q3"]);

/**
 * @param {WebAssembly.Module} compiled
 * @returns {Promise<Module>}
 */
export async function start(compiled) {
  // The library's own complaints: there is nowhere to write them. 8 is EBADF of WASI.
  const nowhere = () => 8;
  const instance = await WebAssembly.instantiate(compiled, { wasi_snapshot_preview1: { fd_close: nowhere, fd_seek: nowhere, fd_write: nowhere } });
  const module = /** @type {Module} */ (/** @type {unknown} */ (instance.exports));
  module._initialize();
  return module;
}

/**
 * What a picture shows. Throws where the module gave up in it: then it is of no use any more.
 * @param {Module} module
 * @param {Uint8Array | Uint8ClampedArray} grey a byte of brightness for each pixel, row by row
 * @param {number} width
 * @param {number} height
 * @returns {{ text: string, mark: string }[]} `mark` is the AIM identifier
 */
export function codesIn(module, grey, width, height) {
  const at = module.room(width * height);
  if (at === 0 || grey.length < width * height) return [];
  new Uint8Array(module.memory.buffer, at, width * height).set(grey.subarray(0, width * height));
  const length = module.read(width, height);
  const told = new Uint8Array(module.memory.buffer, module.codes(), length);
  const found = [];
  for (let place = 0; place + 5 <= length;) {
    const size = told[place + 3] + told[place + 4] * 256;
    found.push({ mark: String.fromCharCode(...told.subarray(place, place + 3)), text: new TextDecoder().decode(told.slice(place + 5, place + 5 + size)) });
    place += 5 + size;
  }
  return found;
}

/**
 * Red, green, blue and their cover to brightness (ITU-R BT.601).
 * @param {Uint8ClampedArray} colours
 */
export function brightness(colours) {
  const grey = new Uint8Array(colours.length >> 2);
  for (let pixel = 0; pixel < grey.length; pixel += 1) {
    const from = pixel * 4;
    grey[pixel] = (colours[from] * 77 + colours[from + 1] * 150 + colours[from + 2] * 29) >> 8;
  }
  return grey;
}

/**
 * As a scan has it: with a mark where it says more than the text.
 * @param {{ text: string, mark: string }} code
 */
export const scanOf = ({ text, mark }) => ({ text, symbology: telling.has(mark) ? mark : undefined, itf: mark[1] === "I" });

if (typeof WorkerGlobalScope !== "undefined") {
  const compiled = WebAssembly.compileStreaming(fetch("/web/decoder.wasm"));
  /** @type {Promise<Module> | null} */
  let module = null;
  addEventListener("message", async ({ data }) => {
    /** @type {{ codes?: ReturnType<typeof scanOf>[], problem?: string }} */
    let answer = { codes: [] };
    try { module ??= start(await compiled); await module; } catch (error) { answer = { problem: String(error) }; }
    try {
      if (module && !answer.problem) answer.codes = codesIn(await module, brightness(new Uint8ClampedArray(data.colours)), data.width, data.height).map(scanOf);
    } catch { module = null; /* a picture that it cannot bear: the next one meets a new module */ }
    /** @type {(answer: object) => void} */ (postMessage)(answer);
  });
}

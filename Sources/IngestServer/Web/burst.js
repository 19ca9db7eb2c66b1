// What a scanner types, told from what a person types: by its speed, its end and nothing else. A value: presses go in, and what they
// are comes out. Wedges and ring scanners are keyboards; no browser says which keyboard a key came from.

/** Milliseconds between keys. People roll two keys in 60 and type in 100 and more; scanners send one in 1 to 35. */
const fast = 35;
/** Of long texts: somebody who types eight keys with these between them there is not. */
const fastOfMany = 50;
const many = 8;
const least = 4;
/** One such pause is a radio's; two are a person's. */
const long = 100;
/** After this nothing more comes: what was typed is decided about. Also how long a letter waits before it is a shortcut. */
export const rest = 250;
/** So long is a scan waited for whose scanner has ended with a key before: only that key ends it, or this. A busy machine stalls. */
export const patience = 1500;
/** An end that comes late, and the second of CR LF, still belong to the scan. */
const late = 500;
/** In characters, as the centre takes them. */
const limit = 2048;

/** Where US keyboards have their signs: for keys that a system calls by no name. [plain, shifted] */
/** @type {Record<string, [string, string]>} */
const places = {
  Minus: ["-", "_"], Equal: ["=", "+"], BracketLeft: ["[", "{"], BracketRight: ["]", "}"], Backslash: ["\\", "|"], Semicolon: [";", ":"], Quote: ["'", '"'],
  Backquote: ["\x60", "~"], Comma: [",", "<"], Period: [".", ">"], Slash: ["/", "?"], Space: [" ", " "],
  NumpadDecimal: [".", "."], NumpadAdd: ["+", "+"], NumpadSubtract: ["-", "-"], NumpadMultiply: ["*", "*"], NumpadDivide: ["/", "/"],
};

/**
 * What a key is on a US keyboard; nothing where it is no sign.
 * @param {string} code
 * @param {boolean} shift
 */
function physical(code, shift) {
  if (/^Key[A-Z]$/.test(code)) return shift ? code[3] : code[3].toLowerCase();
  if (/^Digit\d$/.test(code)) return shift ? ")!@#$%^&*("[Number(code[5])] : code[5];
  if (/^Numpad\d$/.test(code)) return code[6];
  return places[code]?.[shift ? 1 : 0] ?? "";
}

/**
 * Whether the last digit is the check digit of GS1 (General Specifications 7.9) of a GTIN or an SSCC.
 * @param {string} digits
 */
export function isProven(digits) {
  if (!/^\d+$/.test(digits) || ![8, 12, 13, 14, 18].includes(digits.length)) return false;
  const sum = [...digits].reverse().reduce((all, digit, place) => all + Number(digit) * (place % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

/** @type {(all: number[]) => number} */
const middle = (all) => [...all].sort((a, b) => a - b)[(all.length - 1) >> 1];

/** @type {(signs: { gap: number }[]) => number[]} */
const gapsOf = (signs) => signs.slice(1).map((one) => one.gap);

/** @typedef {{ key: string, code?: string, shift?: boolean, ctrl?: boolean, alt?: boolean, graph?: boolean, meta?: boolean, caps?: boolean, repeat?: boolean, time: number }} Press */
/** @typedef {{ text: string, raw: string, end: "enter" | "tab" | "pause" }} Burst `raw` is what a field has of it: without control characters */
/** @typedef {{ swallow: boolean, hurried?: boolean, starts?: boolean, burst?: Burst, typed?: string }} Told `hurried`: an end behind too few signs for a code */

export class Typing {
  constructor() {
    /** @type {{ sign: string, code: string, gap: number }[]} */
    this.signs = [];
    /** When the last key came that may belong to it, a modifier too. */
    this.last = -Infinity;
    /** When a scan was last decided upon. */
    this.scanned = -Infinity;
    /**
     * How the last scan ended.
     * @type {Burst["end"]}
     */
    this.ended = "pause";
    /** Digits of a character that is told by its number, with Alt held. */
    this.number = "";
  }

  /** Whether something waits to be decided about. */
  get waits() { return this.signs.length > 0; }

  /** In milliseconds after the last key: then what was typed is decided about. */
  get rest() { return this.ended !== "pause" && this.signs.length > 1 && middle(gapsOf(this.signs)) <= fast ? patience : rest; }

  drop() { this.signs = []; this.number = ""; }

  /**
   * A key goes down. `swallow`: nobody else may have it. `starts`: the first sign of what may become a scan.
   * @param {Press} press
   * @returns {Told}
   */
  press(press) {
    const { key, code = "", time } = press;
    const gap = time - this.last;
    /** @type {Told} */
    const told = { swallow: false };
    // A key that is held down is a person's, or an arm's.
    if (press.repeat) { this.drop(); return told; }
    if (this.waits && gap > this.rest) Object.assign(told, this.decide("pause"));
    if (told.burst) this.scanned = this.last;
    if (["Shift", "AltGraph", "CapsLock", "NumLock", "Dead", "Control", "Alt"].includes(key)) {
      if (this.waits) this.last = time;
      if (key === "Alt") this.number = "";
      return told;
    }
    const close = gap <= long;
    const end = this.endOf(press);
    if (end) {
      if (time - this.scanned <= late && !this.waits) return { ...told, swallow: true };
      if (!this.waits) return told;
      // Few signs of a scanner are no code, and its Enter is not a person's either.
      const hurried = gap <= fastOfMany && (this.signs.length < 2 || this.signs.slice(1).some((one) => one.gap <= fastOfMany));
      const burst = this.decide(end).burst;
      if (burst) this.scanned = time;
      return { ...told, burst, swallow: burst !== undefined, hurried: hurried && gap <= fast };
    }
    if (press.alt && !press.graph && !press.ctrl && /^(Numpad|Digit)\d$/.test(code)) {
      this.number += code.slice(-1);
      if (this.waits) this.last = time;
      return { ...told, swallow: this.waits };
    }
    const sign = this.signOf(press);
    if (!sign) {
      // A key that is no sign: of a person, unless a scanner's keys come around it.
      if (!(this.waits && close && key === "Unidentified")) this.drop();
      return told;
    }
    // What a person asks of the browser with Ctrl is theirs, unless a scanner is at it.
    if (sign < " " && press.ctrl && !(this.waits && close) && sign !== "\x1d") { this.drop(); return told; }
    told.starts = !this.waits;
    this.add(sign, press, time);
    told.swallow = !told.starts && close;
    return told;
  }

  /**
   * A key goes up: with Alt a character that was told by its number comes.
   * @param {{ key: string, time: number }} press
   * @returns {Told}
   */
  release({ key, time }) {
    const number = Number(this.number);
    if (key !== "Alt" || !this.number) return { swallow: false };
    this.number = "";
    if (number < 1 || number > 255) return { swallow: false };
    const starts = !this.waits;
    this.add(String.fromCharCode(number), { key: "", time }, time);
    return { swallow: true, starts };
  }

  /**
   * A field tells what was put into it where the keys said nothing.
   * @param {string} text
   * @param {number} time
   * @returns {Told}
   */
  insert(text, time) {
    const starts = !this.waits;
    for (const sign of text) this.add(sign, { key: sign, time }, time);
    return { swallow: false, starts };
  }

  /**
   * @param {string} sign
   * @param {Press} press
   * @param {number} time
   */
  add(sign, press, time) {
    if (this.signs.length < limit) this.signs.push({ sign, code: physical(press.code ?? "", Boolean(press.shift)), gap: this.waits ? time - this.last : 0 });
    this.last = time;
  }

  /**
   * Called when nothing came for as long as `rest` says.
   * @param {number} time
   * @returns {Told}
   */
  pause(time) {
    if (!this.waits || time - this.last < this.rest) return { swallow: false };
    const told = this.decide("pause");
    if (told.burst) this.scanned = time;
    return { swallow: false, ...told };
  }

  /**
   * @param {Press} press
   * @returns {"enter" | "tab" | null}
   */
  endOf({ key, code, ctrl, alt, graph, meta }) {
    if (meta || alt || graph) return null;
    if (key === "Enter" || code === "NumpadEnter") return "enter";
    // CR and LF, as some send them.
    if (ctrl) return this.waits && (code === "KeyM" || code === "KeyJ" || /^[mj]$/i.test(key)) ? "enter" : null;
    return key === "Tab" ? "tab" : null;
  }

  /**
   * The sign that a press is; empty where it is none.
   * @param {Press} press
   */
  signOf({ key, code = "", shift, ctrl, alt, graph, meta, caps }) {
    if (meta) return "";
    // GS, the one control character that labels need: as F8, as Ctrl and the bracket of any keyboard.
    if (key === "F8" || key === "\x1d") return "\x1d";
    // With AltGr some systems tell Ctrl and Alt.
    if (graph || (ctrl && alt)) return key.length === 1 ? key : "";
    if (alt) return "";
    if (ctrl) {
      if (key === "]" || code === "BracketRight") return "\x1d";
      const sign = key.length === 1 ? key.toUpperCase().charCodeAt(0) : 0;
      return sign >= 0x40 && sign < 0x60 ? String.fromCharCode(sign & 0x1f) : "";
    }
    if (key.length === 1) {
      // A scanner presses Shift for a capital, whatever a person left on.
      if (caps && /[a-z]/i.test(key)) return key === key.toLowerCase() ? key.toUpperCase() : key.toLowerCase();
      return key;
    }
    if ([...key].length === 1) return key;
    if (key === "Unidentified" || key === "Process") return physical(code, Boolean(shift));
    // NumLock is off: a scanner means the digit.
    return /^Numpad\d$/.test(code) ? physical(code, false) : "";
  }

  /**
   * What stands there is a scan, a letter of a person, or nothing.
   * @param {"enter" | "tab" | "pause"} end
   * @returns {{ burst?: Burst, typed?: string }}
   */
  decide(end) {
    let signs = this.signs;
    this.drop();
    const pauses = signs.filter((one, place) => place > 0 && one.gap > long);
    // A key of a person, behind a scan that was waited for.
    if (end === "pause" && signs.length > many && signs[signs.length - 1].gap > rest) signs = signs.slice(0, -1);
    // Somebody was typing when the scanner began.
    else if (pauses.length > 1) signs = signs.slice(signs.lastIndexOf(pauses[pauses.length - 1]));
    if (signs.length === 1 && end === "pause") return { typed: signs[0].sign };
    const gaps = gapsOf(signs);
    const isFast = signs.length >= least && (middle(gaps) <= fast || (signs.length >= many && middle(gaps) <= fastOfMany));
    const raw = signs.map((one) => one.sign).join("");
    const text = mended(raw, signs.map((one) => one.code).join(""));
    // Control characters alone, and the blanks around them, are no code.
    if (!isFast || !/[^\x00-\x20\x7f]/.test(text)) return {};
    this.ended = end;
    return { burst: { text, raw: raw.replace(/[\x00-\x1f]/g, ""), end } };
  }
}

/**
 * A scanner set to a US keyboard at a French one: “é&_…” are digits. Only where a check digit proves it.
 * @param {string} text
 * @param {string} keys
 */
function mended(text, keys) {
  const clean = text.replace(/[\x00-\x09\x0b-\x1c\x7f]/g, (sign) => (sign === "\x04" ? sign : ""));
  return !isProven(clean) && isProven(keys) && !/\d/.test(clean) ? keys : clean;
}

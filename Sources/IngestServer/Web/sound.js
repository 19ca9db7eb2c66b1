// Sounds that cannot be mistaken for one another with gloves on and a forklift running; and a telephone.

/** @type {AudioContext | null} */
let context = null;
let enabled = localStorage.getItem("sound") !== "off";

export const soundEnabled = () => enabled;

/** On, and the browser lets none through before a first touch or key. */
export const soundBlocked = () => enabled && context?.state !== "running";

/** @type {() => void} */
let told = () => {};
/**
 * When what may be heard changes.
 * @param {() => void} listen
 */
export function onSound(listen) { told = listen; }

export function toggleSound() {
  enabled = !enabled;
  localStorage.setItem("sound", enabled ? "on" : "off");
  if (enabled) play("expected");
}

/** Only where sound is there at all; whether it may be heard is the browser's to say. */
function open() {
  if (context || typeof AudioContext === "undefined") return;
  context = new AudioContext();
  context.addEventListener?.("statechange", () => told());
}

/** Before the first sound is due: where the browser allows it without a touch, nothing is asked. */
export function tryToHear() { if (enabled) { open(); told(); } }

/** Browsers allow sound after a first touch or key. */
export function wakeSound() {
  if (!enabled) return;
  open();
  if (context?.state === "suspended") context.resume();
}

// [frequency in Hz, start, length in seconds, wave]
/** @type {Record<string, [number, number, number, OscillatorType][]>} */
const patterns = {
  expected: [[1760, 0, 0.07, "sine"]],
  extra: [[990, 0, 0.12, "triangle"], [660, 0.14, 0.2, "triangle"]],
  unknown: [[160, 0, 0.18, "sawtooth"], [160, 0.24, 0.18, "sawtooth"], [160, 0.48, 0.18, "sawtooth"]],
  complete: [[1047, 0, 0.12, "sine"], [1319, 0.13, 0.12, "sine"], [1568, 0.26, 0.12, "sine"], [2093, 0.39, 0.3, "sine"]],
  removed: [[880, 0, 0.1, "square"], [440, 0.12, 0.2, "square"]],
  inside: [[1320, 0, 0.05, "sine"]],
  serial: [[660, 0, 0.1, "triangle"], [990, 0.12, 0.1, "triangle"], [660, 0.24, 0.16, "triangle"]],
  pallet: [[220, 0, 0.3, "sawtooth"], [160, 0.34, 0.3, "sawtooth"]],
  returned: [[660, 0, 0.14, "triangle"], [880, 0.16, 0.14, "triangle"], [660, 0.32, 0.2, "triangle"]],
  again: [[1320, 0, 0.05, "triangle"], [1320, 0.08, 0.05, "triangle"]],
  elsewhere: [[660, 0, 0.09, "square"], [880, 0.1, 0.09, "square"], [660, 0.2, 0.09, "square"]],
  alarm: [[220, 0, 0.22, "square"], [440, 0.24, 0.22, "square"], [220, 0.48, 0.22, "square"]],
  refused: [[300, 0, 0.1, "square"], [300, 0.14, 0.1, "square"]],
  notice: [[1175, 0, 0.12, "sine"], [1568, 0.14, 0.18, "sine"]],
  ring: [[880, 0, 0.25, "sine"], [1109, 0.25, 0.25, "sine"]],
};

let busyUntil = 0;

/** @param {string} name */
export function play(name) {
  document.documentElement.dataset.lastSound = name;
  if (!enabled || !context || context.state !== "running") return;
  // Many at once are one noise: let the first be heard.
  if (context.currentTime < busyUntil && name !== "complete" && name !== "ring") return;
  busyUntil = context.currentTime + 0.06;
  for (const one of patterns[name] ?? []) sing(context, ...one);
}

/**
 * The nearer, the higher and the shorter.
 * @param {number} strength from 0 to 1
 */
export function tone(strength) {
  document.documentElement.dataset.lastTone = String(Math.round(300 + 1500 * strength));
  if (!enabled || !context || context.state !== "running" || context.currentTime < busyUntil) return;
  const length = 0.2 - 0.12 * strength;
  busyUntil = context.currentTime + length + 0.25 * (1 - strength);
  sing(context, 300 + 1500 * strength, 0, length, "sine");
}

/**
 * @param {AudioContext} context
 * @param {number} frequency in Hz
 * @param {number} start seconds from now
 * @param {number} length in seconds
 * @param {OscillatorType} wave
 */
function sing(context, frequency, start, length, wave) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  const at = context.currentTime + start;
  oscillator.type = wave;
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(0.4, at + 0.01);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + length + 0.02);
}

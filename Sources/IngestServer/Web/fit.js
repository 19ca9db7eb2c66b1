import { h } from "./dom.js";

/**
 * About how wide a text is, in ems of a bold face: digits are the widest of DejaVu Sans Bold (0.70), what stands between them is not. A
 * number is set so large that it fits its box, by `--ems` in the style sheet: a digit that is cut off is another number.
 * @param {string} text
 */
export function ems(text) {
  let width = 0;
  for (const character of text) width += /[\d+−×]/.test(character) ? 0.72 : /[A-ZÀ-Ý…%]/.test(character) ? 0.95 : /[a-zà-ÿ]/.test(character) ? 0.75 : 0.4;
  return Math.max(1, Math.round(width * 100) / 100);
}

/**
 * A number as large as its box lets it be.
 * @param {string} text
 * @param {Props} [props]
 */
export function fitted(text, props = {}) {
  const node = h("b", { ...props, class: `fit ${props.class ?? ""}`.trim() }, text);
  node.style.setProperty?.("--ems", String(ems(text)));
  return node;
}

/**
 * A table that does not fit beside itself stands line by line: half a number in sight is another number.
 * @param {HTMLElement} main
 */
export function fitTables(main) {
  for (const table of main.querySelectorAll("table")) {
    table.classList.remove("tight");
    const frame = table.parentElement;
    if (frame && (frame.scrollWidth > frame.clientWidth + 1 || table.scrollWidth > frame.clientWidth + 1)) table.classList.add("tight");
  }
}

import { h, replace } from "./dom.js";
import { t } from "./i18n.js";

/** A dialog that can be drawn again: `body(sheet)` gives its content. Refusals are said inside it. */
export class Sheet {
  /**
   * @param {string} title
   * @param {(sheet: Sheet) => Child} body
   * @param {{ wide?: boolean, closed?: () => void }} options
   */
  constructor(title, body, { wide = false, closed } = {}) {
    this.body = body;
    this.content = h("div", { class: "stack" });
    this.said = h("p", { class: "say-here", role: "alert" });
    this.dialog = h("dialog", { class: wide ? "wide" : null, "aria-labelledby": "sheet-title" }, h("div", { class: "stack" },
      h("div", { class: "sheet-head" }, h("h2", { id: "sheet-title" }, title),
        h("button", { class: "push", "aria-label": t("closeHelp"), onclick: () => this.close() }, "✕")),
      this.said, this.content));
    this.dialog.addEventListener("close", () => { this.dialog.remove(); closed?.(); });
    document.body.append(this.dialog);
    this.draw();
    this.dialog.showModal();
    this.focus();
  }

  get isOpen() { return this.dialog.open; }

  draw() { replace(this.content, this.body(this)); }

  /**
   * Another content in the same dialog.
   * @param {(sheet: Sheet) => Child} body
   */
  show(body) {
    this.body = body;
    this.say("");
    this.draw();
    this.focus();
  }

  focus() { /** @type {HTMLElement | null} */ (this.content.querySelector("[data-first]") ?? this.content.querySelector("[data-second]") ?? this.content.querySelector("button, input, a, select, textarea"))?.focus(); }

  /** @param {string} text */
  say(text) { this.said.textContent = text; }

  close() { this.dialog.close(); }
}

/**
 * A question with big answers; resolves with the value of the one that was chosen, or nothing.
 * @param {string} title
 * @param {string | null} text
 * @param {[label: string, value: string | null, style?: string][]} answers
 * @returns {Promise<string | null | undefined>}
 */
export function choose(title, text, answers) {
  return new Promise((resolve) => {
    /** @type {string | null | undefined} */
    let chosen;
    new Sheet(title, (sheet) => [text && h("p", {}, text), h("div", { class: "big-choices" }, answers.map(([label, value, style]) =>
      h("button", { class: style, onclick: () => { chosen = value; sheet.close(); } }, label)))], { closed: () => resolve(chosen) });
  });
}

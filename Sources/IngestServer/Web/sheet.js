import { h, replace } from "./dom.js";
import { t } from "./i18n.js";

/** A dialog that can be drawn again: `body(sheet)` gives its content. Refusals are said inside it. */
export class Sheet {
  constructor(title, body, { wide = false, closed } = {}) {
    this.body = body;
    this.content = h("div", { class: "stack" });
    this.dialog = h("dialog", { class: wide ? "wide" : null, "aria-labelledby": "sheet-title" }, h("div", { class: "stack" },
      h("div", { class: "sheet-head" }, h("h2", { id: "sheet-title" }, title),
        h("button", { class: "push", "aria-label": t("closeHelp"), onclick: () => this.close() }, "✕")),
      h("p", { class: "say-here", role: "alert" }), this.content));
    this.dialog.addEventListener("close", () => { this.dialog.remove(); closed?.(); });
    document.body.append(this.dialog);
    this.draw();
    this.dialog.showModal();
    this.focus();
  }

  get isOpen() { return this.dialog.open; }

  draw() { replace(this.content, this.body(this)); }

  /** Another content in the same dialog. */
  show(body) {
    this.body = body;
    this.say("");
    this.draw();
    this.focus();
  }

  focus() { (this.content.querySelector("[data-first]") ?? this.content.querySelector("[data-second]") ?? this.content.querySelector("button, input, a, select, textarea"))?.focus(); }

  say(text) { this.dialog.querySelector(".say-here").textContent = text ?? ""; }

  close() { this.dialog.close(); }
}

/** A question with big answers; resolves with the value of the one that was chosen, or nothing. */
export function choose(title, text, answers) {
  return new Promise((resolve) => {
    let chosen;
    new Sheet(title, (sheet) => [text && h("p", {}, text), h("div", { class: "big-choices" }, answers.map(([label, value, style]) =>
      h("button", { class: style, onclick: () => { chosen = value; sheet.close(); } }, label)))], { closed: () => resolve(chosen) });
  });
}

// A small way to build pages: h("p", {class: "soft"}, "text", node, …). Text is always text, never markup.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props] attributes; `on…` listens, and what is null or false is left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name === "value" && "value" in node) node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...flat(children));
  return node;
}

/** @type {(children: Child[]) => (Node | string)[]} */
const flat = (children) => children.flatMap((child) => (Array.isArray(child) ? flat(child) : child === null || child === undefined || child === false ? [] : [child]));

/**
 * Puts new children in place; whoever had the keyboard keeps it, by node or by id.
 * @param {HTMLElement} parent
 * @param {...Child} children
 */
export function replace(parent, ...children) {
  const active = /** @type {HTMLInputElement | null} */ (document.activeElement);
  const inside = active !== document.body && parent.contains(active) ? active : null;
  const selection = inside?.selectionStart !== undefined ? [inside.selectionStart, inside.selectionEnd] : null;
  parent.replaceChildren(...flat(children));
  if (!inside) return;
  const next = inside.isConnected ? inside : inside.id ? /** @type {HTMLInputElement | null} */ (document.getElementById(inside.id)) : null;
  if (!next) return;
  next.focus({ preventScroll: true });
  if (selection && selection[0] !== null) try { next.setSelectionRange(selection[0], selection[1]); } catch { /* not a text field */ }
}

/**
 * Whoever writes in a node that is kept goes on writing: drawn into something new, it leaves the page for a moment, and the keyboard
 * would leave it.
 * @param {() => void} draw
 */
export function keeping(draw) {
  const active = /** @type {HTMLInputElement | null} */ (document.activeElement);
  const selection = active?.selectionStart !== undefined ? [active.selectionStart, active.selectionEnd] : null;
  draw();
  if (!active || active === document.body || active === document.activeElement || !active.isConnected) return;
  active.focus({ preventScroll: true });
  if (selection && selection[0] !== null) try { active.setSelectionRange(selection[0], selection[1]); } catch { /* not a text field */ }
}

/**
 * Shows a modal dialog and resolves with the value of the button that closed it.
 * @param {string} title
 * @param {Child} body
 * @param {string[][]} buttons each [label, value, style]
 * @returns {Promise<string>}
 */
export function ask(title, body, buttons) {
  return new Promise((resolve) => {
    /** @type {HTMLDialogElement} */
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" },
      h("div", { class: "stack" },
        h("h2", { id: "dialog-title" }, title), body,
        h("div", { class: "row" },
          buttons.map(([label, value, style]) =>
            h("button", { class: style, onclick: () => dialog.close(value) }, label)))));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * A part of index.html, which is always there.
 * @param {"main" | "banner" | "ringing" | "urgent" | "polite" | "tabs" | "tools" | "skip"} id
 */
export const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

// Drawn, not taken from a font: a depot's terminal may have none with such signs.
const shapes = {
  bell: "M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6zm-2 15a2 2 0 0 0 4 0z",
  sound: "M4 9v6h4l5 4V5L8 9zm12-1a5 5 0 0 1 0 8m2-11a9 9 0 0 1 0 14",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  dock: "M4 21V9l8-5 8 5v12M8 21v-8h8v8M8 17h8",
  silent: "M4 9v6h4l5 4V5L8 9zm12 0 5 6m0-6-5 6",
};

/** @param {keyof typeof shapes} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("width", "20");
  picture.setAttribute("height", "20");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", shapes[name]);
  path.setAttribute("fill", name === "bell" ? "currentColor" : "none");
  path.setAttribute("stroke", "currentColor");
  path.setAttribute("stroke-width", "2");
  path.setAttribute("stroke-linejoin", "round");
  path.setAttribute("stroke-linecap", "round");
  picture.append(path);
  return picture;
}

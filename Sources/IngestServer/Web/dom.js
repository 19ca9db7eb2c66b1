// A small way to build pages: h("p", {class: "soft"}, "text", node, …). Text is always text, never markup.

export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Puts new children in place; whoever had the keyboard keeps it, by node or by id. */
export function replace(parent, ...children) {
  const active = document.activeElement;
  const inside = active !== document.body && parent.contains(active) ? active : null;
  const selection = inside?.selectionStart !== undefined ? [inside.selectionStart, inside.selectionEnd] : null;
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (!inside) return;
  const next = inside.isConnected ? inside : inside.id ? document.getElementById(inside.id) : null;
  if (!next) return;
  next.focus({ preventScroll: true });
  if (selection && selection[0] !== null) try { next.setSelectionRange(...selection); } catch { /* not a text field */ }
}

/** Shows a modal dialog and resolves with the value of the button that closed it. */
export function ask(title, body, buttons) {
  return new Promise((resolve) => {
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

// Drawn, not taken from a font: a depot's terminal may have none with such signs.
const shapes = {
  bell: "M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6zm-2 15a2 2 0 0 0 4 0z",
  sound: "M4 9v6h4l5 4V5L8 9zm12-1a5 5 0 0 1 0 8m2-11a9 9 0 0 1 0 14",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  silent: "M4 9v6h4l5 4V5L8 9zm12 0 5 6m0-6-5 6",
};

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

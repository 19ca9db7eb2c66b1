import { h, replace } from "./dom.js";
import { get } from "./api.js";
import { t } from "./i18n.js";

let boxes = 0;

/**
 * A field that proposes what begins like it: arrows and Enter, or a finger. `kinds` as the server names them; `near` is
 * offered before anything is typed; `found(one)` is told the choice. What cannot be found is said.
 * @param {App} app
 * @param {{ kinds?: string[], label: string, near?: Choice[], found: (one: Choice) => void, keep?: boolean, placeholder?: string }} options
 */
export function completion(app, { kinds, label, near = [], found, keep = false, placeholder }) {
  const list = `list-${++boxes}`;
  /** @type {Choice[]} */
  let shown = [];
  let at = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const options = h("ul", { class: "options", role: "listbox", id: list, "aria-label": label });
  const input = h("input", {
    type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": list, "aria-autocomplete": "list", autocomplete: "off",
    "aria-label": label, placeholder: placeholder ?? label, maxlength: 120,
    oninput: () => { clearTimeout(timer); timer = setTimeout(ask, 180); },
    onfocus: () => { if (!input.value) offer(near); },
    onkeydown: (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); point(at + (event.key === "ArrowDown" ? 1 : -1)); }
      else if (event.key === "Enter" && shown.length) { event.preventDefault(); take(shown[Math.max(0, at)]); }
      else if (event.key === "Escape" && shown.length) { event.preventDefault(); event.stopPropagation(); offer([]); }
    },
  });
  /** @param {Choice} one */
  const take = (one) => {
    clearTimeout(timer);
    if (!keep) input.value = "";
    offer([]);
    found(one);
  };
  /** @param {number} index */
  const point = (index) => {
    at = Math.max(-1, Math.min(shown.length - 1, index));
    [...options.children].forEach((node, position) => node.setAttribute("aria-selected", String(position === at)));
    if (at >= 0) { input.setAttribute("aria-activedescendant", `${list}-${at}`); options.children[at].scrollIntoView({ block: "nearest" }); }
    else input.removeAttribute("aria-activedescendant");
  };
  /**
   * @param {Choice[]} all
   * @param {boolean} [none] whether to say that nothing was found
   */
  const offer = (all, none = false) => {
    shown = all;
    at = -1;
    input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", String(all.length > 0));
    replace(options, all.map((one, index) => h("li", { role: "option", id: `${list}-${index}`, "aria-selected": "false", onpointerdown: (event) => event.preventDefault(), onclick: () => take(one) },
      h("strong", {}, one.title || one.ref), h("span", { class: "soft" }, one.detail ?? ""))), none && all.length === 0 && h("li", { class: "soft none" }, t("nothingFound")));
  };
  const ask = async () => {
    const text = input.value.trim();
    if (text.length < 2) { offer(text ? [] : near); return; }
    const answer = await app.attempt(() => get(`/api/v1/search?q=${encodeURIComponent(text)}${kinds ? `&kind=${kinds.join(",")}` : ""}`));
    // A later question's answer must not be written over by an earlier one's.
    if (answer && input.value.trim() === text) offer(answer.found ?? [], true);
  };
  const node = h("div", { class: "completion" }, input, options);
  // Drawn into something new it leaves the page for a moment, and the keyboard comes back: only who stays away is gone.
  node.addEventListener("focusout", () => setTimeout(() => { if (!node.contains(document.activeElement) && !near.length) offer([]); }));
  if (near.length) offer(near);
  return { node, input };
}

// What a touch opens. Its script comes with the other pages (pages.js); a touch before that waits for it.

import { h } from "./dom.js";
import { t } from "./i18n.js";

/**
 * @template {keyof typeof import("./pages.js").deeds} Name
 * @param {App} app
 * @param {Name} name
 * @param {Parameters<typeof import("./pages.js").deeds[Name]>} all
 * @returns {Promise<ReturnType<typeof import("./pages.js").deeds[Name]> | undefined>} undefined where the script does not come; the person was told
 */
export async function open(app, name, ...all) {
  const come = await app.attempt(async () => await import("./pages.js"));
  const deed = /** @type {((...all: unknown[]) => any) | undefined} */ (come?.deeds[name]);
  return deed?.(...all);
}

/**
 * A button that opens the camera.
 * @param {App} app
 * @param {string} id
 */
export const cameraButton = (app, id) => h("button", { id, onclick: () => open(app, "camera", app) }, t("camera"));

const texts = ".csv,.tsv,.txt,.xlsx,text/csv";

/**
 * The button with its hidden field; `done` is called when something was taken.
 * @param {App} app
 * @param {ImportKind} kind
 * @param {{ id: string, label: string, away?: boolean, style?: string, done: () => void }} options
 */
export function importButton(app, kind, { id, label, away = false, style = "", done }) {
  const field = h("input", { type: "file", hidden: true, "aria-label": label,
    accept: kind === "deliveries" ? `${texts},.json,.edi,.xml,application/json` : texts,
    onchange: async () => {
      const file = field.files?.[0];
      field.value = "";
      if (file && await open(app, "take", app, kind, file)) done();
    } });
  const may = app.may("imports");
  return [h("button", { class: style, id, disabled: away || !may, title: may ? null : t("needsRight"), onclick: () => field.click() }, label), field];
}

import { h, replace } from "./dom.js";
import { request } from "./api.js";
import { t } from "./i18n.js";

const side = 1600;
const limit = 2000000;

/**
 * A picture small enough for the server: at most 1600 pixels a side, JPEG.
 * @param {Blob} file
 */
export async function shrink(file) {
  // TypeScript 4.8 does not know this word of the HTML standard yet.
  const picture = await createImageBitmap(file, { imageOrientation: /** @type {ImageOrientation} */ (/** @type {string} */ ("from-image")) });
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = h("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error(t("photoUnreadable"));
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  for (const quality of [0.82, 0.6, 0.4]) {
    const blob = await /** @type {Promise<Blob | null>} */ (new Promise((done) => canvas.toBlob(done, "image/jpeg", quality)));
    if (blob && blob.size <= limit) return { canvas, blob };
  }
  throw new Error(t("photoTooLarge"));
}

/**
 * A button that takes a picture, with what it shows; `send()` gives its number, or nothing where none was taken.
 * @param {App} app
 */
export function photoField(app) {
  /** @type {{ canvas: HTMLCanvasElement, blob: Blob, id?: number } | null} */
  let taken = null;
  const shown = h("div", { class: "photo" });
  const input = h("input", {
    type: "file", accept: "image/*", capture: "environment", hidden: true,
    onchange: async () => {
      const file = input.files?.[0];
      input.value = "";
      if (!file) return;
      try { taken = await shrink(file); } catch { app.say(t("photoUnreadable"), "bad"); return; }
      taken.canvas.setAttribute("role", "img");
      taken.canvas.setAttribute("aria-label", t("photo"));
      replace(shown, taken.canvas, h("button", { type: "button", class: "small", onclick: () => { taken = null; replace(shown); } }, t("photoDrop")));
    },
  });
  return {
    node: h("div", { class: "stack" }, h("button", { type: "button", onclick: () => input.click() }, t("photoTake")), input, shown),
    async send() {
      if (!taken) return null;
      taken.id ??= (await request("POST", "/api/v1/photos", taken.blob)).id;
      return taken.id;
    },
  };
}

/** Pictures of the goods of one delivery, as many as the centre takes. */
export const photoMost = 8;

/**
 * Pictures one after the other, each with a way to leave it out; `send()` gives their numbers. None has to be taken: it is folded away.
 * @param {App} app
 */
export function photosField(app) {
  /** @type {{ canvas: HTMLCanvasElement, blob: Blob, id?: number }[]} */
  let taken = [];
  const shown = h("ul", { class: "plain photos" });
  const button = h("button", { type: "button", id: "close-photo", onclick: () => input.click() }, t("photoTake"));
  const draw = () => {
    replace(shown, taken.map((one, index) => h("li", {}, one.canvas,
      h("button", { type: "button", class: "small", "aria-label": t("titled", { title: t("photo"), what: `${index + 1} · ${t("photoDrop")}` }), onclick: () => { taken = taken.filter((other) => other !== one); draw(); } }, t("photoDrop")))));
    button.disabled = taken.length >= photoMost;
  };
  const input = h("input", {
    type: "file", accept: "image/*", capture: "environment", hidden: true,
    onchange: async () => {
      const file = input.files?.[0];
      input.value = "";
      if (!file || taken.length >= photoMost) return;
      try {
        const one = await shrink(file);
        one.canvas.setAttribute("role", "img");
        one.canvas.setAttribute("aria-label", t("photo"));
        taken = [...taken, one];
      } catch { app.say(t("photoUnreadable"), "bad"); }
      draw();
    },
  });
  return {
    node: h("details", { class: "signature", id: "close-photos" }, h("summary", {}, h("strong", {}, t("photosOfGoods"))), h("div", { class: "stack" }, button, input, shown)),
    /** @returns {Promise<number[]>} what was sent once is not sent again */
    async send() {
      for (const one of taken) one.id ??= (await request("POST", "/api/v1/photos", one.blob)).id;
      return taken.map((one) => /** @type {number} */ (one.id));
    },
  };
}

import { h } from "./dom.js";
import { post, request } from "./api.js";
import { t } from "./i18n.js";
import { field } from "./parts.js";

/** In pixels of the picture; it is as wide as the dialog on the screen. */
const size = { width: 800, height: 280 };

/**
 * Who brought the goods signs with a finger, a pen or a mouse, or writes a name with the keyboard. Nobody is asked: it is folded away.
 * `send(delivery)` keeps it with the delivery, once; nothing where nobody signed.
 * @param {App} app
 */
export function signatureField(app) {
  const name = h("input", { id: "sign-name", maxlength: 120, autocomplete: "off" });
  const pad = h("canvas", { id: "sign-pad", class: "sign-pad", ...size, role: "img", "aria-label": t("signHere"), onpointerdown: (event) => begin(event), onpointermove: (event) => go(event), onpointerup: () => end(), onpointercancel: () => end() });
  let drawn = false;
  let down = false;
  let kept = false;
  const pen = () => {
    const pen = pad.getContext("2d");
    if (pen) Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#111", fillStyle: "#fff" });
    return pen;
  };
  // White in the dark, too: it is printed.
  const wipe = () => { pen()?.fillRect(0, 0, size.width, size.height); drawn = false; };
  /** @param {PointerEvent} event */
  const place = (event) => { const box = pad.getBoundingClientRect(); return /** @type {[number, number]} */ ([(event.clientX - box.left) * size.width / box.width, (event.clientY - box.top) * size.height / box.height]); };
  /** @param {PointerEvent} event */
  const begin = (event) => {
    event.preventDefault();
    if (!drawn) wipe();
    pad.setPointerCapture(event.pointerId);
    const line = pen();
    const [x, y] = place(event);
    line?.beginPath();
    line?.moveTo(x, y);
    // A dot is a stroke, too.
    line?.lineTo(x + 0.1, y);
    line?.stroke();
    down = drawn = true;
  };
  /** @param {PointerEvent} event */
  const go = (event) => {
    if (!down) return;
    const line = pen();
    line?.lineTo(...place(event));
    line?.stroke();
  };
  const end = () => { down = false; };
  const node = h("details", { class: "signature", id: "signature", ontoggle: () => { if (!drawn) wipe(); } }, h("summary", {}, h("strong", {}, t("signature"))),
    h("div", { class: "stack" }, pad, h("button", { type: "button", class: "small", id: "sign-clear", onclick: wipe }, t("signAgain")), field(t("signName"), name)));
  return {
    node,
    /** @param {number} delivery */
    async send(delivery) {
      const reason = name.value.trim();
      if (kept || (!drawn && !reason)) return;
      /** @type {number | undefined} */
      let photo;
      if (drawn) {
        const picture = await /** @type {Promise<Blob | null>} */ (new Promise((done) => pad.toBlob(done, "image/png")));
        if (picture) photo = (await request("POST", "/api/v1/photos", picture)).id;
      }
      await post(`/api/v1/deliveries/${delivery}/decisions`, { kind: "signed", photo, reason: reason || undefined });
      kept = true;
    },
  };
}

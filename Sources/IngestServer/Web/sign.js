import { h } from "./dom.js";
import { post, request } from "./api.js";
import { t } from "./i18n.js";
import { field } from "./parts.js";

/** In pixels of the picture; it is as wide as the dialog on the screen. */
const size = { width: 800, height: 280 };

/**
 * Who brought the goods signs with a finger, a pen or a mouse, or writes a name with the keyboard. Where nobody is asked it is folded away,
 * where nobody may there is none. `send(delivery)` keeps it with the delivery, once; nothing where nobody signed, and where somebody has to that is said.
 * @param {App} app
 * @param {Delivery} delivery
 */
export function signatureField(app, { decisions = [] }) {
  const rule = app.receiving.signature ?? "offered";
  // What came after it was opened again is signed for anew.
  const since = decisions.filter((one) => one.kind === "reopen").at(-1)?.id ?? 0;
  const isNeeded = rule === "required" && !decisions.some((one) => one.kind === "signed" && !one.undoneBy && one.id > since);
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
  const node = rule === "off" ? null : h("details", { class: "signature", id: "signature", open: isNeeded, ontoggle: () => { if (!drawn) wipe(); } }, h("summary", {}, h("strong", {}, t(isNeeded ? "signatureNeeded" : "signature"))),
    h("div", { class: "stack" }, pad, h("button", { type: "button", class: "small", id: "sign-clear", onclick: wipe }, t("signAgain")), field(t("signName"), name)));
  return {
    node,
    /** @param {number} delivery */
    async send(delivery) {
      const reason = name.value.trim();
      if (kept) return;
      if (!drawn && !reason) {
        if (!isNeeded) return;
        // As the centre says it.
        throw Object.assign(new Error(t("code_signature-needed")), { status: 409, code: "signature-needed" });
      }
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

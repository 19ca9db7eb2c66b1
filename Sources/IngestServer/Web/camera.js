import { isProven } from "./burst.js";
import { h, replace } from "./dom.js";
import { Decoder } from "./decoder.js";
import { helpAside } from "./help.js";
import { t } from "./i18n.js";
import { Sheet } from "./sheet.js";

/** What labels of goods and papers have. */
const formats = ["qr_code", "code_128", "data_matrix", "ean_13", "ean_8", "itf"];
/** Formats whose numbers are GS1's by their nature: AIM identifiers of ISO/IEC 15424. */
/** @type {Record<string, string>} */
const marks = { ean_13: "]E0", ean_8: "]E4" };

/**
 * What counts as a scan: half an ITF is an ITF too, so that only one with fourteen digits and the right last one is whole.
 * @param {SeenCode[]} codes
 */
export const whole = (codes) => codes.filter(({ text, itf }) => text && (!itf || (text.length === 14 && isProven(text))));

/** The browser's own reader, as ours answers. */
class Native {
  /** @param {string[]} can */
  constructor(can) { this.detector = new BarcodeDetector({ formats: formats.filter((one) => can.includes(one)) }); }

  /**
   * @param {HTMLVideoElement} video
   * @returns {Promise<SeenCode[]>}
   */
  async detect(video) {
    const codes = await this.detector.detect(video).catch(() => []);
    return codes.map(({ rawValue, format }) => ({ text: rawValue, symbology: marks[format], itf: format === "itf" }));
  }

  close() { /* nothing is kept */ }
}

/** The browser's where it reads all that we ask for, ours elsewhere. */
async function reader() {
  const can = typeof BarcodeDetector === "undefined" ? [] : await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.every((one) => can.includes(one)) ? new Native(can) : new Decoder();
}

/** What lies in the picture: a code is new when it was not seen for two seconds. */
export class Sightings {
  constructor() {
    /** @type {Map<string, number>} */
    this.seen = new Map();
  }

  /**
   * Those that are new, of all that a picture shows.
   * @param {string[]} codes
   * @param {number} now milliseconds
   */
  take(codes, now) {
    for (const [code, at] of this.seen) if (now - at > 2000) this.seen.delete(code);
    const fresh = [...new Set(codes)].filter((code) => !this.seen.has(code));
    for (const code of codes) this.seen.set(code, now);
    return fresh;
  }
}

/**
 * Scans until it is closed.
 * @param {App} app
 */
export function openCamera(app) {
  const picture = h("video", { class: "camera", playsinline: true, muted: true, "aria-label": t("camera") });
  const tools = h("div", { class: "row" });
  /** @type {MediaStream | null} */
  let stream = null;
  let open = true;
  const problem = !window.isSecureContext || !navigator.mediaDevices ? t("cameraInsecure") : null;
  const sheet = new Sheet(t("camera"), () => (problem ? h("p", { id: "camera-problem" }, problem, " ", helpAside("scan")) : [h("p", { class: "soft" }, t("cameraHint")), picture, tools]), {
    wide: true, closed: () => { open = false; for (const track of stream?.getTracks() ?? []) track.stop(); app.scanner.draw(); },
  });
  if (problem) return;
  const sightings = new Sightings();
  const read = async () => {
    const eyes = await reader();
    try {
      while (open) {
        const codes = picture.readyState >= 2 ? whole(await eyes.detect(picture)) : [];
        // Closed meanwhile: what was in the last picture is not meant any more.
        for (const text of open ? sightings.take(codes.map((one) => one.text), performance.now()) : []) {
          app.scanner.scan(text, codes.find((one) => one.text === text)?.symbology);
        }
        await new Promise((next) => setTimeout(next, 100));
      }
    } catch { sheet.say(t("cameraNoReader")); } finally { eyes.close(); }
  };
  const begin = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
      if (!open) { for (const track of stream.getTracks()) track.stop(); return; }
      picture.srcObject = stream;
      await picture.play();
      const [track] = stream.getVideoTracks();
      // TypeScript's list of what a camera can does not know the lamp (W3C Image Capture).
      const can = /** @type {{ torch?: boolean }} */ (track.getCapabilities?.() ?? {});
      let lit = false;
      if (can.torch) replace(tools, h("button", { id: "torch", "aria-pressed": "false", onclick: async (/** @type {Event} */ event) => {
        lit = !lit;
        await track.applyConstraints({ advanced: [/** @type {MediaTrackConstraintSet} */ (/** @type {unknown} */ ({ torch: lit }))] }).catch(() => { lit = false; });
        /** @type {HTMLElement} */ (event.target).setAttribute("aria-pressed", String(lit));
      } }, t("torch")));
      await read();
    } catch (error) { sheet.say(t("cameraDenied", { why: error instanceof Error ? error.message : String(error) })); }
  };
  begin();
}

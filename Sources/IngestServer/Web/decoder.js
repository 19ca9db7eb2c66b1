// Where a browser reads no codes in pictures: our own decoder, loaded when it is first needed (decoder-worker.js).

/** Longer sides are made smaller, in pixels: the decoder takes a quarter for granted, and a telephone's picture has twelve million. */
const longest = 1280;

/** Milliseconds until the decoder has come and read its first picture; after that something is wrong, and is said. */
const patience = 30000;

/**
 * How large a picture is looked at.
 * @param {number} width
 * @param {number} height
 */
export function sizeOf(width, height) {
  const part = Math.min(1, longest / Math.max(width, height, 1));
  return { width: Math.round(width * part), height: Math.round(height * part) };
}

/** One picture at a time; its answer is waited for. */
export class Decoder {
  constructor() {
    this.worker = new Worker("/web/decoder-worker.js", { type: "module" });
    this.canvas = document.createElement("canvas");
    this.paper = this.canvas.getContext("2d", { willReadFrequently: true });
  }

  /**
   * @param {HTMLVideoElement} video
   * @returns {Promise<SeenCode[]>} throws where the decoder is not to be had
   */
  async detect(video) {
    const { width, height } = sizeOf(video.videoWidth, video.videoHeight);
    if (!this.paper || width === 0 || height === 0) return [];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.paper.drawImage(video, 0, 0, width, height);
    const { buffer } = this.paper.getImageData(0, 0, width, height).data;
    const answer = await new Promise((told, failed) => {
      this.worker.onmessage = ({ data }) => told(data);
      this.worker.onerror = (event) => { event.preventDefault(); failed(new Error(event.message || "worker")); };
      setTimeout(() => failed(new Error("late")), patience);
      this.worker.postMessage({ colours: buffer, width, height }, [buffer]);
    });
    if (answer.problem) throw new Error(answer.problem);
    return answer.codes;
  }

  close() { this.worker.terminate(); }
}

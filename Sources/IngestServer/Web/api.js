// Requests to the centre. A refusal carries the server's own sentence and code (RFC 9457).

export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {Problem} problem
   */
  constructor(status, problem) {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.code = problem.code;
    this.problem = problem;
    /** @type {string | null} */
    this.retryAfter = null;
  }
}

/**
 * @template {string} Path
 * @param {"GET" | "POST" | "PUT" | "DELETE"} method
 * @param {Path} path
 * @param {Blob | object} [body] sent as it is, or as JSON
 * @returns {Promise<Done<Path>>}
 * @throws {Refusal} where the centre refuses; another error where it does not answer
 */
export async function request(method, path, body) {
  const raw = body instanceof Blob;
  const response = await fetch(path, {
    method, credentials: "same-origin",
    headers: body === undefined || raw ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : body instanceof Blob ? body : JSON.stringify(body),
  });
  const text = await response.text();
  /** @type {any} */
  let data = {};
  try { data = text ? JSON.parse(text) : {}; } catch { data = { detail: text.slice(0, 200) }; }
  if (!response.ok) throw Object.assign(new Refusal(response.status, data), { retryAfter: response.headers.get("Retry-After") });
  return data;
}

/**
 * @template {string} Path
 * @param {Path} path
 * @returns {Promise<Got<Path>>}
 */
export const get = (path) => /** @type {Promise<any>} */ (request("GET", path));
/**
 * @template {string} Path
 * @param {Path} path
 * @param {object} [body]
 */
export const post = (path, body) => request("POST", path, body ?? {});

/** The identity of one click: the server dials once for it, however often it is sent. */
export function ulid() {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let time = Date.now();
  let text = "";
  for (let index = 0; index < 10; index++) { text = alphabet[time % 32] + text; time = Math.floor(time / 32); }
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) text += alphabet[byte % 32];
  return text;
}

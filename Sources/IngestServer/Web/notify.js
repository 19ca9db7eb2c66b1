// Notifications of the browser, with the person's consent: for a call that rings while they look elsewhere.

/** @type {Map<string, Notification>} */
const open = new Map();

export const notifyState = () => (typeof Notification === "undefined" || !window.isSecureContext ? "unsupported" : Notification.permission);

export async function askNotify() {
  try { await Notification.requestPermission(); } catch { /* a browser without it */ }
}

/**
 * Shows, or with no title takes away, the notification of one call.
 * @param {string} call
 * @param {string | null} title
 * @param {string} [body]
 * @param {() => void} [chosen]
 */
export function notify(call, title, body, chosen) {
  open.get(call)?.close();
  open.delete(call);
  if (!title || notifyState() !== "granted" || document.hasFocus()) return;
  /** @type {Notification} */
  let note;
  // Telephones' browsers have the word and refuse to make one.
  try { note = new Notification(title, { body, tag: call, icon: "/web/icon.svg" }); } catch { return; }
  note.onclick = () => { window.focus(); chosen?.(); note.close(); };
  open.set(call, note);
}

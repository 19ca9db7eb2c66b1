// Passkeys: what a browser is asked, and what it answers, as the centre reads it (Web Authentication Level 2).

import { post } from "./api.js";
import { t } from "./i18n.js";

/** @param {string} text base64 of RFC 4648, section 5 */
export const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

/** @param {ArrayBuffer} buffer */
export const textOf = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/** Browsers have them over https, and on this machine. */
export const hasPasskeys = () => "PublicKeyCredential" in globalThis && isSecureContext;

/**
 * Runs a ceremony; undefined where the person gave it up, or it is not to be had, which is said.
 * @template T
 * @param {App} app
 * @param {() => Promise<T>} body
 */
async function ceremony(app, body) {
  if (!hasPasskeys()) { app.say(t("passkeyNeedsTLS"), "bad"); return undefined; }
  try { return await body(); } catch (error) {
    app.say(t(error.name === "InvalidStateError" ? "code_known-passkey" : "passkeyGivenUp"), "bad");
    return undefined;
  }
}

/** @param {App} app */
export async function signInByPasskey(app) {
  const asked = await app.attempt(() => post("/api/v1/session/passkey/options"));
  if (!asked) return;
  const shown = /** @type {PublicKeyCredential | null | undefined} */ (await ceremony(app, () => navigator.credentials.get({
    publicKey: { challenge: bytesOf(asked.challenge), rpId: asked.site, timeout: asked.timeout, userVerification: "required" },
  })));
  if (!shown) return;
  const answer = /** @type {AuthenticatorAssertionResponse} */ (shown.response);
  const person = await app.attempt(() => post("/api/v1/session/passkey", {
    credential: textOf(shown.rawId), clientData: textOf(answer.clientDataJSON), authenticatorData: textOf(answer.authenticatorData), signature: textOf(answer.signature),
  }));
  if (!person) return;
  app.signIn.asked = null;
  app.signIn.drawn = null;
  app.begin(person);
}

/**
 * A browser makes one; what it says of it, or undefined.
 * @param {App} app
 * @param {PasskeyOptions} asked
 * @param {Person} person
 */
export async function makePasskey(app, asked, person) {
  const made = /** @type {PublicKeyCredential | null | undefined} */ (await ceremony(app, () => navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(asked.challenge), rp: { id: asked.site, name: "Quai" }, timeout: asked.timeout, attestation: "none",
      user: { id: bytesOf(asked.user ?? ""), name: person.name, displayName: person.name },
      pubKeyCredParams: (asked.algorithms ?? []).map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      excludeCredentials: (asked.known ?? []).map((id) => ({ type: "public-key", id: bytesOf(id) })),
    },
  })));
  if (!made) return undefined;
  const answer = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return { clientData: textOf(answer.clientDataJSON), attestation: textOf(answer.attestationObject) };
}

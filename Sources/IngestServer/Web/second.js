import { h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { field } from "./parts.js";
import { signInByPasskey } from "./passkey.js";

/**
 * The password was right, and a second factor is asked for; or a right asks for one, and they have none.
 * @param {App} app
 * @param {import("./signin.js").SignIn} door
 */
export function drawSecond(app, door) {
  const form = document.getElementById("second");
  const asked = door.asked;
  if (!form) return;
  if (door.due || !asked) {
    return replace(form, h("h1", {}, t("secondFactor")), h("p", {}, t("factorDue")),
      h("button", { class: "main big", type: "button", id: "set-up", onclick: () => door.setUp() }, t("factorSetUp")),
      h("button", { id: "not-now", type: "button", onclick: () => { door.due = undefined; app.signOut(); } }, t("signOut")));
  }
  const code = h("input", { name: "code", autocomplete: "one-time-code", maxlength: 40, required: true, id: "code" });
  form.onsubmit = (event) => { event.preventDefault(); door.send({ ...asked.body, code: code.value.trim() }, () => { code.value = ""; code.focus(); }); };
  replace(form, h("h1", {}, t("secondFactor")), h("p", { class: "soft" }, t(asked.app ? "codeHint" : "codeHintPasskey")), field(t(asked.app ? "codeLabel" : "recoveryLabel"), code),
    h("button", { class: "main big", type: "submit" }, t("signIn")),
    asked.passkey && h("button", { type: "button", id: "by-passkey", onclick: () => signInByPasskey(app) }, t("passkeySignIn")),
    h("button", { type: "button", id: "other-name", onclick: () => { door.asked = null; door.redraw(); } }, `‹ ${t("otherPerson")}`));
  code.focus();
}

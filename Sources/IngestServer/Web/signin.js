import { h, part, replace } from "./dom.js";
import { get, post } from "./api.js";
import { helpFor } from "./help.js";
import { t, lang } from "./i18n.js";
import { field, keypad } from "./parts.js";
import { open } from "./doors.js";
import { wakeSound } from "./sound.js";

/** Who is here: a name where nobody has a password yet; else name and password, or a PIN or badge at a dock. */
export class SignIn {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {WayIn & { people: { id: number, name: string }[] } | null} */
    this.how = null;
    /** @type {boolean | null} */
    this.atDock = null;
    /** @type {{ id: number, name: string } | null} */
    this.chosen = null;
    /**
     * The password was right, and a second factor is asked for.
     * @type {{ body: object, app?: boolean, passkey?: boolean } | null}
     */
    this.asked = null;
    /** @type {Person | undefined} */
    this.due = undefined;
    /**
     * What is on the screen, so that it is not drawn over what somebody types.
     * @type {string | null}
     */
    this.drawn = null;
    // A scanner types wherever the keyboard is: a badge belongs into its field.
    document.addEventListener("keydown", (event) => { if (!app.person && event.key.length === 1 && document.activeElement === document.body) document.getElementById("badge")?.focus(); });
  }

  async ask() {
    const how = await get("/api/v1/session/how").catch((error) => (error.status === undefined ? null : { names: true, people: [] }));
    if (how) this.how = { ...how, people: how.people ?? [] };
    this.how ??= { names: true, people: [] };
  }

  /** Somebody left: the way in may have changed meanwhile. */
  again() {
    this.chosen = null;
    this.asked = null;
    this.drawn = null;
    this.ask().then(() => { if (!this.app.person && this.app.page !== "help") this.draw(part("main")); });
  }

  /** @param {Person} person */
  entered(person) {
    this.chosen = null;
    this.asked = null;
    this.drawn = null;
    this.app.begin(person);
  }

  /**
   * Their badge was shown, and the PIN is asked for besides.
   * @param {{ id: number, name: string }} person
   */
  needsPin(person) { this.chosen = person; this.redraw(); }

  /**
   * @param {object} body
   * @param {() => void} [sheetless] called where it was refused
   */
  async send(body, sheetless) {
    wakeSound();
    try {
      this.entered(await post("/api/v1/session", this.app.station() && !this.how?.names ? { ...body, station: this.app.station() } : body));
    } catch (error) {
      if (error.code === "too-many-tries") this.app.say(t("tooManyTries", { n: error.problem?.seconds ?? error.retryAfter ?? "?" }), "bad");
      else if (error.code === "password-needed") { this.app.say(t("code_password-needed"), "bad"); this.again(); }
      else if (error.code === "pin-needed") this.needsPin(error.problem);
      else if (error.code === "code-needed") { this.asked = { ...error.problem, body }; this.redraw(); }
      else if (error.status === 401) this.app.say(t("code_sign-in-refused"), "bad");
      else await this.app.attempt(() => { throw error; });
      sheetless?.();
    }
  }

  /** @param {HTMLElement} main */
  draw(main) {
    if (!this.how) { replace(main, h("p", { class: "quiet" }, "…")); return; }
    this.atDock ??= Boolean(this.how.screen || this.app.station());
    const drawn = `${lang()} ${this.how.names} ${this.atDock} ${this.chosen?.id ?? ""} ${this.how.people.length} ${Boolean(this.asked)} ${this.due?.id} ${this.how.screen}`;
    // What somebody types here must survive other news.
    if (this.drawn === drawn && main.querySelector(".signin")) return;
    this.drawn = drawn;
    replace(main, this.due || this.asked ? h("form", { class: "panel stack signin", id: "second" }) : this.how.names ? this.drawName() : !this.atDock ? this.drawPassword(this.how) : this.chosen ? this.drawPin(this.chosen) : this.drawDock(this.how), helpFor("signin"));
    /** @type {HTMLElement | null} */ (main.querySelector("[data-first]"))?.focus();
    if (this.due || this.asked) open(this.app, "second", this.app, this);
    if (this.how.providers?.length) open(this.app, "providers", this.app, this.how);
    if (this.how.screen && document.getElementById("screen-hint")) open(this.app, "screen", this.app, this.how.screen, this);
  }

  redraw() { this.app.say(null); this.draw(part("main")); }

  drawName() {
    const name = h("input", { name: "name", autocomplete: "name", maxlength: 60, required: true, id: "who", lang: lang(), "data-first": true });
    return h("form", { class: "panel stack signin", onsubmit: (event) => { event.preventDefault(); this.send({ name: name.value }); } },
      h("h1", {}, t("whoAreYou")), h("p", { class: "soft" }, t("whyName")),
      h("label", {}, h("span", {}, t("name")), name), h("button", { class: "main", type: "submit" }, t("signIn")));
  }

  /** @param {WayIn} how */
  drawPassword(how) {
    const name = h("input", { name: "name", autocomplete: "username", maxlength: 60, required: true, id: "who", lang: lang(), "data-first": true });
    const password = h("input", { name: "password", type: "password", autocomplete: "current-password", maxlength: 200, required: true, id: "password" });
    return h("form", { class: "panel stack signin", onsubmit: (event) => { event.preventDefault(); this.send({ name: name.value.trim(), password: password.value }, () => { password.value = ""; password.focus(); }); } },
      h("h1", {}, t("whoAreYou")), how.passwords === false && h("p", { class: "notice wait" }, t("noPasswords")), field(t("name"), name), field(t("password"), password), h("button", { class: "main big", type: "submit" }, t("signIn")),
      h("div", { class: "stack", id: "providers" }),
      "PublicKeyCredential" in globalThis && h("button", { type: "button", id: "by-passkey", onclick: () => open(this.app, "passkey", this.app) }, t("passkeySignIn")),
      h("button", { type: "button", id: "at-dock", onclick: () => { this.atDock = true; this.redraw(); } }, t("signInDock")));
  }

  /**
   * A right of theirs asks for a second factor, and they have none: before anything else they set one up.
   * @param {Person} person
   */
  enrol(person) {
    this.due = person;
    this.redraw();
    this.setUp();
  }

  setUp() { open(this.app, "security", this.app, this.due, async () => { const me = await get("/api/v1/me"); this.due = undefined; if (me.name === undefined) this.again(); else this.app.begin(me); }); }

  /** @param {{ people: { id: number, name: string }[] }} how */
  drawDock(how) {
    const badge = h("input", { autocomplete: "off", maxlength: 64, id: "badge", class: "secret", placeholder: t("badgeHint"), "data-first": true });
    /** @type {string[]} */
    const known = JSON.parse(localStorage.getItem("zones") ?? "[]");
    /** @type {HTMLInputElement} */
    const station = h("input", { id: "station", maxlength: 64, autocomplete: "off", list: "stations", value: this.app.station() ?? "", onchange: () => this.app.setStation(station.value.trim()) });
    return h("div", { class: "panel stack signin wide" }, h("h1", {}, t("whoAreYou")), this.how?.screen && h("p", { class: "notice", id: "screen-hint", role: "status" }),
      h("form", { class: "stack", onsubmit: (event) => { event.preventDefault(); const text = badge.value.trim(); badge.value = ""; if (text) this.send({ badge: text }, () => badge.focus()); } }, field(t("badgeLabel"), badge)),
      how.people.length > 0 && [h("h2", {}, t("pickName")), h("div", { class: "people" }, how.people.map((person) =>
        h("button", { id: `person-${person.id}`, onclick: () => { this.chosen = person; this.redraw(); } }, person.name)))],
      field(t("stationLabel"), station), h("datalist", { id: "stations" }, known.map((zone) => h("option", { value: zone }))),
      h("button", { id: "by-password", onclick: () => { this.atDock = false; this.redraw(); } }, t("signInPassword")));
  }

  /** @param {{ id: number, name: string }} person */
  drawPin(person) {
    const pin = h("input", { type: "password", inputmode: "none", autocomplete: "off", maxlength: 12, id: "pin", class: "big-number", "aria-label": t("pinOf", { who: person.name }), "data-first": true });
    const send = () => { const code = pin.value; pin.value = ""; if (code) this.send({ id: person.id, pin: code }, () => pin.focus()); };
    /** @param {string} key */
    const press = (key) => { if (key === "ok") send(); else pin.value = key === "back" ? pin.value.slice(0, -1) : (pin.value + key).slice(0, 12); };
    return h("form", { class: "panel stack signin", onsubmit: (event) => { event.preventDefault(); send(); } },
      h("h1", {}, person.name), pin, keypad(press, { label: "OK", value: "ok", name: t("signIn") }),
      h("button", { type: "button", id: "other-name", onclick: () => { this.chosen = null; this.redraw(); } }, `‹ ${t("otherPerson")}`));
  }
}

// A person's colours and language go with them from machine to machine, and nothing that was chosen is lost.

import "./browser.js";
import { beforeEach, test } from "node:test";
import assert from "node:assert/strict";

const web = "../../Sources/IngestServer/Web/";
const { settle, showTheme, themeOf } = await import(`${web}theme.js`);
const { prefer, setTheme } = await import(`${web}taste.js`);

let asked, status;
globalThis.fetch = async (path, { method, body }) => {
  asked.push([method, path, JSON.parse(body)]);
  if (status === undefined) throw new TypeError("no network");
  return { ok: status === 200, status, headers: { get: () => null }, text: async () => "{}" };
};
const shown = () => document.documentElement.dataset.theme;
const nadia = { id: 7, name: "Nadia" };

beforeEach(() => {
  for (const key of ["theme.7", "unsent.7"]) localStorage.removeItem(key);
  delete document.documentElement.dataset.theme;
  [asked, status] = [[], 200];
});

test("what the centre keeps is shown at once, and what it keeps as the machine's own takes it away", () => {
  assert.deepEqual(settle({ ...nadia, theme: "dark", language: "en" }), { language: "en", isUnsent: false });
  assert.equal(shown(), "dark");
  settle({ ...nadia, theme: "auto" });
  assert.equal(shown(), undefined);
  assert.deepEqual(asked, []);
});

test("who never said anything has what this machine remembers, and no language is forced on them", () => {
  localStorage.setItem("theme.7", "light");
  assert.equal(settle(nadia).language, undefined);
  assert.equal(shown(), "light");
});

test("a choice is told to the centre", async () => {
  await setTheme(nadia, "dark");
  assert.deepEqual(asked, [["PUT", "/api/v1/me/preferences", { theme: "dark" }]]);
  assert.equal(shown(), "dark");
  assert.equal(localStorage.getItem("unsent.7"), null);
});

test("a choice without the centre wins over what it kept, and is told at the next sign-in", async () => {
  status = undefined;
  await setTheme(nadia, "dark");
  await prefer(nadia, { language: "fr" });
  status = 200;
  asked = [];
  assert.deepEqual(settle({ ...nadia, theme: "light", language: "en" }), { language: "fr", isUnsent: true });
  assert.equal(shown(), "dark");
  await prefer(nadia, {});
  assert.deepEqual(asked, [["PUT", "/api/v1/me/preferences", { theme: "dark", language: "fr" }]]);
  assert.equal(localStorage.getItem("unsent.7"), null);
});

test("what the centre refuses is not told again and again", async () => {
  status = 400;
  await prefer(nadia, { language: "??" });
  assert.equal(localStorage.getItem("unsent.7"), null);
});

test("nobody's screen has nobody's colours", () => {
  settle({ ...nadia, theme: "dark" });
  showTheme(null);
  assert.equal(shown(), undefined);
  assert.equal(themeOf(null), "auto");
});

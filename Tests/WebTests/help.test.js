// The how-tos: each in every language, in the same pieces, and all that pages point at.

import { Element } from "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";

const web = "../../Sources/IngestServer/Web/";
const { t, switchLanguage, vocabularies } = await import(`${web}i18n.js`);
await import(`${web}repairs.js`);
const { languages } = await import(`${web}languages.js`);
const { HelpPage, rich, shelves } = await import(`${web}help-page.js`);

const root = new URL("../../", import.meta.url).pathname;
const folder = `${root}Sources/IngestServer/Web/`;
const source = readdirSync(folder).filter((name) => name.endsWith(".js")).map((name) => readFileSync(folder + name, "utf8")).join("\n");
const texts = Object.fromEntries(await Promise.all(Object.entries(languages).map(async ([code, its]) => [code, (await its.help()).help])));
const all = (one) => [one.title, one.what, ...one.steps, ...one.wrong.flat()];
/** Names that are no words of the pages by mistake: of buttons, with the language's own words. */
const words = (text) => [...text.matchAll(/\[([\w-]+)\]/g)].map(([, key]) => key);

test("every page has a how-to, and every link to one leads somewhere", () => {
  const pages = readFileSync(`${folder}app.js`, "utf8").match(/^const pages = \[(.*)\];$/m)[1].match(/\w+/g);
  assert.ok(pages.length >= 8);
  const linked = [...source.matchAll(/\b(?:helpLink|helpAside|helpFor)\("([\w-]+)"/g), ...source.matchAll(/\bempty\(t\("\w+"\), (?:t\("\w+"\)|""), "([\w-]+)"\)/g), ...source.matchAll(/help: refuses \? "(\w+)"/g)].map(([, name]) => name);
  assert.ok(linked.length > 20, `${linked.length}`);
  for (const [code, its] of Object.entries(texts)) assert.deepEqual([...pages, ...linked].filter((name) => !Object.hasOwn(its, name)), [], code);
});

test("every language has every how-to, with the same steps, troubles, words of buttons and further links", () => {
  const names = shelves.flatMap(([, list]) => list);
  assert.equal(new Set(names).size, names.length);
  const shape = (one) => [one.steps.map(words), one.wrong.map(([seen, deed]) => [words(seen), words(deed)]), one.see];
  for (const [code, its] of Object.entries(texts)) {
    assert.deepEqual(Object.keys(its).sort(), [...names].sort(), code);
    for (const name of names) {
      assert.deepEqual(shape(its[name]), shape(texts.en[name]), `${code} ${name}`);
      assert.ok(its[name].steps.length >= 3 && its[name].wrong.length >= 3 && its[name].see.length >= 1, `${code} ${name}`);
      assert.deepEqual(its[name].see.filter((other) => !(other in its)), [], `${code} ${name}`);
      assert.ok(all(its[name]).every((text) => text.trim() === text && text.length > 1), `${code} ${name}`);
    }
  }
});

test("a button that a how-to names is a word of the pages", () => {
  for (const [code, its] of Object.entries(texts)) {
    const keys = Object.values(its).flatMap(all).flatMap(words);
    assert.ok(keys.length > 40);
    // What is filled in would be left open.
    assert.deepEqual(keys.filter((key) => !(key in vocabularies[code]) || /\{/.test(vocabularies[code][key])), [], code);
  }
});

test("French how-tos are set as French is, and English ones as English", () => {
  const bare = (text) => text.replace(/`[^`]*`|\[[\w-]+\]/g, "x");
  assert.deepEqual(Object.values(texts.fr).flatMap(all).filter((text) => /[^\s][;?!»](?![\w=])|[^\s]:(?=\s|$)|«\S|'/.test(bare(text))), []);
  assert.deepEqual(Object.values(texts.en).flatMap(all).filter((text) => /\s[;:?!](?=\s|$)|'/.test(bare(text))), []);
});

test("what is typed and what is pressed stand out, and French signs do not begin a line", () => {
  const parts = rich("Tapez `df -h` : puis [close], « là » !");
  assert.deepEqual(parts.map((part) => (typeof part === "string" ? part : part.tag)), ["Tapez ", "code", "\u00A0: puis ", "strong", ", «\u00A0là\u00A0»\u00A0!"]);
  assert.deepEqual([parts[1].textContent, parts[3].textContent], ["df -h", t("close")]);
});

for (const language of ["fr", "en"]) {
  test(`each how-to and the list of all can be read, in ${language}`, async () => {
    const before = location.pathname;
    if (language === "en") switchLanguage();
    try {
      const page = new HelpPage({ isAway: () => false, refresh() {} });
      await page.bring();
      for (const name of ["", "no-such-help", "constructor", "%E0%A4%A", ...Object.keys(texts[language])]) {
        location.pathname = `/help/${name}`;
        const main = new Element("main");
        page.draw(main);
        const known = Object.hasOwn(texts[language], name);
        assert.doesNotMatch(main.textContent, /undefined|\[object|\{\w+\}|`/, name);
        assert.ok(main.textContent.includes(known ? texts[language][name].title : texts[language].receiving.title), name);
        assert.equal(page.title(), known ? `${texts[language][name].title} · ${t("help")}` : t("help"));
        // Every link of it is one of the pages'.
        for (const link of main.all("a")) assert.match(link.getAttribute("href"), /^\/(help\/[\w-]*|[a-z]+|ca(-next)?\.crt)$/);
      }
    } finally {
      location.pathname = before;
      if (language === "en") switchLanguage();
    }
  });
}

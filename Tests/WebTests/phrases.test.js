// What an import says of a file: every sentence that the centre has is worded in French, and both are told with what stands in them.

import "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { templates, texts } from "./phrases.js";

const web = "../../Sources/IngestServer/Web/";
const { reasons } = await import(`${web}words-reasons.js`);
const { lang, learnSentences, switchLanguage, told, vocabularies } = await import(`${web}i18n.js`);
await learnSentences();
const { inWords } = await import(`${web}import.js`);

const root = new URL("../../", import.meta.url).pathname;
const papers = `${root}Sources/Depot/Papers/`;
const files = [...readdirSync(papers).map((name) => papers + name), `${root}Sources/Depot/Articles/ArticleTable+Measures.swift`];
const sources = files.map((path) => readFileSync(path, "utf8"));
const said = new Set(sources.flatMap(templates));

/** What looks like a sentence and is none: the word that a heading has, the text of a fact, what stands beside a party's name. */
const others = new Set(["code barre", "{} lines of {}", "{} ({})", "{} · {}", "--map {}=\"{}\"", "{} "]);

test("texts of a Swift source are read with what stands in them", () => {
  const source = 'let a = "x \\(b ?? "no \\"c\\"") y" // "not this one"\nlet t = ["a b"]\nlet s: Phrase = "one "\n    + "two"\nlet q = """\n  a b\n  """\n';
  assert.deepEqual(texts(source).map(({ text }) => text), ["x {} y", 'no "c"', "a b", "one two"].sort((a, b) => texts(source).findIndex((one) => one.text === a) - texts(source).findIndex((one) => one.text === b)));
  assert.deepEqual(templates(source).sort(), ['no "c"', "one two", "x {} y"]);
});

test("every sentence of an import is worded in French", () => {
  assert.ok(said.size > 150);
  assert.deepEqual([...said].filter((template) => !others.has(template) && !(template in reasons)), []);
});

test("no French sentence is left that the centre does not say", () => {
  const all = new Set(sources.flatMap((source) => texts(source).map(({ text }) => text)));
  assert.deepEqual(Object.keys(reasons).filter((template) => !all.has(template) && !["", "{}"].includes(template)), []);
});

test("a French sentence holds everything that stands in the English one", () => {
  for (const [template, text] of Object.entries(reasons)) {
    const count = template.split("{}").length - 1;
    const places = new Set([...text.matchAll(/\{(\d*)\}/g)].map(([, place]) => Number(place || NaN)));
    assert.deepEqual([...places].sort((a, b) => a - b), Array.from({ length: count }, (_, place) => place), template);
  }
});

test("French sentences are set as French is", () => {
  for (const text of Object.values(reasons)) {
    assert.doesNotMatch(text, /'/, `${text}: a straight apostrophe`);
    assert.doesNotMatch(text, /\S[;?!»]|«\S|[^\s]:(?=\s)/, `${text}: a sign without its space`);
  }
});

const quantity = { template: "{} \"{}\" is not a number from {} to {}", arguments: [{ template: "quantity", arguments: [] }, "beaucoup", "0", "1000000"] };

test("a sentence is told in the language of the page, and what stands in it too", () => {
  assert.equal(lang(), "fr");
  assert.equal(told(quantity), "quantité « beaucoup » : ce n’est pas un nombre de 0 à 1000000");
  switchLanguage();
  try { assert.equal(told(quantity), "quantity \"beaucoup\" is not a number from 0 to 1000000"); } finally { switchLanguage(); }
  assert.equal(told({ template: "nobody worded {}", arguments: ["$& this"] }), "nobody worded $& this");
});

test("a field is called as it is in the list of columns", () => {
  const phrase = { template: "the column \"{}\" is taken for {}, by its name", arguments: ["Qté", { template: "dock", arguments: [] }] };
  assert.equal(told(phrase), `la colonne « Qté » est lue comme « ${vocabularies.fr.field_dock} », d’après son nom`);
});

test("the file of refused rows has its reasons in the language of the page", () => {
  const reason = "quantity \"beaucoup\" is not a number from 0 to 1000000";
  const file = `gtin;quantity;line;reason\r\n1;beaucoup;2;"${reason.replaceAll("\"", "\"\"")}"\r\n2;5;3;a total is left out\r\n`;
  assert.equal(inWords(file, [{ line: 2, reason, phrase: quantity }, { line: 3, reason: "a total is left out", phrase: { template: "a total is left out", arguments: [] } }]),
    "gtin;quantity;line;reason\r\n1;beaucoup;2;quantité « beaucoup » : ce n’est pas un nombre de 0 à 1000000\r\n2;5;3;un total est laissé de côté\r\n");
});

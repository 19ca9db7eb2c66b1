// The words of the pages: both languages say everything, and whatever a page or the centre names has a word.

import "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
const { addWords, vocabularies } = await import("../../Sources/IngestServer/Web/i18n.js");
// Words that come with the page which needs them.
addWords((await import("../../Sources/IngestServer/Web/words-join.js")).joining);
addWords((await import("../../Sources/IngestServer/Web/words-rollout.js")).rolling);
// It brings its own.
await import("../../Sources/IngestServer/Web/repairs.js");

const root = new URL("../../", import.meta.url).pathname;
const read = (path) => readFileSync(root + path, "utf8");
const web = "Sources/IngestServer/Web/";
const modules = readdirSync(root + web).filter((name) => name.endsWith(".js"));
const tables = modules.filter((name) => name === "i18n.js" || name.startsWith("words-"));
const { fr, en } = vocabularies;
const source = modules.filter((name) => !tables.includes(name)).map((name) => read(web + name)).join("\n");

test("French and English have the same words", () => {
  assert.deepEqual(Object.keys(fr).filter((key) => !(key in en)), [], "not in English");
  assert.deepEqual(Object.keys(en).filter((key) => !(key in fr)), [], "not in French");
});

test("no word is empty, and none stands twice in a table", () => {
  for (const [language, words] of Object.entries(vocabularies)) for (const [key, text] of Object.entries(words)) assert.ok(text.trim(), `${language}.${key}`);
  for (const name of tables) {
    for (const part of read(web + name).split(/^ {2}(?:fr|en): \{$/m).slice(1)) {
      const keys = [...part.matchAll(/(?:^ {4}|", )"?([\w.-]+)"?: (?=")/gm)].map(([, key]) => key);
      assert.deepEqual(keys.filter((key, at) => keys.indexOf(key) !== at), [], name);
    }
  }
});

test("both languages fill in the same values", () => {
  const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).filter((name) => name !== "n").sort().filter((name, at, all) => all[at - 1] !== name);
  const differing = Object.keys(fr).filter((key) => key in en && String(holes(fr[key])) !== String(holes(en[key])));
  assert.deepEqual(differing, []);
});

test("French words are set as French is, and English ones as English", () => {
  // What is filled in, an address and the mark of a format stand as they are.
  const bare = (text) => text.replace(/\{\w+\}/g, "x").replace(/https?:\S*/g, "");
  assert.deepEqual(Object.entries(fr).filter(([, text]) => /[^\s][;?!»](?![\w=])|[^\s]:(?=\s|$)|«\S|'|\S·|·\S/.test(bare(text))).map(([key]) => key), []);
  assert.deepEqual(Object.entries(en).filter(([, text]) => /\s[;:?!](?=\s|$)|\S·|·\S/.test(bare(text))).map(([key]) => key), []);
});

test("no page sets a colon as French does, in every language", () => {
  for (const name of modules) if (!tables.includes(name)) assert.doesNotMatch(read(web + name), /\} : \$\{/, name);
});

test("a title that is unfolded has its words in one piece: a row of pieces drops the blanks at their ends", () => {
  for (const name of modules) assert.doesNotMatch(read(web + name), /h\("summary", \{[^}]*\}, h\("strong", \{\}, t\("\w+"\)\), [^)\n]*["`] /, name);
});

test("every word that a page names is there", () => {
  const named = [...source.matchAll(/\b(?:t|plural)\("([\w.-]+)"/g)].map(([, key]) => key);
  assert.ok(named.length > 300);
  assert.deepEqual([...new Set(named)].filter((key) => !(key in fr)), []);
  const beginnings = new Set([...source.matchAll(/\b(?:t|plural)\(`([\w.-]+)\$\{/g)].map(([, beginning]) => beginning));
  assert.deepEqual([...beginnings].filter((beginning) => !Object.keys(fr).some((key) => key.startsWith(beginning))), []);
});

test("no word is left that no page names", () => {
  const beginnings = [...source.matchAll(/`([a-z]+_)\$\{/gi)].map(([, beginning]) => beginning);
  // `direction` and other words of the centre are keys of tables.
  const unused = Object.keys(fr).filter((key) => !beginnings.some((beginning) => key.startsWith(beginning)) && !new RegExp(`["\`]${key.replace(/_one$/, "").replace(/[.]/g, "\\.")}["\`]`).test(source) && !new RegExp(`["\`]${key}["\`]|\\b${key}: "`).test(source));
  assert.deepEqual(unused, []);
});

test("what a count says is said in the singular too", () => {
  const counted = new Set([...source.matchAll(/\bplural\("([\w.-]+)"/g)].map(([, key]) => key));
  assert.deepEqual([...counted].filter((key) => !(`${key}_one` in fr) || !(`${key}_one` in en)), []);
});

/** The raw values of an enum of Swift. */
function cases(path, name) {
  const text = read(path);
  let body = text.slice(text.search(new RegExp(`enum ${name}\\b[^{]*\\{`)));
  body = body.slice(body.indexOf("{") + 1);
  body = body.slice(0, body.search(/\n {0,4}\}|\n\}/));
  return [...body.matchAll(/^\s*case (.+)$/gm)].filter(([line]) => !/case \./.test(line))
    .flatMap(([, list]) => list.replace(/\/\/.*$/, "").split(",")).map((one) => one.match(/"([^"]+)"/)?.[1] ?? one.trim().split(/[\s(]/)[0]);
}

for (const [beginning, path, name] of [
  ["v_", "Sources/Depot/Receiving/Receiving.swift", "Verdict"],
  ["refused_", "Sources/Depot/Receiving/Refusal.swift", "Refusal"],
  ["dec_", "Sources/Depot/Receiving/Decision.swift", "Kind"],
  ["act_", "Sources/Depot/People/Permission.swift", "Permission"],
  ["cause_", "Sources/Model/CallSignal.swift", "CallCause"],
  ["d_", "Sources/Model/Command.swift", "State"],
]) {
  test(`there is a word for each ${name} of ${path}`, () => {
    const all = cases(path, name);
    assert.ok(all.length > 1);
    assert.deepEqual(all.filter((one) => !(`${beginning}${one}` in fr)), []);
  });
}

test("there is a word for each fact that the journal shows", () => {
  const facts = [...read("Sources/Depot/Facts/Fact.swift").matchAll(/Fact\.Kind\(\.(\w+), "([\w.-]+)"\)/g)].map(([, room, what]) => `${room}.${what}`);
  assert.ok(facts.length > 20);
  assert.deepEqual(facts.filter((fact) => !(`did_${fact}` in fr)), []);
});

test("there is a word for each thing that a paper says beside its lines, on the page and on the sheet", () => {
  const kept = [];
  const desadv = read("Sources/Depot/Papers/DESADV.swift");
  for (const [kind, name] of [["party", "parties"], ["date", "dates"], ["reference", "references"]]) {
    const table = desadv.match(new RegExp(`static let ${name} = \\[([\\s\\S]*?)\\]`))[1];
    kept.push(...[...table.matchAll(/: "([a-z-]+)"/g)].map(([, word]) => `${kind} ${word}`));
  }
  const ubl = read("Sources/Depot/Papers/UBL+Reading.swift");
  kept.push(...[...ubl.matchAll(/parties\(.*, "([a-z-]+)"\)/g)].map(([, word]) => `party ${word}`), ...[...ubl.matchAll(/\.add\(\.(date|reference), "([a-z-]+)"/g)].map(([, kind, word]) => `${kind} ${word}`));
  assert.ok(kept.length > 35);
  const sheet = read("Sources/IngestServer/View/PaperWords.swift");
  assert.deepEqual(kept.filter((one) => !(`paper_${one.replace(" ", "_")}` in fr) || !sheet.includes(`"${one}": (`)), []);
});

test("a sheet says movements, ends of calls and what they were about as the pages do", () => {
  const said = [...read("Sources/IngestServer/View/ReportWords.swift").matchAll(/"(movement|cause|disposition|direction) ([a-z-]+)": \("(.*)", "(.*)"\)/g)];
  const prefix = { movement: "move_", cause: "cause_", disposition: "disp_", direction: "" };
  for (const [, kind, code, french, english] of said) assert.deepEqual([french, english], [fr[`${prefix[kind]}${code}`], en[`${prefix[kind]}${code}`]]);
  const all = Object.keys(fr).filter((key) => /^(move|cause|disp)_/.test(key));
  assert.equal(said.length, all.length + 3);
});

/** What only a program can be told: no page asks so; and what a page answers with a question. */
const programs = new Set(["agent-revoked", "no-certificate", "no-such-token", "token-blocked", "token-ended", "token-used", "bad-request", "wait", "zone-not-yours", "bad-code", "bad-columns", "bad-decision", "bad-epcis-query", "bad-id", "bad-json", "bad-language", "bad-map", "bad-mode", "bad-reading", "bad-signature", "bad-since", "bad-token", "call-needed", "missing-columns", "no-epcis", "no-such-provider", "openid-token", "people-only", "read-only-token", "no-such-screen", "pin-needed", "screen-ended", "screen-taken", "too-many-screens", "sign-in-needed", "unknown-host", "which-call"]);

test("there is a word for each refusal of the centre", () => {
  const files = ["API", "HTTP", "OpenID", "."].flatMap((folder) => readdirSync(`${root}Sources/IngestServer/${folder}`).filter((name) => name.endsWith(".swift")).map((name) => read(`Sources/IngestServer/${folder}/${name}`)));
  const codes = [...new Set([...files.join("\n").matchAll(/APIProblem\(\s*\.\w+,\s*"([a-z-]+)"/g)].map(([, code]) => code))].sort();
  assert.ok(codes.length > 40);
  assert.deepEqual(codes.filter((code) => !programs.has(code) && !(`code_${code}` in fr)), []);
  const kinds = [...read("Sources/Depot/OpenID/OpenIDFault.swift").matchAll(/^ +case ([a-z]+)$/gm)].map(([, kind]) => kind);
  assert.ok(kinds.length > 10);
  assert.deepEqual(kinds.filter((kind) => !(`openid_${kind}` in fr)), []);
});

// What the types say against what the centre's code says: a name that is changed there and not here fails.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";

const root = new URL("../../", import.meta.url).pathname;
const read = (path) => readFileSync(root + path, "utf8");
const web = "Sources/IngestServer/Web/";
const modules = readdirSync(root + web).filter((name) => name.endsWith(".js"));

/** A Swift file, or all of a folder. */
function swift(path) {
  if (!statSync(root + path).isDirectory()) return read(path);
  return readdirSync(root + path, { recursive: true }).filter((name) => String(name).endsWith(".swift")).map((name) => read(`${path}/${name}`)).join("\n");
}

/** The raw values of an enum of Swift. */
function cases(path, name) {
  const text = read(path);
  const start = text.search(new RegExp(`enum ${name}\\b[^{]*\\{`));
  assert.notEqual(start, -1, `${name} in ${path}`);
  let body = text.slice(text.indexOf("{", start) + 1);
  body = body.slice(0, body.search(/\n {0,4}\}|\n\}/));
  return [...body.matchAll(/^\s*case (.+)$/gm)].filter(([line]) => !/case \./.test(line))
    .flatMap(([, list]) => list.replace(/\/\/.*$/, "").split(",")).map((one) => one.match(/"([^"]+)"/)?.[1] ?? one.trim().split(/[\s(]/)[0]);
}

const declared = read("Tests/WebTests/types.d.ts");
/** Every interface with the files it is written by and the names of its own members. */
const interfaces = [...declared.matchAll(/\/\*\*([^*]*(?:\*(?!\/)[^*]*)*)\*\/\ninterface (\w+)[^{]*\{\n([\s\S]*?)\n\}/g)].map(([, comment, name, body]) => ({
  name, from: comment.match(/@from ([^\n]*?)\s*$/m)?.[1].trim().split(/\s+/) ?? [],
  members: [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, member]) => member),
  inner: [...body.replace(/\/\*\*[\s\S]*?\*\//g, "").matchAll(/[{;] (\w+)\??:/g)].map(([, member]) => member),
}));

/** What a card could show and no server sends. */
const unsent = new Set(["Card.erp", "ClientNews.deliveries", "Affairs.link"]);

test("every name of an answer is written by the file that the types name", () => {
  assert.ok(interfaces.length > 30);
  const missing = interfaces.filter(({ from }) => from.length > 0).flatMap(({ name, from, members, inner }) => {
    const text = from.map(swift).join("\n");
    return [...members, ...inner].filter((member) => !unsent.has(`${name}.${member}`) && !text.includes(`"${member}"`)).map((member) => `${name}.${member} in ${from.join(", ")}`);
  });
  assert.deepEqual(missing, []);
});

test("the messages are those of the centre and of the reference", () => {
  const kinds = cases("Sources/Followers/Pages/PageMessage.swift", "Kind").sort();
  const body = declared.slice(declared.indexOf("interface Messages {"));
  const names = [...body.slice(0, body.indexOf("\n}")).matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name).sort();
  assert.deepEqual(names, kinds);
  const rows = [...read("docs/reference/http.md").matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, row]) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  for (const kind of kinds) assert.ok(rows.includes(kind), `${kind} in http.md`);
});

test("verdicts, refusals and rights are the centre's", () => {
  const union = (name) => [...declared.match(new RegExp(`type ${name} = ([^;]+);`))[1].matchAll(/"([^"]+)"/g)].map(([, word]) => word).sort();
  assert.deepEqual(union("Verdict"), [...new Set([...cases("Sources/Depot/Receiving/Receiving.swift", "Verdict"), "removed"])].sort());
  assert.deepEqual(union("RefusalReason"), cases("Sources/Depot/Receiving/Refusal.swift", "Refusal").sort());
  assert.deepEqual(union("Right"), cases("Sources/Depot/People/Permission.swift", "Permission").sort());
});

test("every address that a page asks for is an endpoint", () => {
  const endpoints = new Set(["API", "OpenID"].flatMap((folder) => readdirSync(`${root}Sources/IngestServer/${folder}`).map((name) => `Sources/IngestServer/${folder}/${name}`)).flatMap((name) => [...read(name).matchAll(/"(\/api\/v1\/[^"?]*)"/g)].map(([, path]) => path.replace(/\\\([^)]*\)|\{[^}]*\}/g, "*"))));
  const missing = [];
  for (const name of modules) {
    for (const [, text] of read(web + name).matchAll(/["`](\/api\/v1\/[^"`\s]*)/g)) {
      const path = text.replace(/\$\{[^}]*\}/g, "*").split("?")[0].replace(/\*\*/g, "*").replace(/\*$/, (star, at, all) => (all[at - 1] === "/" ? star : ""));
      const wanted = path.split("/");
      const fits = [...endpoints].some((endpoint) => { const parts = endpoint.split("/"); return parts.length === wanted.length && parts.every((part, at) => part === wanted[at] || part === "*" || wanted[at] === "*" || part.includes("*") || wanted[at].includes("*")); });
      if (!fits && !path.includes("/export.*") && ![...endpoints].some((endpoint) => endpoint.startsWith(`${path}/`))) missing.push(`${name}: ${path}`);
    }
  }
  assert.deepEqual(missing, []);
});

test("text is always text: no page writes markup or runs it", () => {
  for (const name of modules) assert.doesNotMatch(read(web + name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, name);
});

test("a new module is kept for when the server does not answer, and known to its importer", () => {
  for (const name of modules) {
    for (const [, other] of read(web + name).matchAll(/from "\.\/([^"]+)"/g)) assert.ok(modules.includes(other), `${name} imports ${other}`);
  }
});

/** Shapes of the centre (Sources/Depot/Answers/Shape.swift) by name: each member, and whether it may be left out. */
function shapes() {
  const found = new Map();
  for (const text of [swift("Sources/Depot"), swift("Sources/Followers"), swift("Sources/IngestServer")]) {
    for (const [start, name] of text.matchAll(/Shape<[^\n]*?>\(\s*"(\w+)",/g)) {
      const at = text.indexOf(start) + start.length;
      // As far as the declaration goes: a line that ends it by its brackets.
      const body = text.slice(at).match(/^[\s\S]*?\]\)(?=\n|$)/)?.[0] ?? "";
      const fields = [...body.matchAll(/\.(text|word|integer|count|quantity|unit|moment|truth|mark|texts|someTexts|list|some|one|json)\(\s*"(\w+)"/g)];
      found.set(name, fields.map(([, kind, member], index) => {
        const own = body.slice(fields[index].index, fields[index + 1]?.index);
        return { member, optional: /^\.(mark|someTexts|some|unit)\(/.test(own) || /\bifAny\b/.test(own) };
      }));
    }
  }
  return found;
}

/** The types of shapes that are not called the same. */
const named = {
  StockedProduct: "ListedProduct", SearchHit: "Hit", Client: "Party", StockTakeSummary: "TakeSums", StockTake: "Take", StockTakeLine: "TakeLine", ERPJob: "Job", ERPCall: "JobCall", AuditEntry: "LedgerEntry",
  GatewayGrant: "Grant", CountedRead: "Read", DeliverySummary: "DeliverySums", Pallet: "Unit", Stray: "StrayRead", CallExplanation: "Why", PlannedCall: "JobCall", ERPAffairs: "Affairs", ERPEntry: "Affair",
  CallCard: "Card", CallStanding: "Card", CallClient: "Party", CallDelivery: "ClientDelivery", ERPStanding: "Connection", TableColumns: "ImportColumns", CallNote: "CallNote",
};
/** Shapes that a type holds in place, without a name of its own, and what no page reads. */
const inPlace = new Set(["Carton", "Chosen", "ShownNumber", "Transfer", "PalletContent", "PaperDetail", "PersonWithPin", "DrawnCard", "ERPPulled", "GatewayAccount", "ImportLine", "TableField", "ImportChange", "ChangedField", "AccessFile", "AccessPlace", "SealedEntry"]);

test("a type has every member of its shape, and counts on none that may be left out", () => {
  const all = shapes();
  assert.ok(all.size > 40);
  const faults = [];
  for (const [shape, fields] of all) {
    if (inPlace.has(shape)) continue;
    const type = declared.match(new RegExp(`interface ${named[shape] ?? shape}(?: extends (\\w+))? \\{\\n([\\s\\S]*?)\\n\\}`));
    if (!type || fields.length === 0) { faults.push(`${shape} has no type, or no members`); continue; }
    const body = type[2] + (type[1] ? declared.match(new RegExp(`interface ${type[1]} \\{\\n([\\s\\S]*?)\\n\\}`))[1] : "");
    for (const { member, optional } of fields) {
      const line = body.match(new RegExp(`^ {2}${member}(\\??):`, "m"));
      if (!line) faults.push(`${shape}.${member} is not in the type`);
      else if (optional && !line[1]) faults.push(`${shape}.${member} may be left out`);
    }
  }
  assert.deepEqual(faults, []);
});

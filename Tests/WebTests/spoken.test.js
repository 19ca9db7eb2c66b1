// Sentences of the ERP, of gateways and of the centre that come as English text: each that the sources have is worded in French, and is
// known again with what stands in it.

import "./browser.js";
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { templates, texts } from "./phrases.js";

const web = "../../Sources/IngestServer/Web/";
const { languages } = await import(`${web}languages.js`);
const { spoken } = await import(`${web}words-spoken.js`);
const { reasons } = await import(`${web}words-reasons.js`);
const { catalogues, lang, learn, learnSentences, plural, switchLanguage, t, told, vocabularies, worded } = await import(`${web}i18n.js`);
await learnSentences();

const root = new URL("../../Sources/", import.meta.url).pathname;

/** @param {string} path @returns {string[]} */
const files = (path) => (statSync(root + path).isDirectory() ? readdirSync(root + path).flatMap((name) => files(`${path}/${name}`)) : path.endsWith(".swift") ? [path] : []);

/** As it stands in a catalogue: a piece that goes on from another text has a hole before it. */
const entry = (template) => template.trim().replace(/^([,;:] )/, "{}$1");

/**
 * What the sources of a folder say and the catalogue does not.
 * @param {string[]} folders
 * @param {RegExp} others what people never read there: names of drivers, statements, words of a protocol
 * @param {(path: string) => boolean} [skipped]
 */
function unworded(folders, others, skipped = () => false) {
  const found = new Set(folders.flatMap(files).filter((path) => !skipped(path)).flatMap((path) => templates(readFileSync(root + path, "utf8"))));
  assert.ok(found.size > 10);
  return [...found].filter((template) => {
    const one = entry(template);
    // Signs alone have no words.
    return /\p{L}{2}/u.test(one.replaceAll("{}", "")) && !(one in spoken.fr) && !(one in reasons) && !others.test(template) && !Object.keys(spoken.fr).some((key) => key.startsWith(one) || key.endsWith(one) || key.includes(`${one} `));
  });
}

test("every sentence about the ERP is worded in French", () => {
  assert.deepEqual(unworded(["ERP", "Curl"], /^(Private methods|doesn't exist|does not exist|not in|Only a stock manager|that don't exist|Unable to get RPC method)$|^[a-z_]+( desc)?, id|^id desc$|^\{\} 12:00|[Bb]earer|^Content-Type|\.create \{\}$|^call \{\}$/), []);
  assert.deepEqual(unworded(["Depot/ERP", "IngestServer/ERPLink.swift", "IngestServer/ERPLink+Cards.swift", "IngestServer/ERPPulled.swift", "IngestServer/ERPPush.swift"], /SELECT|WHERE|ORDER BY|\('waiting'|kind=\?1|^ERP (un)?available$|^push \{\}$/), []);
});

test("every reason that a gateway or a device gives is worded in French", () => {
  // Titles and sources of drivers stand in the catalogue of readers; keys and log lines are nobody's reason.
  const drivers = /^(CALL(ER)? (NUMBER|NAME)|numbers (are shown|stay)|: add write = call|NO ANSWER|Permission denied|AE AT|AR CA|Asterisk Call Manager|Authorization:|Content-|HTTP|WWW-Authenticate|4\d\d |uuid_|-ERR|session\(s\)|SUBSYSTEM|\{\}\{idVendor|\{\}, (GROUP|ENV)|# Lines|serial, |TCP |USB HID|PC\/SC or|child process|tested against|\| `|line \{\}|not hex|milliseconds|a line begins|descriptor|noise|tag \{\}|barcode|key \{\}|fault \{\}|identity|call \{\}|progress|write = |<|\{\} °C|\{\} dBm| -o |Hong Kong|ETSI|FCC)/;
  const titles = new Set(files("Drivers").flatMap((path) => [...readFileSync(root + path, "utf8").matchAll(/\b(?:title|source): "((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text)));
  assert.deepEqual(unworded(["Drivers"], drivers).filter((one) => !titles.has(one)), []);
  assert.deepEqual(unworded(["Ports", "Uplink", "Settings", "Broker", "Platform/Files.swift"], /^(BEGIN|PRAGMA|… \(\{\} characters)/, (path) => /HTTPReply/.test(path)), []);
  assert.deepEqual(unworded(["EdgeAgent"], /^(KERNELS|\{\} may be missing$|how \{\} ended|\{\}: the line was down|\{\}edge-agent devices|IMPORT|\{\}, ATTRS|device (found|waits|recognised|fault|failing|state)|calls in doubt|scans are|configuration (received|kept|refused)|delivery stopped|configuration read again|for the whole agent|taken up$|trouble (begins|is over)|refuses us$|the broker's access list is in the way|new epoch|broker (un)?(connected|available)|command refused|a version cannot be asked|the centre asks for|uplink cannot run|page cannot be shown|deliveries refused|buffer damaged|another agent runs|too many clients|there is no such device|unknown verb|Reads RFID|Configuration file|edge-agent(: | \{\}$)|text\/plain; version=|\{\}: the agent keeps)/,
    (path) => /Verbs|Joining|Health|Metrics|AgentParcel/.test(path)), []);
});

test("what a driver reads is called in French", () => {
  const titles = files("Drivers").flatMap((path) => [...readFileSync(root + path, "utf8").matchAll(/\btitle: "([^"]*)"/g)].map(([, title]) => title));
  assert.ok(titles.length > 20);
  assert.deepEqual(titles.filter((title) => / (and|by|on|for|with|that|call|event) /.test(title) && !(title in spoken.fr)), []);
});

/** What a sign-in by a provider failed for: pages have a word for its kind (words-openid.js), the rest is for the journal. */
const journal = new Set([...readFileSync(`${root}Depot/People/OpenIDDesk.swift`, "utf8").matchAll(/OpenIDFault\(\.\w+, "([^"]*)"\)/g)].map(([, text]) => text.replace(/\\\([^)]*\)/g, "{}")));

test("what the centre says of gateways and in its journal is worded in French", () => {
  assert.deepEqual(unworded(["Depot/Gateways"], /SELECT|WHERE|^(yes or no|a (number|moment|measured|text)|the status is|account|\{\} is no |devices is|findings is|\{\} findings$|a device has|device \{\}|\{\}identity|\{\}antennas|\{\} was cut|\{\} devices$|\{\} is not)/), []);
  assert.deepEqual(unworded(["Depot/Facts", "Depot/Receiving", "Depot/Counting", "Depot/People"], /SELECT|WHERE|CASE|^kind (NOT )?GLOB|^substr\(|^seq, at|^argon2id|^quai code|'counting'/).filter((text) => !journal.has(text)), []);
});

test("what root's script says of a version is worded in French", () => {
  const script = readFileSync(new URL("../../packaging/debian/update", import.meta.url), "utf8");
  const said = [...script.matchAll(/(?:(?:failed|giveup) [a-z-]+|takeback) "([^"$]*[^"]*[a-z]{2}[^"]*)"/g)].map(([, text]) => text.replace(/\$\(\(.*?\)\)|\$\(.*?\)|\$\w+/g, "{}")).filter((text) => /\p{L}{2}/u.test(text.replaceAll("{}", "")));
  assert.ok(said.length > 10);
  assert.deepEqual(said.filter((template) => !(template in spoken.fr)), []);
  assert.equal(worded("0.1.1: late: the request is 20 min old"), "0.1.1 : trop tard : la demande date de 20 min");
});

test("a sentence is known again with what stands in it, and in pieces", () => {
  assert.equal(lang(), "fr");
  const cases = {
    "The count of WH/Stock is applied.": "Le comptage de WH/Stock est appliqué.",
    "Inventory 12 is done: 1 lines.": "L’inventaire 12 est terminé : 1 ligne.",
    "Inventory 12 is done: 3 lines. Others moved meanwhile, and it stays: Rope +2; Bolt -1.": "L’inventaire 12 est terminé : 3 lignes. D’autres ont bougé entre-temps, et cela reste : Rope +2; Bolt -1.",
    "Rope, lot L1: 2.5 are missing by the count, but Odoo has only 1.5 there now.": "Rope, lot n° L1 : il manque 2,5 d’après le comptage, mais Odoo n’en a plus que 1,5 à cet endroit.",
    "scan at dock-1": "lecture à dock-1",
    "/dev/ttyUSB0: Input/output error": "/dev/ttyUSB0 : erreur d’entrée-sortie",
    "10.0.0.7:5084 closed the connection": "10.0.0.7:5084 a fermé la connexion",
    "the reader refused: parameter error": "le lecteur a refusé : erreur de paramètre",
    "Connection refused; nothing was sent": "connexion refusée ; rien n’a été envoyé",
    "clock: 5 min behind; ages and times of calls are corrected by it. Set the clock of this gateway (NTP).": "horloge : 5 min de retard ; les âges et les heures d’appel sont corrigés d’autant. Mettez à l’heure l’horloge de cette passerelle (NTP).",
    "2 calls may be missing, and how 1 call ended is not known: the line was down between 07:00 and 07:05": "2 appels ont pu échapper, et on ne sait pas comment un appel a fini : la ligne était coupée entre 07:00 et 07:05",
  };
  for (const [english, french] of Object.entries(cases)) assert.equal(worded(english), french);
});

test("what nobody has worded stays as it was said", () => {
  for (const text of ["Vous ne pouvez pas valider ce transfert.", "Alice", "A. B. Smith: call me", "{}", "$&", "x".repeat(5000), ""]) assert.equal(worded(text), text);
  assert.equal(worded(null), "");
  // No text may keep a page from answering: whoever tried every way to take this one apart would never end.
  worded(`${" of in there; ".repeat(80)}.`);
});

test("English says its plurals too", () => {
  switchLanguage("en");
  try {
    assert.equal(worded("Inventory 12 is done: 1 lines."), "Inventory 12 is done: 1 line.");
    assert.equal(worded("Inventory 12 is done: 0 lines."), "Inventory 12 is done: 0 lines.");
    assert.equal(worded("The count of A is applied."), "The count of A is applied.");
    assert.equal(worded("a line is longer than 1 bytes"), "a line is longer than 1 byte");
    assert.equal(told({ template: "{} messages are announced, {} came", arguments: ["1", "2"] }), "1 message is announced, 2 came");
  } finally { switchLanguage("fr"); }
});

test("a sentence holds in each language what stands in the English one", () => {
  for (const table of Object.values(spoken)) for (const [template, text] of Object.entries(table)) {
    const count = template.split("{}").length - 1;
    const places = new Set([...text.matchAll(/\{(\w+)[#|]?/g)].map(([, place]) => Number(place)));
    assert.deepEqual([...places].sort((a, b) => a - b), Array.from({ length: count }, (_, place) => place), template);
  }
});

test("French sentences of others are set as French is", () => {
  for (const text of Object.values(spoken.fr)) {
    const bare = text.replace(/\{\w+#?(\|[^{}]*)?\}/g, "x").replace(/"[^"]*"/g, "x").replace(/\b(tcp|tls|pcsc|usb|pty|exec|mqtts?|listen|file|credential|user|HÔTE|x)[:[]\S*/g, "x");
    assert.doesNotMatch(bare, /'/, `${text}: a straight apostrophe`);
    assert.doesNotMatch(bare, /[^\s(][;?!»](?![\w=])|«\S|[^\s]:(?=\s)/, `${text}: a sign without its space`);
  }
});

const numbers = [0, 1, 2, 1000000];

/** What stands behind a 1 and has an s, and is no plural. */
const singular = /^(is|was|has|does|matches|ms|fois|pas|plus|dans|puis|mais|mars|sous|ans|less|cross|pass|guess|its|this|us|as|process|s|sans|avis|nous|mauvais|Mis|après|moins|sont|colis|stands|announces|looks|holds|sends|says|had|lacks|entiers?|ils|expires|receives)$/;
const wrong = (text) => [...text.matchAll(/(?<![\d,.\u00A0\u202F:/-])1\s+(?:de\s+)?(\p{L}+s)(?![\p{L}’])/gu)].map(([, word]) => word).filter((word) => !singular.test(word));

test("no word and no sentence says a plural of one, nor a singular of many", () => {
  for (const code of Object.keys(languages)) {
    switchLanguage(code);
    try {
      const bad = [];
      for (const key of Object.keys(vocabularies[code])) {
        if (/_one$/.test(key)) continue;
        const holes = [...vocabularies[code][key].matchAll(/\{(\w+)/g)].map(([, name]) => name);
        if (!holes.length) continue;
        for (const n of numbers) {
          const values = Object.fromEntries(holes.map((name) => [name, n.toLocaleString(languages[code].locale)]));
          const text = `${key}_one` in vocabularies[code] ? plural(key, n) : t(key, values);
          if (n === 1 && wrong(text).length) bad.push(`${key}: ${text}`);
          if (/\{|\|/.test(text)) bad.push(`${key}: ${text}`);
        }
      }
      for (const template of Object.keys(spoken.fr)) {
        const count = template.split("{}").length - 1;
        if (!count) continue;
        for (const n of numbers) {
          const text = told({ template, arguments: Array(count).fill(String(n)) });
          if (n === 1 && wrong(text).length) bad.push(text);
        }
      }
      for (const template of Object.keys(reasons)) {
        const count = template.split("{}").length - 1;
        if (count && wrong(told({ template, arguments: Array(count).fill("1") })).length) bad.push(told({ template, arguments: Array(count).fill("1") }));
      }
      assert.deepEqual(bad, [], code);
    } finally { switchLanguage("fr"); }
  }
});

test("a number chooses its word by the rules of its language", () => {
  const say = (n) => told({ template: "Inventory {} is done: {} lines.", arguments: ["7", String(n)] }).replace(/^.*: /, "");
  assert.deepEqual(numbers.map(say), ["0 ligne.", "1 ligne.", "2 lignes.", "1000000 lignes."]);
  switchLanguage("en");
  try { assert.deepEqual(numbers.map(say), ["0 lines.", "1 line.", "2 lines.", "1000000 lines."]); } finally { switchLanguage("fr"); }
});

test("a further language is one file: what it does not say is said in English", () => {
  learn("de", { name: "Deutsch", locale: "de-DE", words: { save: "Speichern", faults: "{n} Fehler", faults_one: "{n} Fehler!" }, sentences: { "{} entries": "{0} {0|Eintrag|Einträge}" } });
  switchLanguage("de");
  try {
    assert.equal(t("save"), "Speichern");
    assert.equal(t("receiving"), vocabularies.en.receiving);
    assert.equal(plural("faults", 1), "1 Fehler!");
    assert.equal(plural("attempts", 1), "1 attempt");
    assert.equal(plural("attempts", 1234), "1.234 attempts");
    assert.equal(worded("2 entries"), "2 Einträge");
    assert.equal(worded("scan at dock-1"), "scan at dock-1");
    assert.equal(told({ template: "Inventory {} is done: {} lines.", arguments: ["7", "1"] }), "Inventory 7 is done: 1 line.");
  } finally {
    switchLanguage("fr");
    for (const table of [languages, vocabularies, catalogues]) delete table.de;
  }
});

/** Names, units, codes and words that both languages have. */
const same = new Set();

test("no word is the same in French and English that is not a name, a unit or a word of both", () => {
  const { fr, en } = vocabularies;
  const equal = Object.keys(fr).filter((key) => fr[key] === en[key] && / /.test(fr[key].replace(/\{[^}]*\}/g, "").trim()));
  assert.deepEqual(equal.filter((key) => !same.has(key)), []);
  assert.deepEqual(Object.entries(spoken.fr).filter(([template, text]) => text.replace(/\{\d#?\}/g, "{}") === template && / /.test(template.replaceAll("{}", "").trim())).map(([template]) => template), ["edge-agent devices --accept {}"]);
});

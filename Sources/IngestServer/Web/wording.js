// How a sentence is made of words and of what stands in them, and how one that came as English text is known again. Texts have holes:
// `{n}`; `{n|ligne|lignes}` is the word that goes with the number n, for one and for others; `{n|Datei|few=…|Dateien}` has further
// rules of `Intl.PluralRules`; `{n#}` is a quantity, written as the language writes numbers.

/** @type {Map<string, Intl.PluralRules>} */
const rules = new Map();

/** @param {string} locale */
function rule(locale) {
  const known = rules.get(locale) ?? new Intl.PluralRules(locale);
  rules.set(locale, known);
  return known;
}

/**
 * The number that a text shows: `1 234,5` in French, `1,234.5` in English. Not a number: NaN.
 * @param {string} text
 * @param {string} locale
 */
export function shown(text, locale) {
  const bare = text.replace(/[\s\u00A0\u202F]/g, "");
  if (/^-?\d+(\.\d{1,2}|\.\d{4,})?$/.test(bare)) return Number(bare);
  const mark = new Intl.NumberFormat(locale).formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
  const digits = mark === "," ? bare.replaceAll(".", "").replace(",", ".") : bare.replaceAll(",", "");
  return /^-?\d+(\.\d+)?$/.test(digits) ? Number(digits) : NaN;
}

/**
 * The category of a number: `one`, `other`, or what else the language has.
 * @param {number} n
 * @param {string} locale
 */
export const category = (n, locale) => rule(locale).select(n);

/**
 * @param {string[]} forms
 * @param {string} text
 * @param {string} locale
 */
function chosen(forms, text, locale) {
  const n = shown(text, locale);
  const name = Number.isNaN(n) ? "other" : category(n, locale);
  const named = forms.find((form) => form.startsWith(`${name}=`));
  if (named !== undefined) return named.slice(name.length + 1);
  const plain = forms.filter((form) => !/^\w+=/.test(form));
  return (name === "one" ? plain[0] : plain.at(-1)) ?? "";
}

/**
 * `12.5 m` as the language writes it; what is no number stays.
 * @param {string} text
 * @param {string} locale
 */
const quantity = (text, locale) => text.replace(/^-?\d+(\.\d{1,3})?(?=$|\s)/, (digits) => Number(digits).toLocaleString(locale));

/**
 * A text with its holes filled.
 * @param {string} text
 * @param {(name: string) => unknown} value
 * @param {string} locale
 */
export const fill = (text, value, locale) => text.replace(/\{(\w+)(#?)((?:\|[^{}|]*)*)\}/g, (_, name, isQuantity, forms) => {
  const inside = String(value(name) ?? "");
  if (forms) return chosen(forms.slice(1).split("|"), inside, locale);
  return isQuantity ? quantity(inside, locale) : inside;
});

/** What the centre and its gateways count in their sentences, of which the English plural goes by the rule. */
const counted = /\{\} (supplier|sheet|file|cell|character|field|byte|piece|lot|unit|package|message|group|segment|element|millisecond|device|call|row)s( are)?\b|\{\} (entr)ies\b/g;

/**
 * An English template whose words go with its numbers; undefined where there is no such word.
 * @param {string} template
 */
export function inEnglish(template) {
  let place = 0;
  const text = template.replace(counted, (_, noun, are, entry) => (entry ? "{} {|entry|entries}" : `{} {|${noun}${are ? " is" : ""}|${noun}s${are ?? ""}}`));
  if (text === template) return undefined;
  return text.replace(/\{(\||\})/g, (_, end) => (end === "}" ? `{${place++}}` : `{${place - 1}|`));
}

/** @param {string} text */
const literally = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Longer texts are no sentences of ours. */
const limit = 1200;

/** Where one sentence ends and the next begins. */
const boundary = /(?<=[.!?…]) +(?=[\p{Lu}\d“"])/u;

/**
 * Knows sentences again: what stands in a text's holes by the template it was made from.
 * @typedef {{ template: string, expression: RegExp, pieces: string[], letters: number }} Pattern
 */

/**
 * The templates of a catalogue, the most telling first.
 * @param {string[]} templates
 * @returns {Pattern[]}
 */
export const patterns = (templates) => templates.filter((template) => template.includes("{}")).map((template) => {
  const pieces = template.split("{}");
  return { template, pieces, letters: pieces.join("").replace(/[^\p{L}]/gu, "").length, expression: new RegExp(`^${pieces.map(literally).join("([\\s\\S]*?)")}$`) };
}).sort((a, b) => b.letters - a.letters || a.pieces.length - b.pieces.length);

/**
 * A text of the centre, an agent or an ERP in other words; undefined where nobody has worded it.
 * @param {string} text
 * @param {Record<string, string>} catalogue by template, `{0}` where `{}` stands
 * @param {Pattern[]} known the catalogue's
 * @param {string} locale
 * @param {number} [depth]
 * @returns {string | undefined}
 */
export function reworded(text, catalogue, known, locale, depth = 0) {
  const bare = text.trim();
  if (!bare || bare.length > limit || depth > 6) return undefined;
  const exact = Object.hasOwn(catalogue, bare) ? catalogue[bare] : undefined;
  if (exact !== undefined) return text.replace(bare, () => exact);
  /** @param {boolean} whole whether what stands in a hole may be several sentences */
  const match = (whole) => {
    for (const pattern of known) {
      if (!pattern.pieces.every((piece) => bare.includes(piece))) continue;
      const parts = bare.match(pattern.expression)?.slice(1);
      if (!parts || !whole && parts.some((part, place) => boundary.test(part) && !(pattern.letters >= 6 && place === parts.length - 1 && pattern.pieces.at(-1) === ""))) continue;
      const inner = parts.map((part) => reworded(part, catalogue, known, locale, depth + 1));
      // Signs and short words alone tell nothing: something in it must be known.
      if (pattern.letters < 3 && inner.every((one) => one === undefined)) continue;
      return fill(catalogue[pattern.template], (place) => inner[Number(place)] ?? parts[Number(place)], locale);
    }
    return undefined;
  };
  const found = match(false);
  if (found !== undefined) return text.replace(bare, () => found);
  const sentences = bare.split(boundary);
  if (sentences.length > 1) {
    const inner = sentences.map((sentence) => reworded(sentence, catalogue, known, locale, depth + 1));
    if (inner.some((one) => one !== undefined)) return inner.map((one, place) => one ?? sentences[place]).join(" ");
  }
  return match(true);
}

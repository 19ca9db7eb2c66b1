// What an import can say, read from the sources: texts of Swift as `Phrase` keeps them, `{}` where something stands in them.

/**
 * Every text of a Swift source with the bracket around it: a table of words stands in `[` or `Field(`. Texts that are added to each other are one.
 * @param {string} source
 * @returns {{ text: string, inside: string }[]}
 */
export function texts(source) {
  const found = [];
  /** One level: the whole source, or what stands in `\(…)`. @param {number} at @param {boolean} nested */
  function read(at, nested) {
    const open = nested ? ["("] : [];
    let last = null;
    let glue = false;
    while (at < source.length) {
      const character = source[at];
      if (source.startsWith("//", at)) { at = source.indexOf("\n", at); if (at < 0) break; continue; }
      if (source.startsWith('"""', at)) { at = source.indexOf('"""', at + 3) + 3; last = null; continue; }
      if (character === '"') {
        let text = "";
        at += 1;
        while (source[at] !== '"') {
          if (source[at] !== "\\") { text += source[at]; at += 1; continue; }
          if (source[at + 1] === "(") { at = read(at + 2, true); text += "{}"; continue; }
          if (source[at + 1] === "u") { at = source.indexOf("}", at) + 1; text += "\u{1F}"; continue; }
          text += { n: "\n", t: "\t", r: "\r" }[source[at + 1]] ?? source[at + 1];
          at += 2;
        }
        at += 1;
        if (last && glue) last.text += text;
        else { last = { text, inside: open.at(-1) ?? "" }; found.push(last); }
        glue = false;
        continue;
      }
      if ("([{".includes(character)) open.push(character === "(" && /\bField$/.test(source.slice(at - 6, at)) ? "[" : character);
      if (")]}".includes(character)) { open.pop(); if (nested && open.length === 0) return at + 1; }
      if (character === "+" && last) glue = true;
      else if (!/\s/.test(character)) { last = null; glue = false; }
      at += 1;
    }
    return at;
  }
  read(0, false);
  return found;
}

/**
 * Those that people read: words with blanks between them, or words around what stands in them. Statements for the database, keys
 * and tables of names are none.
 * @param {string} source
 */
export const templates = (source) => texts(source)
  .filter(({ text, inside }) => inside !== "[" && (/\p{L}.* .*\p{L}/u.test(text.replaceAll("{}", "x")) || /\{\}[:,]? /.test(text)) && !/^(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER)\b|[\u001F\n]/.test(text))
  .map(({ text }) => text);

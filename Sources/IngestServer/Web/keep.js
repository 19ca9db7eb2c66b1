// What the dock read last, for when the server does not answer: bounded, and nobody else's than the person signed in.

const mark = "kept.";
/** Characters of one entry; a browser gives a site about 5 million. */
const limit = 1500000;

/**
 * @param {string} name
 * @param {unknown} value
 */
export function keep(name, value) {
  const text = JSON.stringify({ at: Date.now(), value });
  if (text.length > limit) return false;
  try { localStorage.setItem(mark + name, text); return true; } catch { return false; }
}

/**
 * `{at, value}`, or nothing.
 * @template {keyof Kept} Name
 * @param {Name} name
 * @returns {{ at: number, value: Kept[Name] } | null}
 */
export function kept(name) {
  try { return JSON.parse(localStorage.getItem(mark + name) ?? "null"); } catch { return null; }
}

export function forget() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(mark)) localStorage.removeItem(key);
}

/**
 * From now on it is kept for this person; what another one left goes.
 * @param {Person} person
 */
export function keepFor(person) {
  const last = kept("person");
  if (last && last.value.id !== person.id) forget();
  keep("person", person);
}

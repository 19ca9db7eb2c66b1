// What the stream tells of a delivery or a count: its sums, and of its lists the places that changed.

/**
 * The whole as it is now, or null where too little is known here: then it must be read.
 * @template {{ lines: unknown[] }} Whole
 * @template Sums
 * @param {Whole | undefined} known
 * @param {Told<Sums, Whole>} data
 * @returns {Whole | null}
 */
export function patched(known, data) {
  if (!data.patch && !data.partial) return data;
  if (data.partial || !known?.lines) return null;
  const { patch, ...sums } = data;
  const whole = /** @type {Record<string, unknown>} */ ({ ...known, ...sums });
  for (const [name, { count, set }] of Object.entries(patch)) {
    const list = (/** @type {Record<string, unknown[] | undefined>} */ (/** @type {unknown} */ (known))[name] ?? []).slice(0, count);
    for (const [index, value] of set) list[index] = value;
    // One that was never told here leaves a hole.
    if (list.length !== count || list.includes(undefined)) return null;
    whole[name] = list;
  }
  return /** @type {Whole} */ (/** @type {unknown} */ (whole));
}

/**
 * Reads a subject again while the stream tells of it in between: what was read may be older than what was told.
 * @template Whole
 */
export class Details {
  /** @param {(id: number) => Promise<Whole | undefined>} read */
  constructor(read) {
    this.read = read;
    /** @type {Map<number, number>} */
    this.changes = new Map();
  }

  /** @param {number} id */
  touch(id) { this.changes.set(id, (this.changes.get(id) ?? 0) + 1); }

  /** @param {number} id */
  async fetch(id) {
    for (let tries = 0; ; tries += 1) {
      const before = this.changes.get(id);
      const detail = await this.read(id);
      if (!detail || this.changes.get(id) === before || tries === 3) return detail;
    }
  }
}

// What the stream tells of a delivery or a count: its sums, and of its lists the places that changed.

/** The whole as it is now, or null where too little is known here: then it must be read. */
export function patched(known, data) {
  if (!data.patch && !data.partial) return data;
  if (data.partial || !known?.lines) return null;
  const { patch, ...sums } = data;
  const whole = { ...known, ...sums };
  for (const [name, { count, set }] of Object.entries(patch)) {
    const list = (known[name] ?? []).slice(0, count);
    for (const [index, value] of set) list[index] = value;
    // One that was never told here leaves a hole.
    if (list.length !== count || list.includes(undefined)) return null;
    whole[name] = list;
  }
  return whole;
}

/** Reads a subject again while the stream tells of it in between: what was read may be older than what was told. */
export class Details {
  constructor(read) {
    this.read = read;
    this.changes = new Map();
  }

  touch(id) { this.changes.set(id, (this.changes.get(id) ?? 0) + 1); }

  async fetch(id) {
    for (let tries = 0; ; tries += 1) {
      const before = this.changes.get(id);
      const detail = await this.read(id);
      if (!detail || this.changes.get(id) === before || tries === 3) return detail;
    }
  }
}

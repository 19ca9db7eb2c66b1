// What the stream tells of a delivery or a count: its sums, and of its lines those that changed.

/** The whole as it is now, or null where too little is known here: then it must be read. */
export function patched(known, data) {
  if (!data.patch && !data.partial) {
    // Sums and perhaps other lists changed; the lines did not.
    return data.lines ? data : known?.lines ? { ...known, ...data } : null;
  }
  if (data.partial || !known?.lines) return null;
  const { patch, ...sums } = data;
  const lines = known.lines.slice(0, patch.count);
  for (const [index, line] of patch.lines) lines[index] = line;
  // One that was never told here leaves a hole.
  return lines.length === patch.count && !lines.includes(undefined) ? { ...known, ...sums, lines } : null;
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

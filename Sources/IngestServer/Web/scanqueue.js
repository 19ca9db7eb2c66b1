// Scans on their way to the centre: saved first, sent in their order, each once. The centre knows each by its key, so that what is
// sent twice counts once.

/** Scans and characters of one request; the centre takes 100, and 64 KiB. */
const batch = 100;
const size = 24000;

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * The next key: ULIDs of one screen stand in the order of their scans, also within a millisecond and where the clock was set back.
 * @param {string} last
 * @param {string} fresh
 */
export function following(last, fresh) {
  if (fresh > last) return fresh;
  let text = "";
  let carry = 1;
  for (let at = last.length - 1; at >= 0; at -= 1) {
    const value = alphabet.indexOf(last[at]) + carry;
    text = alphabet[value % 32] + text;
    carry = value >> 5;
  }
  return carry ? fresh : text;
}

/**
 * What may go in one request: the first of them, all of zones that are known.
 * @param {KeptScan[]} scans
 * @param {number} [most]
 */
export function nextBatch(scans, most = batch) {
  const part = [];
  let room = size;
  for (const one of scans) {
    room -= one.text.length;
    if (part.length >= most || (part.length > 0 && room < 0)) break;
    part.push(one);
  }
  return part;
}

/**
 * What a failed request means for what it brought: try again, sign in first, or this will never be taken.
 * @param {{ status?: number }} error
 * @returns {"later" | "person" | "never"}
 */
export function meaning({ status }) {
  if (status === 401) return "person";
  if (status === undefined || status === 403 || status === 404 || status === 408 || status === 429 || status >= 500) return "later";
  return "never";
}

/**
 * Sends what is kept. One at a time in a browser: `alone` sees to that.
 */
export class ScanQueue {
  /**
   * @param {ScanShelf} shelf
   * @param {{ send(scans: KeptScan[]): Promise<ScanAnswer[]>, told(scan: KeptScan, answer: ScanAnswer): void, changed(): void, alone?(body: () => Promise<void>): Promise<void> }} means
   */
  constructor(shelf, means) {
    this.shelf = shelf;
    this.means = means;
    /**
     * What the shelf would not take: sent all the same while this page is open.
     * @type {KeptScan[]}
     */
    this.loose = [];
    /** @type {"later" | "person" | null} */
    this.stuck = null;
    this.running = false;
    this.again = false;
  }

  /** All that waits, in the order of the scans. */
  async waiting() {
    const kept = await this.shelf.all().catch(() => /** @type {KeptScan[]} */ ([]));
    return [...kept, ...this.loose].filter((one) => !one.refused).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** What the centre will never take, until somebody has seen it. */
  async refused() {
    const kept = await this.shelf.all().catch(() => /** @type {KeptScan[]} */ ([]));
    return [...kept, ...this.loose].filter((one) => one.refused);
  }

  /**
   * Saved before anything else; false where the browser has no room for it.
   * @param {KeptScan} scan
   */
  async add(scan) {
    let isSaved = true;
    try { await this.shelf.put(scan); } catch { this.loose.push(scan); isSaved = false; }
    this.means.changed();
    this.flush();
    return isSaved;
  }

  /** @param {string} key */
  async remove(key) {
    this.loose = this.loose.filter((one) => one.key !== key);
    await this.shelf.remove(key).catch(() => {});
  }

  /**
   * Somebody has seen why it was refused.
   * @param {string} key
   */
  async seen(key) { await this.remove(key); this.means.changed(); }

  /**
   * Those that were scanned before anybody said where this screen stands.
   * @param {string} zone
   */
  async place(zone) {
    for (const one of await this.waiting()) {
      if (one.zone) continue;
      one.zone = zone;
      if (!this.loose.includes(one)) await this.shelf.put(one).catch(() => { this.loose.push(one); });
    }
    this.means.changed();
    return this.flush();
  }

  /** Sends all there is; what comes in while it does goes with it. Where it cannot, `stuck` says why. */
  async flush() {
    if (this.running) { this.again = true; return; }
    this.running = true;
    const alone = this.means.alone ?? ((/** @type {() => Promise<void>} */ body) => body());
    try {
      do { this.again = false; await alone(() => this.drain()); } while (this.again && !this.stuck);
    } finally { this.running = false; this.means.changed(); }
  }

  async drain() {
    this.stuck = null;
    let most = batch;
    while (true) {
      // Read anew: another tab may have sent them.
      const scans = nextBatch((await this.waiting()).filter((one) => one.zone), most);
      if (scans.length === 0) return;
      try {
        const answers = await this.means.send(scans);
        for (const scan of scans) {
          const answer = answers.find((one) => one.key === scan.key);
          // An answer without it is none: it stays and is sent again.
          if (!answer) { this.stuck = "later"; return; }
          await this.remove(scan.key);
          this.means.told(scan, answer);
        }
        this.means.changed();
      } catch (error) {
        const why = meaning(error);
        if (why !== "never") { this.stuck = why; return; }
        // One of them is not to the centre's taste: they go one by one, so that the others are counted.
        if (scans.length > 1) { most = 1; continue; }
        const refused = { ...scans[0], refused: { code: String(error.code ?? error.status), why: String(error.message ?? "") } };
        if (this.loose.some((one) => one.key === refused.key)) this.loose = this.loose.map((one) => (one.key === refused.key ? refused : one));
        else await this.shelf.put(refused).catch(() => { this.loose.push(refused); });
        this.means.changed();
      }
    }
  }
}

/** The browser's own database: outlives reloads, restarts and whoever is signed in. */
export class BrowserShelf {
  constructor() {
    /** @type {Promise<IDBDatabase> | null} */
    this.opening = null;
  }

  open() {
    this.opening ??= new Promise((done, failed) => {
      const request = indexedDB.open("quai-scans", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("scan", { keyPath: "key" });
      request.onsuccess = () => {
        // Another tab's newer version must not wait for this one.
        request.result.onversionchange = () => { request.result.close(); this.opening = null; };
        request.result.onclose = () => { this.opening = null; };
        done(request.result);
      };
      request.onerror = () => { this.opening = null; failed(request.error); };
      request.onblocked = () => { this.opening = null; failed(new Error("blocked")); };
    });
    return this.opening;
  }

  /**
   * @template Result
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<Result>} body
   * @returns {Promise<Result>}
   */
  async run(mode, body) {
    const database = await this.open();
    return new Promise((done, failed) => {
      const work = database.transaction("scan", mode);
      const request = body(work.objectStore("scan"));
      work.oncomplete = () => done(request.result);
      work.onabort = work.onerror = () => failed(work.error ?? request.error);
    });
  }

  /** @returns {Promise<KeptScan[]>} */
  all() { return this.run("readonly", (store) => store.getAll()); }
  /** @param {KeptScan} scan */
  async put(scan) { await this.run("readwrite", (store) => store.put(scan)); }
  /** @param {string} key */
  async remove(key) { await this.run("readwrite", (store) => store.delete(key)); }
}

import { get } from "./api.js";
import { t } from "./i18n.js";
import { open } from "./doors.js";

/**
 * What the bell says: what needs somebody now (stock that is low, counts that are due), and how many notices wait in this person's inbox.
 * What a touch on it opens comes with the other pages (inbox.js).
 */
export class Notices {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Notice[]} */
    this.list = [];
    /** @type {InboxCounts | null} */
    this.counts = null;
    /** The stream begins anew, perhaps of a database that was restored: whatever it says next is newer. */
    this.isOld = true;
    /** The address that this page began with has it open. */
    this.isNamed = /[?&]inbox=/.test(location.search);
    /** @type {import("./inbox.js").Inbox | null} What is open of it. */
    this.panel = null;
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  clear() { this.list = []; this.counts = null; }

  async load() {
    // An addition to the page, not a reason to complain.
    const list = await get("/api/v1/notices").catch(() => null);
    if (!list || !this.app.person) return;
    this.list = list;
    this.app.drawTools();
    this.panel?.drawAgain();
    if (this.isNamed) { this.isNamed = false; this.open(); }
  }

  message() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 500);
  }

  /**
   * How it is now, by the stream or with an answer; whichever comes late is older.
   * @param {InboxCounts} counts
   */
  counted(counts) {
    if (this.counts && !this.isOld && counts.change <= this.counts.change) return;
    const isNews = this.counts !== null && !this.isOld && counts.unread > this.counts.unread;
    this.isOld = false;
    this.counts = counts;
    if (isNews) open(this.app, "news", this.app);
    this.app.drawTools();
    this.panel?.changed();
  }

  /** What is merely good to know calls nobody. */
  get unread() { return this.counts ? this.counts.unread - this.counts.low : 0; }
  get total() { return this.list.length + this.unread; }
  get label() { return t("bell", { unread: this.unread, open: this.list.length }); }

  open() { open(this.app, "inbox", this.app); }
}

// What is behind the bell: what needs somebody now, and what this person was told.

import { h } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, when, amount, worded, lang } from "./i18n.js";
import { Sheet } from "./sheet.js";
import { open } from "./doors.js";
import { openJob } from "./job.js";
import { firstOf } from "./long.js";
import { watched } from "./channels.js";

/** Entries that are asked for at once, and at most when the list is read again. */
const page = 50;
const most = 500;
const hour = 3600000;

/** @type {InboxEntry["priority"][]} */
const priorities = ["critical", "high", "normal", "low"];

/**
 * A sign that is told apart by its shape, too.
 * @param {InboxEntry["priority"]} priority
 */
export const sign = (priority) => h("span", { class: `sign ${priority}`, role: "img", "aria-label": t(`priority_${priority}`), title: t(`priority_${priority}`) });

/**
 * Until when something is put off: each a moment after now.
 * @param {number} now
 * @returns {[word: string, until: number][]}
 */
export function laters(now) {
  const tomorrow = new Date(now);
  tomorrow.setDate(tomorrow.getDate() + 1);
  tomorrow.setHours(8, 0, 0, 0);
  const week = new Date(tomorrow);
  week.setDate(week.getDate() + 6);
  return [["inboxHour", now + hour], ["inboxTomorrow", tomorrow.getTime()], ["inboxWeek", week.getTime()]];
}

/**
 * The page and what of it an address of this centre names.
 * @param {string} link
 * @returns {{ page: PageName, ref: string | undefined }}
 */
export function placeOf(link) {
  const [path, query] = link.split("?");
  return { page: /** @type {PageName} */ (path.slice(1)), ref: new URLSearchParams(query).get("ref") ?? undefined };
}

/** @type {("all" | "unread" | "snoozed")[]} */
const onlies = ["all", "unread", "snoozed"];

/**
 * Which ones are shown, as the address has it: `inbox=unread&priority=high&type=call.missed`. What is no such word is not heard.
 * @param {string} search
 * @returns {InboxChoice}
 */
export function choiceOf(search) {
  const query = new URLSearchParams(search);
  const type = query.get("type") ?? "";
  return { only: onlies.find((one) => one === query.get("inbox")) ?? "all", priority: priorities.find((one) => one === query.get("priority")) ?? "", type: /^[a-z_.]{1,64}$/.test(type) ? type : "" };
}

/**
 * An address with what is chosen; without, where nothing is open.
 * @param {string} search
 * @param {InboxChoice | null} choice
 */
export function addressWith(search, choice) {
  const query = new URLSearchParams(search);
  for (const name of ["inbox", "priority", "type"]) query.delete(name);
  if (choice) query.set("inbox", choice.only);
  if (choice?.priority) query.set("priority", choice.priority);
  if (choice?.type) query.set("type", choice.type);
  const text = query.toString().replaceAll("%3A", ":");
  return text ? `?${text}` : "";
}

export class Inbox {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {InboxEntry[]} */
    this.entries = [];
    /** @type {string | undefined} */
    this.next = undefined;
    this.choice = choiceOf(location.search);
    /**
     * Kinds of notices that this person may be told of, each with its name in their language.
     * @type {{ type: string, name: string }[]}
     */
    this.types = [];
    this.isHere = false;
    this.asked = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    app.notices.panel = this;
    this.sheet = new Sheet(t("notices"), (sheet) => this.draw(sheet), { wide: true, closed: () => { this.rest(); if (app.notices.panel === this) { app.notices.panel = null; this.remember(null); } } });
    this.remember(this.choice);
    this.load();
    this.learnTypes();
  }

  /**
   * A reload, and whoever is sent the address, sees the same.
   * @param {InboxChoice | null} choice
   */
  remember(choice) { history.replaceState(history.state, "", `${location.pathname}${addressWith(location.search, choice)}`); }

  /** @param {Partial<InboxChoice>} part */
  choose(part) {
    this.choice = { ...this.choice, ...part };
    this.remember(this.choice);
    this.entries = [];
    this.isHere = false;
    this.load();
  }

  async learnTypes() {
    // Without the names there is no such choice; the list is there all the same.
    const wishes = await get(`/api/v1/inbox/preferences?lang=${lang()}`).catch(() => null);
    this.types = wishes?.types ?? [];
    this.drawAgain();
  }

  /** @param {string} [cursor] */
  async load(cursor) {
    const asked = ++this.asked;
    const asks = new URLSearchParams({ lang: lang(), limit: String(cursor ? page : Math.min(most, Math.max(page, this.entries.length))) });
    const { only, priority, type } = this.choice;
    if (only === "unread") asks.set("read", "0");
    if (only === "snoozed") asks.set("snoozed", "1");
    if (priority) asks.set("priority", priority);
    if (type) asks.set("type", type);
    if (cursor) asks.set("cursor", cursor);
    const query = asks.toString();
    const answer = await this.app.attempt(() => get(`/api/v1/inbox?${query}`));
    // Another filter was chosen meanwhile, or it was closed.
    if (!answer || asked !== this.asked || !this.app.person) return;
    this.entries = cursor ? [...this.entries, ...answer.entries] : answer.entries;
    this.next = answer.next;
    const isFirst = !this.isHere;
    this.isHere = true;
    this.counted(answer.counts);
    this.drawAgain();
    if (isFirst && this.sheet.isOpen) /** @type {HTMLElement | null} */ (this.sheet.content.querySelector("li.told"))?.focus();
  }

  /**
   * What is read anew anyway need not be read once more; what came while an older answer was on its way must be.
   * @param {InboxCounts} counts
   */
  counted(counts) {
    const { notices } = this.app;
    notices.counted(counts);
    if (counts.change >= (notices.counts?.change ?? 0)) this.rest();
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Something came, or was read in another tab. */
  changed() {
    this.rest();
    this.timer = setTimeout(() => this.load(), 200);
  }

  drawAgain() { if (this.sheet.isOpen) this.sheet.draw(); }

  /** @param {() => Promise<InboxChanged>} deed */
  async change(deed) {
    const answer = await this.app.attempt(deed);
    if (!answer) return;
    this.counted(answer.counts);
    await this.load();
  }

  /** @param {InboxEntry} one */
  toggle(one) {
    return this.change(() => one.snoozed ? post(`/api/v1/inbox/${one.id}/snooze`, {}) : post(`/api/v1/inbox/${one.id}/read`, { read: !one.read }));
  }

  /**
   * @param {InboxEntry} one
   * @param {number} until
   */
  snooze(one, until) { return this.change(() => post(`/api/v1/inbox/${one.id}/snooze`, { until: Math.round(until) })); }

  /** @param {InboxEntry} one */
  remove(one) { return this.change(() => request("DELETE", `/api/v1/inbox/${one.id}`)); }

  /** @param {InboxEntry} one */
  show(one) {
    if (!one.read) this.change(() => post(`/api/v1/inbox/${one.id}/read`, { read: true }));
    if (!one.link) return;
    const { page: where, ref } = placeOf(one.link);
    this.remember(null);
    this.sheet.close();
    this.app.go(where, ref);
  }

  get now() { return Date.now() + this.app.calls.skew; }

  /** The lines, and the one that has the keyboard itself: on a button in it a key is the button's. */
  get lines() {
    const items = /** @type {HTMLElement[]} */ ([...this.sheet.content.querySelectorAll("li.told")]);
    const at = items.findIndex((item) => item.contains(document.activeElement));
    const one = items[at] === document.activeElement ? this.entries.find(({ id }) => `told-${id}` === items[at]?.id) : undefined;
    return { items, at, one };
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (/** @type {HTMLElement} */ (event.target).tagName === "SELECT" || event.ctrlKey || event.metaKey || event.altKey) return;
    const { items, at, one } = this.lines;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) items[Math.min(items.length - 1, Math.max(0, at + step))]?.focus();
    else if (one && event.key === "Enter") this.show(one);
    else if (one && event.key === "Delete") {
      items[at + 1]?.focus();
      this.remove(one);
    } else return;
    event.preventDefault();
  }

  /**
   * A letter that a person typed, and no scanner.
   * @param {string} letter
   */
  shortcut(letter) {
    const { one } = this.lines;
    if (one && letter.toLowerCase() === "r") this.toggle(one);
    else if (one && letter.toLowerCase() === "s") this.snooze(one, this.now + hour);
  }

  /** @param {Sheet} sheet */
  draw(sheet) {
    const { list } = this.app.notices;
    const away = this.app.isAway();
    const unread = this.entries.filter((one) => !one.read && !one.snoozed);
    const others = this.entries.filter((one) => one.read || one.snoozed);
    const newest = Math.max(0, ...this.entries.map((one) => one.seq));
    const { choice } = this;
    /**
     * @param {keyof InboxChoice} name
     * @param {string} label
     * @param {[value: string, text: string][]} options
     */
    const choices = (name, label, options) => h("select", { id: `inbox-${name}`, "aria-label": label, onchange: /** @param {Event} event */ (event) => this.choose({ [name]: /** @type {HTMLSelectElement} */ (event.target).value }) },
      options.map(([value, text]) => h("option", { value, selected: value === choice[name] }, text)));
    const only = choices("only", t("inboxOnly"), onlies.map((one) => [one, t(`inboxOnly_${one}`)]));
    const priority = choices("priority", t("inboxPriority"), [["", t("inboxPriorities")], ...priorities.map((one) => /** @type {[string, string]} */ ([one, t(`priority_${one}`)]))]);
    const types = this.types.length > 0 && choices("type", t("inboxType"), [["", t("inboxTypes")], ...this.types.map((one) => /** @type {[string, string]} */ ([one.type, one.name]))]);
    const isPart = Boolean(choice.priority || choice.type);
    const isChosen = isPart || choice.only !== "all";
    return [
      list.length > 0 && h("section", { class: "stack" }, h("h3", {}, t("inboxNow")),
        h("ul", { class: "plain call-list", id: "notices" }, firstOf("notices", list, (one) => this.drawNotice(one, sheet), () => sheet.draw()))),
      h("section", { class: "stack", onkeydown: /** @param {KeyboardEvent} event */ (event) => this.key(event) },
        h("h3", {}, t("inboxTold")), h("div", { class: "row inbox-which" }, only, priority, types),
        h("div", { class: "row" },
          h("button", { class: "small", id: "inbox-all", disabled: away || unread.length === 0, onclick: () => this.change(() => (isPart ? post("/api/v1/inbox/read", { ids: unread.slice(0, 500).map((one) => one.id), read: true }) : post("/api/v1/inbox/read-all", { seq: newest }))) }, t("inboxMarkAll")),
          h("button", { class: "small", id: "inbox-clear", disabled: away || !this.entries.some((one) => one.read), onclick: () => this.change(() => request("DELETE", "/api/v1/inbox")) }, t("inboxRemoveRead")),
          h("button", { class: "small", id: "inbox-test", disabled: away, onclick: () => this.app.attempt(() => post("/api/v1/inbox/test", { text: t("inboxTestText") })) }, t("inboxTest")),
          h("button", { class: "small", id: "inbox-prefer", disabled: away, onclick: () => open(this.app, "prefer", this.app) }, t("prefer"))),
        this.entries.length === 0 && h("p", { class: "soft", id: "inbox-none" }, this.isHere ? t(isChosen ? "inboxNoneSuch" : "noNotices") : "…",
          this.isHere && isChosen && [" ", h("button", { class: "small", id: "inbox-every", onclick: () => this.choose({ only: "all", priority: "", type: "" }) }, t("inboxEvery"))]),
        this.drawGroup("unread", t("inboxUnread"), unread), this.drawGroup("read", t(choice.only === "snoozed" ? "inboxOnly_snoozed" : "inboxRead"), others),
        this.next && h("button", { id: "more-inbox", disabled: away, onclick: () => this.load(this.next) }, t("inboxMore")),
        this.entries.length > 0 && h("p", { class: "soft hide-narrow" }, t("inboxKeys"))),
    ];
  }

  /**
   * @param {string} name
   * @param {string} title
   * @param {InboxEntry[]} entries
   */
  drawGroup(name, title, entries) {
    return entries.length > 0 && [h("h4", { id: `inbox-title-${name}` }, title),
      h("ul", { class: "plain call-list", id: `inbox-${name}`, "aria-labelledby": `inbox-title-${name}` }, entries.map((one, index) => this.drawEntry(one, index === 0)))];
  }

  /**
   * @param {InboxEntry} one
   * @param {boolean} isFirst of its group: the one that the Tab key reaches
   */
  drawEntry(one, isFirst) {
    const unread = !one.read && !one.snoozed;
    const away = this.app.isAway();
    /** @type {HTMLSelectElement} */
    const later = h("select", { id: `told-later-${one.id}`, class: "small", "aria-label": t("inboxSnooze"), disabled: away, onchange: () => { if (later.value) this.snooze(one, Number(later.value)); } },
      h("option", { value: "" }, t("inboxSnooze")), laters(this.now).map(([word, until]) => h("option", { value: String(until) }, t(word))));
    return h("li", { class: `told ${unread ? "unread" : ""}`, id: `told-${one.id}`, tabindex: isFirst ? "0" : "-1" },
      sign(one.priority),
      h("div", { class: "grow" }, h(unread ? "strong" : "span", {}, one.title), one.body && h("div", {}, worded(one.body)),
        one.raised.length > 0 && h("div", { class: "lost" }, t("raisedTo", { who: one.raised.map((step) => `${step.who} (${t(`channel_${step.channel}`)}, ${when(step.at)})`).join(", ") })),
        h("div", { class: "soft" }, [when(one.at), one.words.site, one.team, one.snoozed && t("inboxUntil", { when: when(one.snoozed) })].filter(Boolean).join(" · "))),
      h("span", { class: "row" },
        one.link && h("button", { class: "small", id: `told-open-${one.id}`, onclick: () => this.show(one) }, t("inboxOpen")),
        h("button", { class: "small", id: `told-read-${one.id}`, disabled: away, onclick: () => this.toggle(one) }, t(unread ? "inboxMarkRead" : "inboxMarkUnread")),
        later,
        h("button", { class: "small", id: `told-remove-${one.id}`, disabled: away, "aria-label": t("inboxRemove"), title: t("inboxRemove"), onclick: () => this.remove(one) }, "✕")));
  }

  /**
   * What needs somebody now.
   * @param {Notice} one
   * @param {Sheet} sheet
   */
  drawNotice(one, sheet) {
    const data = one.data ?? {};
    const low = one.kind === "low-stock";
    if (one.kind === "push-dead") return this.drawStopped(one, sheet);
    const isHook = one.kind.startsWith("webhook-");
    const seen = watched(one);
    const file = { file: data.file ?? one.subject, refused: data.refused ?? 0, accepted: data.accepted ?? 0, hours: data.hours ?? 0, path: one.subject };
    const text = seen ? seen.text : one.kind === "exchange-refused" ? t("noticeFileRefused", file) : one.kind === "exchange-late" ? t("noticeFileLate", file) : one.kind === "exchange-folder" ? t("noticeFolder", file) : low ? t("noticeLow", { what: data.description ?? one.subject, n: amount(data.quantity, data.unit), minimum: amount(data.minimum, data.unit) })
      : one.kind === "count-due" ? t("noticeDue", { zone: data.zone ?? one.subject, last: data.last ? t("noticeLast", { when: when(data.last) }) : t("noticeNever") }) : isHook ? t(one.kind === "webhook-dead" ? "noticeHookDead" : "noticeHookOff", { name: data.name ?? one.subject }) : `${one.kind} ${one.subject}`;
    return h("li", {}, h("div", { class: "grow" }, h("strong", {}, text), (isHook || seen || one.kind.startsWith("exchange-")) && data.sentence && h("div", { class: "lost" }, isHook || seen ? worded(data.sentence) : data.sentence), h("div", { class: "soft" }, when(one.at))),
      seen?.page && h("button", { onclick: () => { sheet.close(); if (seen.page) this.app.go(seen.page); } }, t("inboxOpen")),
      isHook || seen || one.kind.startsWith("exchange-") ? null : h("button", { onclick: () => { sheet.close(); if (low) this.app.openRef("product", one.subject); else this.app.go("stocktake"); } }, t(low ? "seeProduct" : "stocktake")),
      this.app.may("notices.settle") && h("button", { id: `notice-${one.id}`, disabled: this.app.isAway(), onclick: async () => {
        if (!await this.app.attempt(() => post(`/api/v1/notices/${one.id}/done`))) return;
        this.app.notices.list = this.app.notices.list.filter((other) => other.id !== one.id);
        this.app.drawTools();
        sheet.draw();
      } }, t("done")));
  }

  /**
   * What the ERP did not take: whoever did it is named, so that they know.
   * @param {Notice} one
   * @param {Sheet} sheet
   */
  drawStopped(one, sheet) {
    const data = one.data ?? {};
    return h("li", {}, h("div", { class: "grow" }, h("strong", {}, t("noticePush", { kind: t(`jobkind_${data.kind}`), title: data.title ?? one.subject, who: worded(data.who) })),
      h("div", { class: "lost" }, data.fault === "stale" ? t("jobStale") : worded(data.sentence)), h("div", { class: "soft" }, when(one.at))),
    h("button", { onclick: () => {
      sheet.close();
      if (this.app.may("erp") && data.job !== undefined) openJob(this.app, data.job);
      else this.app.go(data.kind === "take" ? "stocktake" : "receiving");
    } }, t("details")));
  }
}

/** @param {App} app */
export const openInbox = (app) => new Inbox(app);

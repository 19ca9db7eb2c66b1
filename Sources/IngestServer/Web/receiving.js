import { h, replace, ask } from "./dom.js";
import { get, post, request } from "./api.js";
import { t, when, number, plural } from "./i18n.js";

const marks = { expected: "✓", complete: "★", extra: "＋", unknown: "?" };

/** Deliveries at the dock: one screen, readable at three metres. */
export class Receiving {
  constructor(app) {
    this.app = app;
    this.list = [];
    this.zones = [];
    this.chosen = null;
    this.detail = new Map();
    this.last = null;
    this.stray = null;
  }

  clear() {
    this.list = [];
    this.chosen = null;
    this.detail.clear();
    this.last = null;
    this.stray = null;
  }

  async load() {
    const data = await this.app.attempt(() => get("/api/v1/deliveries"));
    if (!data) return;
    this.list = data.deliveries;
    // Others may have been opened, counted or closed meanwhile: they are read again when chosen.
    const shown = this.detail.get(this.chosen);
    this.detail = new Map(shown ? [[this.chosen, shown]] : []);
    this.zones = data.zones;
    if (this.chosen === null) {
      const open = this.list.find((delivery) => delivery.status === "open" && delivery.zone);
      if (open) this.chosen = open.id;
    }
    if (this.chosen !== null) await this.fetchDetail(this.chosen);
    this.app.refresh("receiving");
  }

  async fetchDetail(id) {
    const detail = await this.app.attempt(() => get(`/api/v1/deliveries/${id}`));
    if (detail) this.detail.set(id, detail);
  }

  message({ type, data }) {
    if (type === "deliveries") { this.load(); return; }
    if (type === "delivery") {
      const before = this.list.find((delivery) => delivery.id === data.id);
      const shown = this.detail.get(this.chosen);
      // Somebody else's dock does not take this screen over in the middle of a reception.
      const busy = shown?.status === "open" && shown.zone && shown.zone !== data.zone;
      this.list = before ? this.list.map((delivery) => (delivery.id === data.id ? data : delivery)) : [...this.list, data];
      this.detail.set(data.id, data);
      // A delivery note scanned at the dock opens by itself.
      if (!busy && data.status === "open" && data.zone && (!before || before.status !== "open" || !before.zone)) {
        this.chosen = data.id;
        this.last = null;
        this.stray = null;
      }
    } else if (type === "count") {
      // The sound is for those who stand at this dock: whoever shows this delivery.
      if (this.chosen === data.delivery) {
        this.last = data;
        this.stray = null;
        this.app.play(data.verdict);
        this.app.announce(t(`v_${data.verdict}`));
      }
    } else if (type === "stray") {
      const shown = this.detail.get(this.chosen);
      if (shown?.status !== "open" || !shown.zone || shown.zone === data.zone) {
        this.stray = data;
        this.app.play("unknown");
      }
    }
    this.app.refresh("receiving");
  }

  async choose(id) {
    this.chosen = id;
    this.last = null;
    this.stray = null;
    if (!this.detail.has(id)) await this.fetchDetail(id);
    this.app.refresh("receiving");
  }

  draw(main) {
    const file = h("input", { type: "file", accept: ".csv,text/csv", hidden: true, onchange: (event) => this.import(event.target) });
    const detail = this.chosen !== null ? this.detail.get(this.chosen) : null;
    const scroll = window.scrollY;
    replace(main, h("div", { class: `split ${detail ? "chosen" : ""}` },
      h("aside", { class: "stack" },
        h("div", { class: "row" }, h("h1", {}, t("deliveries")),
          h("button", { class: "push", id: "import", onclick: () => file.click() }, t("importFile")), file),
        this.list.length === 0
          ? h("div", { class: "panel empty" }, h("h2", {}, t("noDeliveries")), h("p", {}, t("noDeliveriesHint")))
          : h("ul", { class: "deliveries" }, this.list.map((delivery) => h("li", {}, this.drawChoice(delivery))))),
      h("section", { class: "stack", id: "delivery" },
        this.stray && h("div", { class: "last unknown" }, h("span", { class: "mark" }, "?"), t("stray", { zone: this.stray.zone })),
        detail ? this.drawDetail(detail)
          : h("div", { class: "panel empty" }, h("h2", {}, t("choose")), h("p", {}, t("chooseHint"))))));
    window.scrollTo(0, scroll);
  }

  drawChoice(delivery) {
    const meter = h("div", {});
    meter.style.width = `${delivery.expected ? Math.round((100 * delivery.received) / delivery.expected) : 0}%`;
    const paused = delivery.status === "open" && !delivery.zone;
    const style = { open: paused ? "wait" : "good", expected: "", closed: "extra" }[delivery.status];
    return h("button", { id: `delivery-${delivery.id}`, "aria-current": delivery.id === this.chosen ? "true" : null, onclick: () => this.choose(delivery.id) },
      h("span", { class: "top" }, h("strong", {}, delivery.note),
        h("span", { class: `pill ${style}` }, paused ? t("paused") : t(`status_${delivery.status}`))),
      h("span", { class: "soft" }, delivery.supplier),
      h("span", { class: "soft" }, `${number(delivery.received)} / ${number(delivery.expected)} · ${plural("lines", delivery.lineCount)}`),
      h("span", { class: "meter", "aria-hidden": "true" }, meter));
  }

  drawDetail(delivery) {
    const tile = (name, value, style) =>
      h("div", { class: `tile ${style}`, id: `tile-${name}` }, h("b", {}, number(value)), h("span", {}, t(name)));
    return [
      h("div", { class: "row" },
        h("button", { class: "small only-small", onclick: () => { this.chosen = null; this.app.refresh("receiving"); } }, `‹ ${t("back")}`),
        h("h1", {}, delivery.note), h("span", { class: "soft" }, delivery.supplier),
        delivery.zone && h("span", { class: "pill good" }, `${t("dock")} ${delivery.zone}`),
        h("div", { class: "row push" }, this.drawActions(delivery))),
      h("div", { class: "tiles" },
        tile("expected", delivery.expected, ""), tile("received", delivery.received, "good"),
        tile("missing", delivery.missing, delivery.missing ? "wait" : ""), tile("extra", delivery.extra, delivery.extra ? "extra" : ""),
        tile("unknown", delivery.unknown, delivery.unknown ? "unknown" : "")),
      delivery.status === "open" && this.drawLast(delivery),
      delivery.status === "closed" && h("p", { class: "soft" }, t("closedBy", { who: delivery.closedBy, when: when(delivery.closedAt) })),
      h("div", { class: "panel scroll" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", {}, t("article")),
          ["expected", "received", "missing", "extra"].map((name) => h("th", { class: "num" }, t(name))))),
        h("tbody", {}, delivery.lines.map((line) =>
          h("tr", { class: line.extra ? "over" : line.missing === 0 ? "done" : "" },
            h("td", {}, line.description || t("notOrdered"), h("div", { class: "soft mono" }, line.gtin)),
            [line.expected, line.received, line.missing, line.extra].map((value) => h("td", { class: "num" }, number(value)))))))),
      delivery.unknownTags.length > 0 && h("div", { class: "panel stack" }, h("h2", {}, t("unknownTags")),
        h("ul", { class: "plain" }, delivery.unknownTags.map((stray) =>
          h("li", {}, h("span", { class: "mono" }, stray.subject.replace(/^(tag|text):/, "")), h("span", { class: "soft" }, when(stray.at)))))),
    ];
  }

  drawLast(delivery) {
    const last = this.last?.delivery === delivery.id ? this.last : null;
    if (!last) {
      const begun = delivery.received + delivery.extra + delivery.unknown > 0;
      return h("div", { class: "last", id: "last" }, h("span", { class: "soft" }, begun ? `${number(delivery.received)} / ${number(delivery.expected)}` : t("waiting")));
    }
    const line = delivery.lines.find((candidate) => candidate.gtin === last.gtin);
    const what = line ? `${line.description} · ${line.received}/${line.expected}` : last.subject.replace(/^(tag|text|scan):/, "");
    return h("div", { class: `last ${last.verdict}`, id: "last" },
      h("span", { class: "mark", "aria-hidden": "true" }, marks[last.verdict]), h("span", {}, `${t(`v_${last.verdict}`)} · ${what}`));
  }

  drawActions(delivery) {
    const download = h("a", { class: "button", href: `/api/v1/deliveries/${delivery.id}/export.csv`, download: "" }, t("exportCSV"));
    if (delivery.status === "closed") return download;
    const zones = this.zones.length ? this.zones : ["dock-1"];
    const opening = !delivery.zone && zones.map((zone) =>
      h("button", { class: "main", id: `open-${zone}`, onclick: () => this.open(delivery, zone) },
        `${delivery.status === "open" ? t("resume") : t("open")} : ${zone}`));
    return [opening, delivery.status === "open" && download,
      delivery.status === "open" && h("button", { class: "main", id: "close", onclick: () => this.close(delivery) }, t("close"))];
  }

  async open(delivery, zone) {
    const view = await this.app.attempt(() => post(`/api/v1/deliveries/${delivery.id}/open`, { zone }));
    if (!view) return;
    this.detail.set(view.id, view);
    await this.load();
  }

  async close(delivery) {
    const rest = [["closeMissing", delivery.missing], ["closeExtra", delivery.extra], ["closeUnknown", delivery.unknown]].filter(([, n]) => n > 0);
    const body = h("div", { class: "stack" }, h("p", {}, t("closeSum", delivery)),
      rest.length ? h("ul", {}, rest.map(([key, n]) => h("li", {}, plural(key, n)))) : h("p", {}, t("allThere")));
    const answer = await ask(t("confirmClose"), body, [[t("close"), "yes", "main"], [t("cancel"), "no", ""]]);
    if (answer !== "yes") return;
    const view = await this.app.attempt(() => post(`/api/v1/deliveries/${delivery.id}/close`));
    if (view) this.detail.set(view.id, view);
    await this.load();
  }

  async import(input) {
    const file = input.files[0];
    input.value = "";
    if (!file) return;
    const report = await this.app.attempt(() => request("POST", "/api/v1/import/deliveries?dry=1", file));
    if (!report) return;
    const body = h("div", { class: "stack" },
      h("p", {}, t("importCheck", { accepted: report.accepted, deliveries: report.deliveries, refused: report.refused.length })),
      report.refused.length > 0 && h("ul", {}, report.refused.slice(0, 20).map((row) => h("li", {}, `${t("line", { n: row.line })} : ${row.reason}`))));
    const buttons = report.accepted ? [[t("importDo"), "yes", "main"], [t("cancel"), "no", ""]] : [[t("cancel"), "no", ""]];
    if (await ask(file.name, body, buttons) !== "yes") return;
    const done = await this.app.attempt(() => request("POST", "/api/v1/import/deliveries", file));
    if (done) this.app.say(t("imported", { n: done.accepted }), "good");
    await this.load();
  }
}

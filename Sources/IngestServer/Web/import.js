import { h, ask } from "./dom.js";
import { request } from "./api.js";
import { helpAside } from "./help.js";
import { t, number, told } from "./i18n.js";
import { drawChanges, drawReading } from "./changes.js";

const shown = 20;

/**
 * Lines of the file with what is to be said of them; beyond the first it says how many more there are.
 * @param {string} title
 * @param {ImportReport["refused"]} rows
 */
function drawRows(title, rows) {
  return rows.length > 0 && h("section", {}, h("h3", {}, title),
    h("ul", {}, rows.slice(0, shown).map((row) => h("li", {}, t("importLine", { n: row.line, why: told(row.phrase) }))),
      rows.length > shown && h("li", {}, t("importMore", { n: number(rows.length - shown) }))));
}

/**
 * What a person says of a file, as the address of the import takes it.
 * @param {ImportKind} kind
 * @param {Said} said
 * @param {{ dry?: boolean, refused?: boolean }} options
 * @returns {`/api/v1/import/${string}`}
 */
function address(kind, said, { dry = false, refused = false } = {}) {
  const query = new URLSearchParams();
  if (dry) query.set("dry", "1");
  if (said.add) query.set("add", "1");
  if (said.map) query.set("map", Object.entries(said.map).map(([field, heading]) => `${field}=${heading}`).join("\n"));
  if (said.supplier) query.set("supplier", said.supplier);
  if (said.note) query.set("note", said.note);
  if (said.fresh) query.set("fresh", "1");
  for (const [name, word] of Object.entries(said.reading ?? {})) if (word) query.set(name, word);
  return `/api/v1/import/${kind}${refused ? "/refused.csv" : ""}?${query}`;
}

/**
 * What is read from which column, as it stands or is proposed: the map of an import.
 * @param {ImportColumns} columns
 * @returns {Record<string, string>}
 */
const mapOf = (columns) => Object.fromEntries(columns.fields.map(({ field, heading, proposal }) => [field, heading ?? proposal ?? ""]));

/**
 * Which column is which, each with what stands in it.
 * @param {ImportColumns} columns
 * @param {(map: Record<string, string>) => void} changed called with all of them when one was chosen anew
 * @returns {Child}
 */
function drawColumns(columns, changed) {
  const chosen = mapOf(columns);
  const headings = columns.headings.map((heading, place) => [heading, columns.samples[place]]).filter(([heading]) => heading);
  /** @type {Map<string, HTMLSelectElement>} */
  const choices = new Map();
  /**
   * @param {string} field
   * @param {string} heading
   */
  const choose = (field, heading) => {
    chosen[field] = heading;
    // A column that was only proposed for another field is not proposed any more.
    for (const other of columns.fields) {
      if (other.field === field || other.heading || !heading || chosen[other.field] !== heading || other.proposal !== heading) continue;
      chosen[other.field] = "";
      const choice = choices.get(other.field);
      if (choice) choice.value = "";
    }
    changed({ ...chosen });
  };
  /** @param {ImportColumns["fields"][number]} column */
  const draw = ({ field, missing }) => {
    const choice = h("select", { name: field, onchange: (event) => choose(field, event.target.value) },
      [["", ""], ...headings].map(([heading, sample]) =>
        h("option", { value: heading, selected: heading === chosen[field] }, heading ? sample ? `${heading} (${sample})` : heading : t("columnNone"))));
    choices.set(field, choice);
    return h("label", { class: missing ? "missing" : "" }, h("span", {}, t(`field_${field}`)), choice);
  };
  const missing = columns.fields.filter((field) => field.missing);
  const others = h("div", { class: "columns" }, columns.fields.filter((field) => !field.missing).map(draw));
  return missing.length ? [h("div", { class: "columns" }, missing.map(draw)), h("details", {}, h("summary", {}, t("columnsOthers")), others)] : others;
}

/**
 * @param {Said} said
 * @param {"supplier" | "note"} name
 */
const fill = (said, name) => h("label", {}, h("span", {}, t(name === "note" ? "field_delivery_note" : "field_supplier")),
  h("input", { value: said[name] ?? "", maxlength: 64, onchange: (event) => { said[name] = event.target.value.trim(); } }));

/** Closes the dialog that is open: the file is read again, and the next one says what came of it. */
const again = () => /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog[open]"))?.close("again");

/**
 * How the text of a table is read, to be chosen otherwise: which column is which is asked anew then.
 * @param {ImportColumns | null | undefined} columns
 * @param {Said} said
 */
const readOtherwise = (columns, said) => columns?.reading && drawReading(columns.reading, {
  asBefore: columns.asBefore,
  changed: (name, word) => {
    // What was said before of such a file goes on being said, but for this.
    said.reading = { ...(columns.asBefore ? columns.reading : {}), ...said.reading, [name]: word };
    delete said.map;
    again();
  },
  anew: () => {
    said.fresh = true;
    delete said.map;
    again();
  },
});

/**
 * Columns are missing: a person says which they are. Resolves with false when they give up.
 * @param {File} file
 * @param {ImportKind} kind
 * @param {ImportColumns} columns
 * @param {Said} said
 */
async function name(file, kind, columns, said) {
  const missing = columns.fields.filter((field) => field.missing).map((field) => t(`field_${field.field}`));
  said.map = mapOf(columns);
  const body = h("div", { class: "stack" }, h("p", {}, t("columnsMissing", { names: missing.join(", ") })),
    drawColumns(columns, (map) => { said.map = map; }), readOtherwise(columns, said),
    kind === "deliveries" && h("details", {}, h("summary", {}, t("columnsAside")), fill(said, "supplier"), fill(said, "note")),
    h("p", {}, h("a", { href: `/api/v1/import/${kind}/template.csv`, download: "" }, t("importTemplate")), " · ", helpAside("import")));
  return ["yes", "again"].includes(await ask(file.name, body, [[t("columnsRead"), "yes", "main"], [t("cancel"), "no", ""]]));
}

/**
 * What an import would do; asks for columns until the file can be read.
 * @param {App} app
 * @param {ImportKind} kind
 * @param {File} file
 * @param {Said} said
 * @returns {Promise<ImportReport | undefined>}
 */
async function check(app, kind, file, said) {
  for (;;) {
    /** @type {{ report: ImportReport, columns?: undefined } | { report?: undefined, columns: ImportColumns } | undefined} */
    const outcome = await app.attempt(async () => {
      try { return { report: await request("POST", address(kind, said, { dry: true }), file) }; } catch (error) {
        if (error.code !== "missing-columns") throw error;
        return { columns: error.problem.columns };
      }
    });
    if (!outcome || outcome.report) return outcome?.report;
    if (!await name(file, kind, outcome.columns, said)) return undefined;
  }
}

/**
 * A cell as the centre writes it (`CSV.line` in Sources/Depot).
 * @param {string} text
 */
function cell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text)) ? `'${text}` : text;
  return /[;"\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The file of refused rows with its reasons in the present language. Rows stand in it as they do in the report.
 * @param {string} text
 * @param {ImportReport["refused"]} refused
 */
export function inWords(text, refused) {
  let at = 0;
  for (const row of refused) {
    const english = `;${row.line};${cell(row.reason)}\r\n`;
    const place = text.indexOf(english, at);
    if (place < 0) continue;
    const worded = `;${row.line};${cell(told(row.phrase))}\r\n`;
    text = text.slice(0, place) + worded + text.slice(place + english.length);
    at = place + worded.length;
  }
  return text;
}

/**
 * The refused rows as a file, to be mended and imported.
 * @param {App} app
 * @param {ImportKind} kind
 * @param {File} file
 * @param {Said} said
 * @param {ImportReport["refused"]} refused
 */
async function save(app, kind, file, said, refused) {
  await app.attempt(async () => {
    const response = await fetch(address(kind, said, { refused: true }), { method: "POST", credentials: "same-origin", body: file });
    if (!response.ok) throw Object.assign(new Error(String(response.status)), { status: response.status });
    // A mark in front tells Excel that it is UTF-8; reading the text takes it away.
    const rows = new Blob(["\uFEFF", inWords(await response.text(), refused)], { type: "text/csv" });
    const link = h("a", { href: URL.createObjectURL(rows), download: file.name.replace(/\.[^.]*$/, "") + "-refused.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
}

/**
 * A file is checked first; what would be taken, each refused row with its reason, and what was understood otherwise than it is
 * written are shown before anything changes.
 * @param {App} app
 * @param {ImportKind} kind
 * @param {File} file
 */
export async function take(app, kind, file) {
  /** @type {Said} */
  const said = { add: false };
  for (;;) {
    const report = await check(app, kind, file, said);
    if (!report) return false;
    const body = h("div", { class: "stack" },
      h("p", {}, t(kind === "deliveries" ? "importCheck" : "importRows", { accepted: number(report.accepted), deliveries: number(report.deliveries), refused: number(report.refused.length) })),
      readOtherwise(report.columns, said),
      report.changes && drawChanges(report.changes),
      drawRows(t("importRefused"), report.refused),
      report.refused.length > 0 && report.columns && h("button", { class: "small", onclick: () => save(app, kind, file, said, report.refused) }, t("importRejects")),
      (report.refused.length > 0 || !report.accepted) && helpAside("import"),
      drawRows(t("importRemarks"), report.remarks),
      kind === "deliveries" && h("label", { class: "check" },
        h("input", { type: "checkbox", checked: said.add, onchange: (event) => { said.add = event.target.checked; again(); } }), h("span", {}, t("importAdd"))),
      report.columns && h("details", {}, h("summary", {}, t("columns")),
        drawColumns(report.columns, (map) => { said.map = map; again(); })));
    const buttons = report.accepted ? [[t("importDo"), "yes", "main"], [t("cancel"), "no", ""]] : [[t("cancel"), "no", ""]];
    const answer = await ask(file.name, body, buttons);
    if (answer === "again") continue;
    if (answer !== "yes") return false;
    const done = await app.attempt(() => request("POST", address(kind, said), file));
    // Between the check and now somebody may have begun a delivery: what that refused is said, never only counted.
    const late = done ? done.refused.slice(report.refused.length) : [];
    if (done) app.say(kind === "deliveries" && done.deliveries ? t("importedWhere", { n: number(done.accepted), deliveries: number(done.deliveries) }) : t("imported", { n: number(done.accepted) }), "good", 12);
    if (late.length) await ask(file.name, drawRows(t("importRefused"), late), [[t("understood"), "yes", "main"]]);
    return Boolean(done);
  }
}

import { h, ask } from "./dom.js";
import { request } from "./api.js";
import { t } from "./i18n.js";

const shown = 20;

/** Lines of the file with what is to be said of them; beyond the first it says how many more there are. */
function drawRows(title, rows) {
  return rows.length > 0 && h("section", {}, h("h3", {}, title),
    h("ul", {}, rows.slice(0, shown).map((row) => h("li", {}, `${t("line", { n: row.line })} : ${row.reason}`)),
      rows.length > shown && h("li", {}, t("importMore", { n: rows.length - shown }))));
}

/** A file is checked first; what would be taken, each refused row with its reason, and what was understood otherwise than it is
 * written are shown before anything changes. */
async function take(app, kind, file) {
  const report = await app.attempt(() => request("POST", `/api/v1/import/${kind}?dry=1`, file));
  if (!report) return false;
  const body = h("div", { class: "stack" },
    h("p", {}, t(kind === "deliveries" ? "importCheck" : "importRows", { accepted: report.accepted, deliveries: report.deliveries, refused: report.refused.length })),
    drawRows(t("importRefused"), report.refused), drawRows(t("importRemarks"), report.remarks));
  const buttons = report.accepted ? [[t("importDo"), "yes", "main"], [t("cancel"), "no", ""]] : [[t("cancel"), "no", ""]];
  if (await ask(file.name, body, buttons) !== "yes") return false;
  const done = await app.attempt(() => request("POST", `/api/v1/import/${kind}`, file));
  if (done) app.say(t("imported", { n: done.accepted }), "good");
  return Boolean(done);
}

/** The button with its hidden field; `done` is called when something was taken. */
export function importButton(app, kind, { id, label, away = false, style = "", done }) {
  const field = h("input", { type: "file", hidden: true, "aria-label": label,
    accept: kind === "deliveries" ? ".csv,.json,.edi,.txt,text/csv,application/json" : ".csv,.txt,text/csv",
    onchange: async () => {
      const file = field.files[0];
      field.value = "";
      if (file && await take(app, kind, file)) done();
    } });
  const may = app.may("imports");
  return [h("button", { class: style, id, disabled: away || !may, title: may ? null : t("needsRight"), onclick: () => field.click() }, label), field];
}

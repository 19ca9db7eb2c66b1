// The open questions of a delivery; those that are asked when it is closed are in `closing.js`.

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { plain } from "./parts.js";

/**
 * What is to be decided before a delivery is closed: as the server says, or as its sums do.
 * @param {Delivery} detail
 * @returns {Question[]}
 */
export function questionsOf(detail) {
  if (detail.questions) return detail.questions;
  return [
    ...detail.lines.filter((line) => line.missing > 0).map((line) => ({ kind: "short", gtin: line.gtin, quantity: line.missing })),
    ...detail.lines.filter((line) => line.extra > 0).map((line) => ({ kind: line.expected ? "over" : "unordered", gtin: line.gtin, quantity: line.extra })),
    ...(detail.unknownTags ?? []).map((tag) => ({ kind: "unknown", subject: tag.subject })),
  ];
}

/**
 * A question that is answered by itself: another dock, another serial number.
 * @param {import("./receiving.js").Receiving} view
 * @param {Delivery} detail
 * @param {Question} question
 * @param {string} place ends the ids of its buttons
 * @param {() => void} [after]
 */
export function drawQuestion(view, detail, question, place, after) {
  const path = `/api/v1/deliveries/${detail.id}`;
  /** @param {object} body */
  const decide = async (body) => { await view.act(`${path}/decisions`, body); after?.(); };
  const away = view.isAway();
  if (question.kind === "dock") {
    return h("div", { class: "question wait", role: "group", "aria-label": t("wrongDockTitle") },
      h("strong", {}, t("wrongDock", { dock: detail.dock ?? "?", zone: detail.zone ?? plain(question.subject) })),
      h("div", { class: "big-choices" },
        h("button", { id: `dock-accept${place}`, disabled: away, onclick: () => decide({ kind: "accept", subject: question.subject }) }, t("dockAccept", { zone: detail.zone ?? "" })),
        detail.dock && h("button", { id: `dock-move${place}`, disabled: away, onclick: async () => { await view.act(`${path}/open`, { zone: detail.dock }); after?.(); } }, t("dockMove", { dock: detail.dock }))));
  }
  const name = detail.lines.find((line) => line.gtin === question.gtin)?.description || question.gtin;
  const serial = plain(question.subject).split("/").pop();
  return h("div", { class: "question wait", role: "group", "aria-label": t("wrongSerialTitle") },
    h("strong", {}, t("wrongSerial", { serial, what: name })),
    h("div", { class: "big-choices" },
      h("button", { id: `serial-accept${place}`, disabled: away, onclick: () => decide({ kind: "accept", subject: question.subject }) }, t("serialAccept")),
      h("button", { id: `serial-refuse${place}`, disabled: away, onclick: () => decide({ kind: "refuse", gtin: question.gtin, subject: question.subject, quantity: question.quantity ?? 1 }) }, t("serialRefuse"))));
}

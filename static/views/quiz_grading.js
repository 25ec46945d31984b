/* Graded answers: the close ones first, because a person decides about them. */

import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/quiz_grading.js";

function cell(text, properties = {}) {
  return make("td", { dir: "auto", ...properties }, text);
}

function row(question, { hasSheets }) {
  const isClose = question.verdict === "close";
  const verdict = make("td", { className: "grade-verdict" }, texts.verdict[question.verdict] ?? question.verdict);
  if (isClose) verdict.append(make("strong", { className: "grade-look" }, texts.look));
  if (isClose || question.verdict === "wrong") verdict.append(make("span", { className: "grade-near" }, texts.similarity(Math.round(question.similarity * 100))));
  return make("tr", { "data-verdict": question.verdict },
    hasSheets ? cell(String(question.sheet), { className: "number" }) : null,
    make("th", { scope: "row", className: "number" }, String(question.number)),
    cell(question.given || "—", { className: "grade-text" }),
    cell(question.expected, { className: "grade-text" }),
    verdict,
    cell(texts.points(question.points), { className: "number" }));
}

function table(caption, heads, rows, foot = null) {
  const columns = heads.map(([text, isNumber]) => make("th", { scope: "col", className: isNumber ? "number" : "" }, text));
  return make("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": caption },
    make("table", { className: "data" }, make("caption", { className: "visually-hidden" }, caption),
      make("thead", {}, make("tr", {}, ...columns)), make("tbody", {}, ...rows), foot));
}

function answers(data, hasSheets) {
  const close = (question) => (question.verdict === "close" ? 0 : 1);
  const ordered = [...data.questions].sort((one, other) => close(one) - close(other));
  const heads = [[texts.column.question, true], [texts.column.given], [texts.column.expected], [texts.column.verdict], [texts.column.points, true]];
  if (hasSheets) heads.unshift([texts.column.sheet, true]);
  const total = make("tfoot", {}, make("tr", {},
    make("th", { scope: "row", colSpan: heads.length - 1 }, texts.total),
    cell(texts.of(data.totals.points, data.totals.max_points), { className: "number" })));
  return table(texts.answers, heads, ordered.map((question) => row(question, { hasSheets })), total);
}

function sheets(data) {
  const heads = ["sheet", "correct", "close", "wrong", "blank", "points"].map((name) => [texts.column[name], true]);
  const rows = data.sheets.map((sheet) => make("tr", {},
    make("th", { scope: "row", className: "number" }, String(sheet.sheet)),
    ...["correct", "close", "wrong", "blank"].map((name) => cell(String(sheet[name]), { className: "number" })),
    cell(texts.of(sheet.points, sheet.max_points), { className: "number" })));
  return table(texts.sheets, heads, rows);
}

function summary({ points: reached, points_open: open, max_points: most, close }) {
  return texts.summary({ reached, most, close, open });
}

export function view(data) {
  const hasSheets = data.sheets.length > 1;
  return make("div", { className: "grades" },
    make("p", { className: "grade-total" }, summary(data.totals)),
    hasSheets ? sheets(data) : null,
    answers(data, hasSheets));
}

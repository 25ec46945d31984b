/* Graded answers: the close ones first, because a person decides about them. */

import { make } from "/static/shared/dom.js";
import { many } from "/static/shared/format.js";

const WORDS = new Map([["correct", "Correct"], ["close", "Close"], ["wrong", "Wrong"], ["blank", "Left blank"]]);
const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });

function cell(text, properties = {}) {
  return make("td", { dir: "auto", ...properties }, text);
}

function row(question, { hasSheets }) {
  const isClose = question.verdict === "close";
  const verdict = make("td", { className: "grade-verdict" }, WORDS.get(question.verdict) ?? question.verdict);
  if (isClose) verdict.append(make("strong", { className: "grade-look" }, "look at this"));
  if (isClose || question.verdict === "wrong") verdict.append(make("span", { className: "grade-near" }, `${Math.round(question.similarity * 100)} % alike`));
  return make("tr", { "data-verdict": question.verdict },
    hasSheets ? cell(String(question.sheet), { className: "number" }) : null,
    make("th", { scope: "row", className: "number" }, String(question.number)),
    cell(question.given || "—", { className: "grade-text" }),
    cell(question.expected, { className: "grade-text" }),
    verdict,
    cell(number(question.points), { className: "number" }));
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
  const heads = [["Question", true], ["Given"], ["Expected"], ["Verdict"], ["Points", true]];
  if (hasSheets) heads.unshift(["Sheet", true]);
  const total = make("tfoot", {}, make("tr", {},
    make("th", { scope: "row", colSpan: heads.length - 1 }, "Total"),
    cell(`${number(data.totals.points)} of ${number(data.totals.max_points)}`, { className: "number" })));
  return table("Graded answers", heads, ordered.map((question) => row(question, { hasSheets })), total);
}

function sheets(data) {
  const heads = [["Sheet", true], ["Correct", true], ["Close", true], ["Wrong", true], ["Blank", true], ["Points", true]];
  const rows = data.sheets.map((sheet) => make("tr", {},
    make("th", { scope: "row", className: "number" }, String(sheet.sheet)),
    ...["correct", "close", "wrong", "blank"].map((name) => cell(String(sheet[name]), { className: "number" })),
    cell(`${number(sheet.points)} of ${number(sheet.max_points)}`, { className: "number" })));
  return table("Points of each sheet", heads, rows);
}

function summary({ points, points_open: open, max_points: most, close }) {
  const sure = `${number(points)} of ${number(most)} points`;
  if (!close) return `${sure}.`;
  return `${sure} for sure; ${many(close, "answer is", "answers are")} close: decide about up to ${number(open)} more.`;
}

export function view(data) {
  const hasSheets = data.sheets.length > 1;
  return make("div", { className: "grades" },
    make("p", { className: "grade-total" }, summary(data.totals)),
    hasSheets ? sheets(data) : null,
    answers(data, hasSheets));
}

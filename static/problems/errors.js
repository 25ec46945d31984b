/* The errors of a period, each with its jobs and a retry of those. Rows stay where they are while one is in use. */

import { tell } from "/static/shared/announce.js";
import { bulkAction } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make, setText } from "/static/shared/dom.js";
import { number, setTime } from "/static/shared/format.js";
import { jobsAddress } from "/static/shared/jobs-address.js";
import { stringify } from "/static/shared/json.js";
import { maySubmit } from "/static/shared/user.js";
import { drawn } from "/static/problems/picture.js";
import { texts } from "/static/texts/problems.js";

const SHOWN = 10;
const MOST_BARS = 30;
const table = find("[data-errors]");
const all = find("[data-all-errors]");
const rows = new Map();
const keyOf = (group) => stringify([group.type, group.code, group.reason]);

function trendWord(trend) {
  const half = Math.floor(trend.length / 2);
  const sum = (counts) => counts.reduce((total, count) => total + count, 0);
  const [before, after] = [sum(trend.slice(0, half)), sum(trend.slice(half))];
  if (after > 1.5 * before) return texts.rising;
  return before > 1.5 * after ? texts.falling : texts.steady;
}

/* More bars than that are too thin to be seen. */
function merged(trend) {
  const width = Math.ceil(trend.length / MOST_BARS);
  return Array.from({ length: Math.ceil(trend.length / width) }, (_, place) =>
    trend.slice(place * width, (place + 1) * width).reduce((total, count) => total + count, 0));
}

function trendPicture(slots) {
  const trend = merged(slots);
  const most = Math.max(...trend, 1);
  return drawn("svg", { viewBox: `0 0 ${trend.length} 20`, preserveAspectRatio: "none", "aria-hidden": "true", class: "trend-picture" },
    ...trend.map((count, place) => drawn("rect", { x: place + 0.1, y: 20 - (20 * count) / most, width: 0.8, height: (20 * count) / most, class: "failed" })));
}

/** The filter that finds the jobs which still have the error. */
const filterOf = (group, from) => ({ code: group.code, type: group.type, from, ...(group.reason ? { reason: group.reason } : {}) });

async function retry(filter) {
  const { count } = await bulkAction({ action: "retry", filter, dry_run: true });
  if (!count) return tell(texts.noJobHasIt);
  if (!(await confirmed({ title: texts.retryTitle(count), text: texts.retryText, yes: texts.retryYes(count), no: texts.retryNo }))) return undefined;
  const answer = await bulkAction({ action: "retry", filter, expected: count });
  const left = answer.refused.length ? texts.cannotRetry(answer.refused.length, answer.refused[0].detail) : "";
  return tell([texts.retrying(answer.done), left].filter(Boolean).join(" "));
}

function cell(name, label, ...content) {
  return make("td", { role: "cell", className: name, "data-label": label }, ...content);
}

function newRow(group) {
  const made = { from: "" };
  made.jobs = make("a", { className: "button small", "aria-label": texts.jobsWith(group.code, group.type) }, texts.jobs);
  const again = make("button", { type: "button", className: "button small", "aria-label": texts.retryWith(group.code, group.type) }, texts.retry);
  made.message = make("p", { className: "problem-message", dir: "auto" });
  made.count = make("strong");
  made.trend = make("div", { className: "trend" });
  made.first = make("time", { "data-relative": "" });
  made.last = make("time", { "data-relative": "" });
  made.row = make("tr", { role: "row" },
    make("th", { role: "rowheader", scope: "row", className: "error-name" }, make("code", {}, group.code), made.message),
    cell("error-type", texts.columnType, group.type), cell("number", texts.columnFailed, made.count), cell("", texts.columnTrend, made.trend),
    cell("", texts.columnFirst, made.first), cell("", texts.columnLast, made.last), cell("error-actions", "", made.jobs, maySubmit() ? again : null));
  made.node = make("tbody", { role: "rowgroup" }, made.row);
  again.addEventListener("click", () => retry(filterOf(group, made.from)).catch((error) => tell(error.message, { isProblem: true })));
  return made;
}

function update(made, group, from) {
  made.from = from;
  made.jobs.href = jobsAddress(filterOf(group, from));
  setText(made.message, group.message);
  setText(made.count, number(group.count));
  made.trend.replaceChildren(trendPicture(group.trend), make("span", { className: "quiet" }, trendWord(group.trend)));
  setTime(made.first, group.first_at);
  setTime(made.last, group.last_at);
}

/* The most frequent are enough at first; what somebody uses stays. */
function hideRare() {
  const nodes = [...table.tBodies];
  const isAll = all.getAttribute("aria-expanded") === "true";
  nodes.forEach((node, place) => (node.hidden = !isAll && place >= SHOWN && !node.contains(document.activeElement)));
  all.hidden = nodes.length <= SHOWN;
  setText(all, isAll ? texts.fewer(SHOWN) : texts.all(nodes.length));
}

all.addEventListener("click", () => {
  all.setAttribute("aria-expanded", String(all.getAttribute("aria-expanded") !== "true"));
  hideRare();
});

const isInUse = () => table.contains(document.activeElement);

export function drawErrors({ errors, more_errors: isCut, from }) {
  const stays = isInUse();
  const keys = new Set(errors.map(keyOf));
  for (const [key, made] of rows) {
    const isKept = keys.has(key) || made.node.contains(document.activeElement);
    if (!isKept) {
      made.node.remove();
      rows.delete(key);
    }
  }
  for (const group of errors) {
    const key = keyOf(group);
    const isNew = !rows.has(key);
    if (isNew) rows.set(key, newRow(group));
    const made = rows.get(key);
    update(made, group, from);
    if (isNew || !stays) table.append(made.node);
  }
  hideRare();
  table.hidden = rows.size === 0;
  find("[data-no-errors]").hidden = rows.size > 0;
  setText(find("[data-errors-words]"), isCut ? texts.mostFrequent(errors.length) : "");
}

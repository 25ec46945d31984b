/* The errors of a period, each with its jobs and a retry of those. Rows stay where they are while one is in use. */

import { tell } from "/static/shared/announce.js";
import { bulkAction } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make, setText } from "/static/shared/dom.js";
import { many, setTime } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { maySubmit } from "/static/shared/user.js";
import { jobsOf } from "/static/problems/jobs.js";
import { drawn } from "/static/problems/picture.js";

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
  if (after > 1.5 * before) return "rising";
  return before > 1.5 * after ? "falling" : "steady";
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
  if (!count) return tell("No job has this error any more: they were retried or deleted.");
  const jobs = many(count, "job");
  const text = "Every failed item of these jobs runs again, also those that failed with another error.";
  if (!(await confirmed({ title: `Retry ${jobs}?`, text, yes: `Retry ${jobs}`, no: "Don’t retry" }))) return undefined;
  const answer = await bulkAction({ action: "retry", filter, expected: count });
  const left = answer.refused.length ? ` ${many(answer.refused.length, "job")} cannot run again: ${answer.refused[0].detail}` : "";
  return tell(`Retrying ${many(answer.done, "job")}.${left}`);
}

function cell(name, label, ...content) {
  return make("td", { role: "cell", className: name, "data-label": label }, ...content);
}

function newRow(group) {
  const made = { from: "" };
  const what = `${group.code} of ${group.type}`;
  const jobs = make("button", { type: "button", className: "button small", "aria-expanded": "false", "aria-label": `Jobs with ${what}` }, "Jobs");
  const again = make("button", { type: "button", className: "button small", "aria-label": `Retry jobs with ${what}` }, "Retry");
  made.message = make("p", { className: "problem-message", dir: "auto" });
  made.count = make("strong");
  made.trend = make("div", { className: "trend" });
  made.first = make("time", { "data-relative": "" });
  made.last = make("time", { "data-relative": "" });
  made.row = make("tr", { role: "row" },
    make("th", { role: "rowheader", scope: "row", className: "error-name" }, make("code", {}, group.code), made.message),
    cell("error-type", "Job type", group.type), cell("number", "Failed items", made.count), cell("", "Trend", made.trend),
    cell("", "First", made.first), cell("", "Last", made.last), cell("error-actions", "", jobs, maySubmit() ? again : null));
  made.node = make("tbody", { role: "rowgroup" }, made.row);
  jobs.addEventListener("click", () => toggle(made, jobs, filterOf(group, made.from)));
  again.addEventListener("click", () => retry(filterOf(group, made.from)).catch((error) => tell(error.message, { isProblem: true })));
  return made;
}

function toggle(made, button, filter) {
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen));
  made.detail?.remove();
  made.detail = isOpen ? null : make("tr", { role: "row", className: "error-jobs" }, make("td", { role: "cell", colSpan: 7 }, jobsOf(filter)));
  if (made.detail) made.node.append(made.detail);
}

function update(made, group, from) {
  made.from = from;
  setText(made.message, group.message);
  setText(made.count, group.count.toLocaleString("en"));
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
  setText(all, isAll ? `Show the ${SHOWN} most frequent` : `Show all ${nodes.length} errors`);
}

all.addEventListener("click", () => {
  all.setAttribute("aria-expanded", String(all.getAttribute("aria-expanded") !== "true"));
  hideRare();
});

const isInUse = () => table.contains(document.activeElement) || [...rows.values()].some((made) => made.detail);

export function drawErrors({ errors, more_errors: isCut, from }) {
  const stays = isInUse();
  const keys = new Set(errors.map(keyOf));
  for (const [key, made] of rows) {
    const isKept = keys.has(key) || made.detail || made.node.contains(document.activeElement);
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
  setText(find("[data-errors-words]"), isCut ? `The ${errors.length} most frequent; there are more.` : "");
}

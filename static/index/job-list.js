/* The live list: which jobs are on the page, in which order, merged row by row. */

import { newRow, updateRow } from "/static/index/job-row.js";
import { announce } from "/static/shared/announce.js";
import { find } from "/static/shared/dom.js";
import { act } from "/static/shared/job-actions.js";
import { stringify } from "/static/shared/json.js";
import { isActive, isWaiting, statusWord } from "/static/shared/words.js";

const list = find("[data-job-list]");
const known = new Map();
let labels = new Map();

export const anyActive = () => [...known.values()].some((entry) => isActive(entry.job));
export const anyWaiting = () => [...known.values()].some((entry) => isWaiting(entry.job));
export const activeCount = () => [...known.values()].filter((entry) => isActive(entry.job)).length;
export const isEmpty = () => known.size === 0;

const labelOf = (job) => labels.get(job.type) ?? job.type;
const isNewer = (a, b) => (a.created_at === b.created_at ? a.job_id > b.job_id : a.created_at > b.created_at);

function insert(job) {
  const row = newRow(job, labelOf(job));
  const after = [...known.values()].find((entry) => isNewer(job, entry.job));
  list.insertBefore(row, after?.row ?? null);
  known.set(job.job_id, { job, row });
  sortKnown();
}

/* The map follows the page, so that "the first older one" and "the last one" are found by order. */
function sortKnown() {
  const entries = [...known].sort(([, a], [, b]) => (isNewer(a.job, b.job) ? -1 : 1));
  known.clear();
  entries.forEach(([id, entry]) => known.set(id, entry));
}

export function remove(id) {
  const entry = known.get(id);
  if (!entry) return;
  if (entry.row.contains(document.activeElement)) {
    const neighbour = entry.row.nextElementSibling ?? entry.row.previousElementSibling;
    (neighbour ? find("[data-job-link]", neighbour) : find("#jobs")).focus();
  }
  entry.row.remove();
  known.delete(id);
}

/** Scrolls just as far as it takes to see the job: on a phone the list is below the form. */
export function reveal(id) {
  known.get(id)?.row.scrollIntoView({ block: "nearest" });
}

function update(entry, job) {
  /* An answer that was on its way while a newer one came. */
  if (job.change < entry.job.change) return;
  if (stringify(job) !== stringify(entry.job)) updateRow(entry.row, job, labelOf(job));
  entry.job = job;
}

/** Merges changed jobs; `fits` says if a job belongs to the filter, `more` that older jobs are not loaded. */
export function merge(jobs, { fits, more }) {
  for (const job of jobs) {
    const entry = known.get(job.job_id);
    const oldest = [...known.values()].at(-1);
    if (entry && isActive(entry.job) && !isActive(job)) announce(`${job.name}: ${statusWord(job)}`);
    if (!fits(job)) remove(job.job_id);
    else if (entry) update(entry, job);
    else if (!more || !oldest || isNewer(job, oldest.job)) insert(job);
  }
}

export function append(jobs) {
  jobs.forEach((job) => (known.has(job.job_id) ? update(known.get(job.job_id), job) : insert(job)));
}

/** Makes the page show exactly these jobs and keeps the rows that stay. */
export function replace(jobs) {
  const ids = new Set(jobs.map((job) => job.job_id));
  [...known.keys()].filter((id) => !ids.has(id)).forEach(remove);
  append(jobs);
}

export function setLabels(types) {
  labels = new Map(types.map((type) => [type.type, type.label || type.type]));
  for (const { job, row } of known.values()) updateRow(row, job, labelOf(job));
}

/** `onChange(id, job)`: job is null when it is deleted. */
export function onAction(onChange) {
  list.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    const { job } = known.get(button.closest("[data-job-id]").dataset.jobId);
    const changed = await act(button, job);
    if (changed !== undefined) onChange(job.job_id, changed);
  });
}

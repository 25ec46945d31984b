/* The live list: which jobs are on the page, in which order, merged row by row. */

import { newRow, updateRow } from "/static/index/job-row.js";
import { keepSteady } from "/static/index/steady.js";
import { announce } from "/static/shared/announce.js";
import { find } from "/static/shared/dom.js";
import { many } from "/static/shared/format.js";
import { act } from "/static/shared/job-actions.js";
import { stringify } from "/static/shared/json.js";
import { isActive, isWaiting, statusWord } from "/static/shared/words.js";

const list = find("[data-job-list]");
const news = find("[data-news]");
const known = new Map();
let labels = new Map();
/* What comes and what goes once rows may move: jobs by their ids, and ids. */
const coming = new Map();
const going = new Set();
const steady = keepSteady(list, release);

export const anyActive = () => [...known.values()].some((entry) => isActive(entry.job));
export const anyWaiting = () => [...known.values()].some((entry) => isWaiting(entry.job));
export const activeCount = () => [...known.values()].filter((entry) => isActive(entry.job)).length;
export const isEmpty = () => known.size === 0 && coming.size === 0;

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

/** Shows what came and removes what went meanwhile. */
function release() {
  [...going].forEach(take);
  coming.forEach(insert);
  coming.clear();
  drawNews();
}

function drawNews() {
  news.textContent = many(coming.size, "new job");
  news.classList.toggle("is-empty", coming.size === 0);
}

function add(job) {
  if (steady.isHeld()) coming.set(job.job_id, job);
  else insert(job);
}

/** Removes a job that is gone; as long as rows must not move, nothing can be done with it. */
export function remove(id) {
  leave(id);
  if (!known.has(id)) return;
  const { row } = known.get(id);
  passFocusOn(row);
  row.inert = true;
}

function leave(id) {
  coming.delete(id);
  if (steady.isHeld()) going.add(id);
  else take(id);
}

function take(id) {
  going.delete(id);
  const entry = known.get(id);
  if (!entry) return;
  passFocusOn(entry.row);
  entry.row.remove();
  known.delete(id);
}

function passFocusOn(row) {
  if (!row.contains(document.activeElement)) return;
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  (neighbour ? find("[data-job-link]", neighbour) : find("#jobs")).focus();
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
  steady.change(() => jobs.forEach((job) => mergeOne(job, fits(job), more)));
  drawNews();
}

/** Shows a job that somebody submitted or changed here, who expects to see it. */
export function show(job, fits) {
  if (known.has(job.job_id) || !fits(job)) return merge([job], { fits, more: null });
  coming.delete(job.job_id);
  insert(job);
  return drawNews();
}

function mergeOne(job, isFitting, more) {
  const entry = known.get(job.job_id);
  const oldest = [...known.values()].at(-1);
  if (entry && isActive(entry.job) && !isActive(job)) announce(`${job.name}: ${statusWord(job)}`);
  /* One that no longer fits shows why as long as it must stay. */
  if (entry && (isFitting || steady.isHeld())) update(entry, job);
  if (!isFitting) leave(job.job_id);
  else if (entry) going.delete(job.job_id);
  else if (!more || !oldest || isNewer(job, oldest.job)) add(job);
}

export function append(jobs) {
  jobs.forEach((job) => (known.has(job.job_id) ? update(known.get(job.job_id), job) : insert(job)));
}

/** Makes the page show exactly these jobs and keeps the rows that stay. */
export function replace(jobs) {
  if (known.size === 0) return append(jobs);
  const ids = new Set(jobs.map((job) => job.job_id));
  steady.change(() => {
    [...known.keys(), ...coming.keys()].filter((id) => !ids.has(id)).forEach(leave);
    jobs.forEach((job) => mergeOne(job, true, null));
  });
  return drawNews();
}

/** Empties the page, whatever the pointer is on: another list was asked for. */
export function clear() {
  coming.clear();
  [...known.keys()].forEach(take);
  drawNews();
}

export function setLabels(types) {
  labels = new Map(types.map((type) => [type.type, type.label || type.type]));
  for (const { job, row } of known.values()) updateRow(row, job, labelOf(job));
}

/** `onChange(id, job)`: job is null when it is deleted. */
export function onAction(onChange) {
  news.addEventListener("click", release);
  list.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    const { job } = known.get(button.closest("[data-job-id]").dataset.jobId);
    const changed = await act(button, job);
    if (changed !== undefined) onChange(job.job_id, changed);
  });
}

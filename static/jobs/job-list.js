/* The live list: which jobs are on the page, in which order, merged row by row. */

import { drawDuration, newRow, updateRow } from "/static/jobs/job-row.js";
import { setLabels as setTypeLabels } from "/static/jobs/labels.js";
import { comingIds, drop, isNoneComing, keep, noteGap, onPress, takeAll } from "/static/jobs/newcomers.js";
import { keepSteady } from "/static/shared/steady.js";
import { announce } from "/static/shared/announce.js";
import { find } from "/static/shared/dom.js";
import { act } from "/static/shared/job-actions.js";
import { stringify } from "/static/shared/json.js";
import { isActive, isWaiting, statusWord } from "/static/shared/words.js";

const list = find("[data-job-list]");
const known = new Map();
/* The same entries as they stand on the page, the newest first. */
const order = [];
/* The ids of those that leave once rows may move. */
const going = new Set();
let isCut = false;
let most = Infinity;
const steady = keepSteady(list, release);

/** Shows the newest `count` jobs and no others. */
export const limitTo = (count) => (most = count);

export const anyActive = () => order.some((entry) => isActive(entry.job));
export const anyWaiting = () => order.some((entry) => isWaiting(entry.job));
export const activeCount = () => order.filter((entry) => isActive(entry.job)).length;
export const isEmpty = () => order.length === 0 && isNoneComing();
export const size = () => order.length;
export const has = (id) => known.has(id);
export const jobOf = (id) => known.get(id)?.job;
/** True when rows below the last one had to leave, so that nobody knows where older jobs go on. */
export const wasCut = () => isCut;

const isNewer = (a, b) => (a.created_at === b.created_at ? a.job_id > b.job_id : a.created_at > b.created_at);

function insert(job) {
  const entry = { job, row: newRow(job) };
  const place = order.findIndex((other) => isNewer(job, other.job));
  list.insertBefore(entry.row, order[place]?.row ?? null);
  order.splice(place < 0 ? order.length : place, 0, entry);
  known.set(job.job_id, entry);
}

/** Shows what came and removes what went meanwhile. */
function release() {
  [...going].forEach(take);
  append(takeAll());
  cut();
}

function cut() {
  if (order.length <= most || steady.isHeld()) return;
  order.slice(most).forEach((entry) => take(entry.job.job_id));
  isCut = true;
}

function add(job) {
  if (steady.isHeld()) keep(job, most);
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

/** Takes a job off the list that does not belong to it any more, once rows may move. */
export function leave(id) {
  drop(id);
  if (!known.has(id)) return;
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
  order.splice(order.indexOf(entry), 1);
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
  if (isActive(entry.job) && !isActive(job)) announce(`${job.name}: ${statusWord(job)}`);
  if (stringify(job) !== stringify(entry.job)) updateRow(entry.row, job);
  entry.job = job;
}

/** Merges changed jobs; `fits` says if a job belongs to the filter, `more` that older jobs are not loaded. */
export function merge(jobs, { fits, more }) {
  steady.change(() => jobs.forEach((job) => mergeOne(job, fits(job), more || isCut)));
  cut();
}

/** Brings rows that are there up to date, and adds none. */
export const refresh = (jobs) => jobs.forEach((job) => known.has(job.job_id) && update(known.get(job.job_id), job));

/** Shows a job that somebody submitted or changed here, who expects to see it. */
export function show(job, fits) {
  if (known.has(job.job_id) || !fits(job)) return merge([job], { fits, more: null });
  drop(job.job_id);
  insert(job);
  return cut();
}

function mergeOne(job, isFitting, more) {
  const entry = known.get(job.job_id);
  const oldest = order.at(-1);
  /* One that no longer fits shows why as long as it must stay. */
  if (entry && (isFitting || steady.isHeld())) update(entry, job);
  if (!isFitting) leave(job.job_id);
  else if (entry) going.delete(job.job_id);
  else if (!more || !oldest || isNewer(job, oldest.job)) add(job);
}

export function append(jobs) {
  jobs.forEach((job) => (known.has(job.job_id) ? update(known.get(job.job_id), job) : insert(job)));
}

/** Lets the page show no other jobs than these and keeps the rows that stay; what this gives draws some of them. */
export function beginAnew(jobs) {
  isCut = false;
  if (known.size === 0) return append;
  const ids = new Set(jobs.map((job) => job.job_id));
  if (steady.isHeld() && jobs.length && !jobs.some((job) => known.has(job.job_id))) noteGap();
  steady.change(() => [...known.keys(), ...comingIds()].filter((id) => !ids.has(id)).forEach(leave));
  return (some) => steady.change(() => some.toReversed().forEach((job) => mergeOne(job, true, null)));
}

/** Whether the rows are those of another list than the one that was asked for: nothing can be done with them. */
export function setOutdated(isOutdated) {
  if (isOutdated && list.contains(document.activeElement)) find("#jobs").focus();
  list.inert = isOutdated;
}

/** Brings up to date how long jobs have been running. */
export const drawDurations = () => order.forEach(({ job, row }) => job.status === "running" && drawDuration(row, job));

/** Empties the page, whatever the pointer is on: another list was asked for. */
export function clear() {
  takeAll();
  isCut = false;
  [...known.keys()].forEach(take);
}

export function setLabels(types) {
  setTypeLabels(types);
  for (const { job, row } of order) updateRow(row, job);
}

/** `onChange(id, job)`: job is null when it is deleted. */
export function onAction(onChange) {
  onPress(release);
  list.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    const { job } = known.get(button.closest("[data-job-id]").dataset.jobId);
    const changed = await act(button, job);
    if (changed !== undefined) onChange(job.job_id, changed);
  });
}

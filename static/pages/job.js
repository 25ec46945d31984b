/* The page of one job: follows it until it is final. */

import { drawChain } from "/static/job/chain.js";
import { drawDeliveries } from "/static/job/deliveries.js";
import { drawFacts } from "/static/job/facts.js";
import { drawError, drawHead } from "/static/job/head.js";
import { drawInput } from "/static/job/inputs.js";
import { fitItemFilter, itemStatuses, startItemFilter } from "/static/job/item-filter.js";
import { drawItems } from "/static/job/items.js";
import { refreshOutputs } from "/static/job/output.js";
import { drawReasons } from "/static/job/reasons.js";
import { drawNoResult, drawResult } from "/static/job/result.js";
import { drawShares } from "/static/job/shares.js";
import { drawTimeline } from "/static/job/timeline.js";
import { registerViewers } from "/static/job/viewers.js";
import { getEvents, getItems, getJob, getResult, getTypes } from "/static/shared/api.js";
import { keepTimesFresh } from "/static/shared/clock.js";
import { find } from "/static/shared/dom.js";
import { act } from "/static/shared/job-actions.js";
import { startPages } from "/static/shared/pages.js";
import { poll } from "/static/shared/poll.js";
import { known } from "/static/shared/user.js";
import { isActive } from "/static/shared/words.js";
import { texts } from "/static/texts/job.js";

const BUSY_MS = 1000;
/* Items come with their data: the longer they take to fetch, the longer they are left alone. */
const REST = 4;
const id = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
let job = null;
let etag = null;
let drawnChange = null;
let detailsDueAt = 0;
let labels = null;
let items = [];
let gone = false;

const labelOf = () => labels?.get(job.type) ?? job.type;

const refreshItems = startPages(
  async (cursor) => {
    const { items: rows, next } = await getItems(id, cursor);
    return { rows, next };
  },
  (rows) => {
    items = rows;
    if (!itemStatuses()) drawItems(items, job);
    find("[data-more-chosen]").hidden ||= !itemStatuses();
    find("[data-more-items]").hidden ||= Boolean(itemStatuses());
    drawInput(job, items);
    drawChain(job, items, (type) => labels?.get(type) ?? type);
    noteEarlierResults();
    if (!isActive(job) && job.completed_items) return;
    find("[data-more-results]").hidden = true;
    drawResult(job, items, { isFinal: !isActive(job) });
  },
  find("[data-more-items]"),
);

/* The items that the filter lets through; all of them are read anyway. */
const refreshChosen = startPages(
  async (cursor) => {
    const { items: rows, next } = await getItems(id, cursor, itemStatuses());
    return { rows, next };
  },
  (rows) => itemStatuses() && drawItems(rows, job),
  find("[data-more-chosen]"),
);

const nameOf = (index) => items.find((item) => item.index === index)?.filename ?? texts.itemName(index + 1);

const refreshEvents = startPages(
  async (cursor) => {
    const { events: rows, next } = await getEvents(id, cursor);
    return { rows, next };
  },
  (rows) => drawTimeline(rows, job, nameOf),
  find("[data-more-events]"),
);

const refreshFinalResult = startPages(
  async (cursor) => {
    const { items: rows, next } = await getResult(id, cursor);
    return { rows, next };
  },
  (rows) => drawResult(job, rows, { isFinal: true }),
  find("[data-more-results]"),
);

/* Which items were taken from an earlier result is said by the items, not by the job. */
function noteEarlierResults() {
  const cached = items.filter((item) => item.cached);
  job.any_cached = cached.length > 0;
  job.cached_from = cached[0]?.cached_from ?? null;
  drawJob();
}

/* While a job runs, and where none completed, the items carry what there is; else the whole is there when it is final. */
async function refreshResult() {
  if (isActive(job) || !job.completed_items) return;
  try {
    await refreshFinalResult();
  } catch (error) {
    if (error.status === 409) drawResult(job, [], { isFinal: true });
    else if (error.status === 410) drawNoResult(texts.resultDeleted);
    else throw error;
  }
}

async function refreshLabels() {
  if (labels) return;
  const { types } = await getTypes();
  labels = new Map(types.map((type) => [type.type, type.label || type.type]));
  registerViewers(types);
}

function drawJob() {
  find("[data-missing]").hidden = true;
  find("[data-job]").hidden = false;
  drawHead(job, labelOf());
  drawFacts(job, labelOf());
}

function drawMissing(title, text) {
  gone = true;
  find("[data-loading]").hidden = true;
  find("[data-job]").hidden = true;
  find("[data-missing]").hidden = false;
  if (title) find("[data-missing-title]").textContent = title;
  if (text) find("[data-missing-text]").textContent = text;
  document.title = texts.missingTitle;
}

async function refreshDetails() {
  if (job.change === drawnChange || (isActive(job) && performance.now() < detailsDueAt)) return;
  const { change } = job;
  const began = performance.now();
  fitItemFilter(job);
  await Promise.all([refreshItems(), drawReasons(job, changed), itemStatuses() && refreshChosen(), refreshResult(), drawDeliveries(job), drawShares(job)]);
  await refreshEvents();
  drawError(job, items);
  drawnChange = change;
  detailsDueAt = performance.now() + REST * (performance.now() - began);
}

async function refresh() {
  await refreshLabels();
  const news = await getJob(id, etag);
  if (news) ({ job, etag } = news);
  if (items.length) noteEarlierResults();
  else drawJob();
  try {
    await refreshDetails();
  } finally {
    /* All at once: what comes later would push down what somebody reads. */
    find("[data-loading]").hidden = true;
  }
  await refreshOutputs();
}

async function ask() {
  if (gone) return undefined;
  try {
    await refresh();
  } catch (error) {
    if (error.status === 410) return drawMissing(texts.isDeleted, texts.isDeletedWhy);
    if (error.status !== 404) throw error;
    drawMissing();
  }
  return undefined;
}

await known;
const look = poll(ask, () => (gone || (job && !isActive(job)) ? null : BUSY_MS));

function changed(now) {
  job = now;
  etag = null;
  drawJob();
  return look();
}

startItemFilter(async () => {
  await (itemStatuses() ? refreshChosen() : refreshItems());
});

find(".page-actions").addEventListener("click", async (event) => {
  const button = event.target.closest("[data-action]");
  if (!button) return;
  const after = await act(button, job);
  if (after === null) return drawMissing(texts.deleted, texts.deletedWhat);
  return after ? changed(after) : look();
});
find("[data-job-name]").tabIndex = -1;
keepTimesFresh();

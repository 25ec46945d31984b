/* Feeds the list: first page, then only what changed, filters and older pages. */

import { showBulk, startBulk } from "/static/index/bulk.js";
import * as list from "/static/index/job-list.js";
import { tell } from "/static/shared/announce.js";
import { changedJobs, listJobs } from "/static/shared/api.js";
import { find, showText } from "/static/shared/dom.js";
import { clockTime } from "/static/shared/format.js";
import { poll } from "/static/shared/poll.js";
import { ACTIVE } from "/static/shared/words.js";

const BUSY_MS = 1000;
const IDLE_MS = 3000;
const PAGE = 30;
/* Rows that are asked for at once, at most, and changes; when more changed, the list begins again. */
const MOST_AT_ONCE = 200;
const MOST_CHANGES = 100;
/* Without an answer for so long, the page says how old its list is. */
const OLD_MS = 10_000;
const PLACES_EVERY_MS = 3000;
const FILTERS = { all: [], active: ACTIVE, completed: ["completed"], failed: ["failed"] };

const SEARCH_PAUSE_MS = 300;

let shown = "all";
let text = "";
let change = null;
let next = null;
let placesAt = 0;
let hadNews = false;
let freshAt = new Date();

const statuses = () => FILTERS[shown];
const fits = (job) => statuses().length === 0 || statuses().includes(job.status);
const asked = () => ({ status: statuses().join(","), q: text });

function drawAround() {
  /* Another list was asked for meanwhile, and nobody knows yet what is in it. */
  if (change === null) return;
  const empty = list.isEmpty();
  const all = shown === "all" && !text;
  find("[data-loading]").hidden = true;
  find("[data-empty]").hidden = !empty;
  find("[data-empty-title]").textContent = all ? "No jobs yet" : "No jobs match";
  find("[data-empty-steps]").hidden = !all;
  const nothing = text ? "No job matches the search." : `There are no ${shown} jobs at the moment.`;
  showText(find("[data-empty-text]"), all ? "" : nothing);
  const isFull = list.wasCut() || (next && list.size() >= list.MOST_ROWS);
  find("[data-more]").hidden = !next || isFull;
  showText(find("[data-full]"), isFull ? `These are the newest ${list.size()} jobs. Search or choose a filter to see older ones.` : "");
  showBulk(chosenFilter(), empty);
  const active = list.activeCount();
  document.title = active ? `(${active}) Bellhop` : "Bellhop";
}

/* As many rows as there are, so that a list that begins again stays in its place. */
async function loadAnew() {
  const before = shown + text;
  const page = await listJobs({ ...asked(), limit: Math.min(MOST_AT_ONCE, Math.max(PAGE, list.size())) });
  if (before !== shown + text) return;
  list.replace(page.jobs);
  next = page.next;
  change = page.change;
}

/* A job's place in the queue moves without the job changing, so waiting jobs are asked for when others moved. */
async function refreshPlaces() {
  if (!list.anyWaiting() || Date.now() - placesAt < PLACES_EVERY_MS) return;
  placesAt = Date.now();
  list.refresh((await listJobs({ status: "pending,queued", limit: PAGE })).jobs);
}

async function loadChanges() {
  const news = await changedJobs(change, { ...asked(), limit: MOST_CHANGES });
  if (change === null) return;
  hadNews = news.change !== change;
  /* More changed than one answer has: what is newest comes first. A smaller number means another database. */
  if (news.change < news.latest || news.change < change) return loadAnew();
  /* A row that leaves says why, as long as it must stay. */
  if (news.unmatched.some(list.has)) list.refresh((await changedJobs(change, { limit: MOST_CHANGES })).jobs);
  if (change === null) return;
  list.merge(news.jobs, { fits: () => true, more: next });
  news.unmatched.forEach(list.leave);
  news.gone.forEach(list.remove);
  change = news.change;
  if (list.wasCut() && list.size() < MOST_AT_ONCE) await loadAnew();
  await refreshPlaces();
}

/* A server that was away may have come back with other data. */
async function refresh(wasAway) {
  if (change === null || wasAway) await loadAnew();
  else await loadChanges();
  freshAt = new Date();
  drawAround();
  drawAge();
}

/** Says from when the list is, once that is longer ago than it should be. */
function drawAge() {
  const isOld = change !== null && !document.hidden && Date.now() - freshAt > OLD_MS;
  showText(find("[data-old]"), isOld ? `This list is from ${clockTime(freshAt)} and may be out of date.` : "");
}

async function loadMore(button) {
  button.disabled = true;
  const before = shown + text;
  try {
    const room = list.MOST_ROWS - list.size();
    const page = await listJobs({ ...asked(), limit: Math.min(PAGE, room), cursor: next });
    if (before === shown + text) {
      list.append(page.jobs);
      next = page.next;
    }
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
  button.disabled = false;
  drawAround();
}

function startAgain(now) {
  change = null;
  next = null;
  list.clear();
  find("[data-loading]").hidden = false;
  find("[data-empty]").hidden = true;
  now();
}

/* Each filter is a step to go back to; all that is typed at a time is one. */
function choose(value, now, isTyped = false) {
  shown = value in FILTERS ? value : "all";
  const query = new URLSearchParams(Object.entries({ show: shown === "all" ? "" : shown, q: text }).filter(([, given]) => given));
  const step = isTyped && history.state?.isTyped ? "replaceState" : "pushState";
  history[step]({ isTyped }, "", query.size ? `/?${query}` : "/");
  startAgain(now);
}

function readAddress() {
  const asked = new URLSearchParams(location.search);
  shown = asked.get("show") in FILTERS ? asked.get("show") : "all";
  text = asked.get("q") ?? "";
  find(`[data-filter] input[value="${shown}"]`).checked = true;
  find("[data-search]").value = text;
}

function startSearch(now) {
  const search = find("[data-search]");
  let timer = null;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      text = search.value.trim();
      choose(shown, now, true);
    }, SEARCH_PAUSE_MS);
  });
}

/** What the list shows, as the filter of a bulk action; null when it shows everything. */
const chosenFilter = () => (shown === "all" && !text ? null : asked());

function startFilter(now) {
  find("[data-filter]").addEventListener("change", (event) => choose(event.target.value, now));
  window.addEventListener("popstate", () => {
    readAddress();
    startAgain(now);
  });
}

/** Starts the list. Returns `show(job)`, which puts a job on the page at once. */
export function startList() {
  let now = () => {};
  readAddress();
  startFilter(() => now());
  startSearch(() => now());
  startBulk(chosenFilter, () => {
    change = null;
    now();
  });
  now = poll(refresh, () => (hadNews || list.anyActive() ? BUSY_MS : IDLE_MS));
  setInterval(drawAge, BUSY_MS);
  const show = (id, job) => {
    if (job) list.show(job, fits);
    else list.remove(id);
    drawAround();
    now();
  };
  list.onAction(show);
  find("[data-more]").addEventListener("click", (event) => loadMore(event.currentTarget));
  return (job) => {
    show(job.job_id, job);
    list.reveal(job.job_id);
  };
}

/* Feeds the list: first page, then only what changed, filters and older pages. */

import { showBulk, startBulk } from "/static/index/bulk.js";
import * as list from "/static/index/job-list.js";
import { tell } from "/static/shared/announce.js";
import { changedJobs, listJobs } from "/static/shared/api.js";
import { find, showText } from "/static/shared/dom.js";
import { poll } from "/static/shared/poll.js";
import { ACTIVE } from "/static/shared/words.js";

const BUSY_MS = 1000;
const IDLE_MS = 5_000;
const PAGE = 30;
const PLACES_EVERY_MS = 3000;
const FILTERS = { all: [], active: ACTIVE, completed: ["completed"], failed: ["failed"] };

const SEARCH_PAUSE_MS = 300;

let shown = "all";
let text = "";
let change = null;
let next = null;
let placesAt = 0;

const statuses = () => FILTERS[shown];
const fits = (job) => statuses().length === 0 || statuses().includes(job.status);

function drawAround() {
  const empty = list.isEmpty();
  const all = shown === "all" && !text;
  find("[data-loading]").hidden = true;
  find("[data-empty]").hidden = !empty;
  find("[data-empty-title]").textContent = all ? "No jobs yet" : "No jobs match";
  find("[data-empty-steps]").hidden = !all;
  const nothing = text ? "No job matches the search." : `There are no ${shown} jobs at the moment.`;
  showText(find("[data-empty-text]"), all ? "" : nothing);
  find("[data-more]").hidden = !next;
  showBulk(chosenFilter(), empty);
  const active = list.activeCount();
  document.title = active ? `(${active}) Bellhop` : "Bellhop";
}

async function loadFirst() {
  const asked = shown + text;
  const page = await listJobs({ status: statuses().join(","), q: text, limit: PAGE });
  if (asked !== shown + text) return;
  list.replace(page.jobs);
  next = page.next;
  change = page.change;
}

/* A job's place in the queue moves without the job changing, so waiting jobs are asked for when others moved. */
async function refreshPlaces() {
  if (!list.anyWaiting() || Date.now() - placesAt < PLACES_EVERY_MS) return;
  placesAt = Date.now();
  const page = await listJobs({ status: "pending,queued", limit: PAGE });
  list.merge(page.jobs, { fits, more: next });
}

async function loadChanges() {
  const news = await changedJobs(change);
  if (change === null) return;
  /* A smaller number means another database: what is on the page may not exist there. */
  if (news.change < change) return loadFirst();
  list.merge(news.jobs, { fits, more: next });
  (news.gone ?? []).forEach(list.remove);
  change = news.change;
  await refreshPlaces();
}

/* A server that was away may have come back with other data. */
async function refresh(wasAway) {
  /* Whether a changed job still matches a search only the server knows. */
  if (change === null || wasAway || text) await loadFirst();
  else await loadChanges();
  drawAround();
}

async function loadMore(button) {
  button.disabled = true;
  try {
    const page = await listJobs({ status: statuses().join(","), q: text, limit: PAGE, cursor: next });
    list.append(page.jobs);
    next = page.next;
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
const chosenFilter = () => (shown === "all" && !text ? null : { status: statuses().join(","), q: text });

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
  now = poll(refresh, () => (list.anyActive() ? BUSY_MS : IDLE_MS));
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

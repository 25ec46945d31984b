/* Feeds a list of jobs: its first rows, then only what changed, and older rows on request. */

import * as list from "/static/jobs/job-list.js";
import { tell } from "/static/shared/announce.js";
import { changedJobs, listJobs } from "/static/shared/api.js";
import { find, showText } from "/static/shared/dom.js";
import { clockTime } from "/static/shared/format.js";
import { poll } from "/static/shared/poll.js";
import { stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/jobs.js";

const BUSY_MS = 1000;
const IDLE_MS = 3000;
const PAGE = 30;
/* Rows that are asked for at once, and changes; when more changed, the list begins again. */
const MOST_AT_ONCE = 150;
const MOST_CHANGES = 100;
/* A page stands still while it draws rows. */
const DRAWN_AT_ONCE = 100;
/* Without an answer for so long, the page says how old its list is. */
const OLD_MS = 10_000;
const PLACES_EVERY_MS = 3000;

const nextTask = () => new Promise((resolve) => setTimeout(resolve));
const isRefused = (error) => error.status === 422;

/**
 * Starts a list of at most `most` rows. `asked()` is the query of those that belong to it, and `fits(job)` whether
 * one that changed here does. `draw({ isLoaded, hasMore, refusal })` draws what stands around the rows; `refusal` is
 * what the server says of a query that is none.
 */
export function startFeed({ asked, fits, most, draw }) {
  let change = null;
  let next = null;
  let refusal = "";
  /* The rows are those of the list before. */
  let isOutdated = false;
  let placesAt = 0;
  let hadNews = false;
  let freshAt = new Date();
  let now = () => {};
  const drawAround = () => draw({ isLoaded: change !== null || Boolean(refusal), hasMore: Boolean(next), refusal });

  /* As many rows as there are, so that a list that begins again stays in its place. */
  async function loadAnew() {
    const before = stringify(asked());
    const page = await newest(Math.min(most, Math.max(PAGE, isOutdated ? 0 : list.size())));
    if (before !== stringify(asked())) return;
    clearOutdated();
    next = page.next;
    change = page.change;
    const drawSome = list.beginAnew(page.jobs);
    for (let drawn = 0; drawn < page.jobs.length; drawn += DRAWN_AT_ONCE) {
      if (drawn) await nextTask();
      if (before !== stringify(asked())) return;
      drawSome(page.jobs.slice(drawn, drawn + DRAWN_AT_ONCE));
    }
  }

  async function newest(count) {
    const page = await listJobs({ ...asked(), limit: Math.min(MOST_AT_ONCE, count) });
    const missing = count - page.jobs.length;
    if (!page.next || !missing) return page;
    const older = await listJobs({ ...asked(), limit: missing, cursor: page.next });
    return { jobs: [...page.jobs, ...older.jobs], next: older.next, change: page.change };
  }

  function clearOutdated() {
    if (isOutdated) list.clear();
    isOutdated = false;
    list.setOutdated(false);
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
    if (list.wasCut() && list.size() < most) await loadAnew();
    await refreshPlaces();
  }

  /* A server that was away may have come back with other data. */
  async function refresh(wasAway) {
    const before = stringify(asked());
    try {
      if (change === null || wasAway) await loadAnew();
      else await loadChanges();
    } catch (error) {
      if (!isRefused(error)) throw error;
      if (before !== stringify(asked())) return;
      refusal = error.message;
      clearOutdated();
      list.clear();
    }
    freshAt = new Date();
    drawAround();
    drawAge();
  }

  /* Says from when the list is, once that is longer ago than it should be. */
  function drawAge() {
    const isOld = change !== null && !document.hidden && Date.now() - freshAt > OLD_MS;
    showText(find("[data-old]"), isOld ? texts.old(clockTime(freshAt)) : "");
  }

  async function loadMore() {
    const before = stringify(asked());
    try {
      const page = await listJobs({ ...asked(), limit: Math.min(PAGE, most - list.size()), cursor: next });
      if (before === stringify(asked())) {
        list.append(page.jobs);
        next = page.next;
      }
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
    drawAround();
  }

  /** Shows another list. */
  function startAgain() {
    change = null;
    next = null;
    refusal = "";
    isOutdated = true;
    list.setOutdated(true);
    drawAround();
    now();
  }

  /** Puts a job on the page at once, or takes one off that is gone. */
  function show(id, job) {
    if (job) list.show(job, fits);
    else list.remove(id);
    drawAround();
    now();
  }

  /* The same query would be refused again. */
  function pauseMs() {
    if (refusal) return null;
    return hadNews || list.anyActive() ? BUSY_MS : IDLE_MS;
  }

  list.limitTo(most);
  now = poll(refresh, pauseMs);
  setInterval(drawAge, BUSY_MS);
  list.onAction(show);
  return {
    startAgain,
    loadMore,
    /** Grows with each change of a job; null until the list is there. */
    change: () => change,
    /** Asks anew for what the list shows: much of it was changed. */
    reload() {
      change = null;
      now();
    },
    reveal(job) {
      show(job.job_id, job);
      list.reveal(job.job_id);
    },
  };
}

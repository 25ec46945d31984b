/* The list of the page Jobs: what is chosen, the rows, and what stands around them. */

import { drawBulk, startBulk } from "/static/jobs/bulk.js";
import { drawChips } from "/static/jobs/chips.js";
import { countOfMatching, drawFacets, refreshFacets, startFacets } from "/static/jobs/facets.js";
import { startFeed } from "/static/jobs/feed.js";
import { asked, chosenStatuses, go, isAnyChosen, readAddress } from "/static/jobs/filters.js";
import * as list from "/static/jobs/job-list.js";
import { drawPeriod, startPeriod } from "/static/jobs/period.js";
import { drawSearch, startSearch } from "/static/jobs/search.js";
import { selectShown } from "/static/jobs/selection.js";
import { at } from "/static/shared/address.js";
import { find, setText, showText } from "/static/shared/dom.js";
import { poll } from "/static/shared/poll.js";
import { isOpen } from "/static/shared/user.js";
import { isPartlyFailed } from "/static/shared/words.js";
import { texts } from "/static/texts/jobs.js";

/* More rows make a page slow, and nobody reads them. */
const MOST_ROWS = 300;
/* Counting costs more than looking for news. */
const COUNTED_EVERY_MS = 30_000;

let latest = { isLoaded: false, hasMore: false };

function fits(job) {
  const statuses = chosenStatuses();
  return statuses.length === 0 || statuses.includes(job.status) || (isPartlyFailed(job) && statuses.includes("partly_failed"));
}

function countWords({ isLoaded, hasMore }) {
  if (!isLoaded) return texts.loading;
  /* The list is newer than what was counted. */
  const count = hasMore || list.wasCut() ? Math.max(list.size(), countOfMatching() ?? 0) : list.size();
  if (count === list.size() && hasMore) return "";
  return isAnyChosen() ? texts.countOfMatching(count) : texts.count(count);
}

function drawEmpty({ refusal }) {
  const isEmpty = list.isEmpty() && !refusal;
  find("[data-empty]").hidden = !isEmpty;
  find("[data-jobs-table]").hidden = list.isEmpty();
  setText(find("[data-empty-title]"), isAnyChosen() ? texts.noMatch : texts.noJobs);
  setText(find("[data-empty-text]"), isAnyChosen() ? texts.noneMatches : texts.noJobsYet);
  find("[data-remove-filters]").hidden = !isAnyChosen();
}

function draw(state = latest) {
  latest = state;
  setText(find("[data-total]"), state.refusal ? "" : countWords(state));
  showText(find("[data-refusal]"), state.refusal && texts.refused(state.refusal));
  /* Another list was asked for meanwhile, and nobody knows yet what is in it. */
  if (!state.isLoaded) return;
  find("[data-loading]").hidden = true;
  drawEmpty(state);
  list.drawDurations();
  const isFull = list.wasCut() || (state.hasMore && list.size() >= MOST_ROWS);
  find("[data-more]").hidden = !state.hasMore || isFull;
  showText(find("[data-full]"), isFull ? texts.full(list.size()) : "");
  drawBulk(state.hasMore || list.wasCut());
  document.title = texts.title(list.activeCount());
}

function drawFilters() {
  drawSearch();
  drawPeriod();
  drawFacets();
  drawChips();
}

/* A link to the list with other filters changes this one. */
function startLinks(onChange) {
  find("#jobs").addEventListener("click", (event) => {
    const link = event.target.closest(`a[href="${at("/jobs")}"], a[href^="${at("/jobs?")}"]`);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(link.getAttribute("href"));
    onChange();
  });
}

async function loadMore(button, feed) {
  button.disabled = true;
  await feed.loadMore();
  button.disabled = false;
}

/* Nothing is counted for nobody, nor again as long as no job changed. */
async function count(change) {
  if (document.hidden || !(await refreshFacets(change))) return;
  drawChips();
  draw();
}

export function startList() {
  find("[data-jobs-table]").classList.toggle("has-owners", !isOpen());
  readAddress();
  drawFilters();
  const feed = startFeed({ asked, fits, draw, most: MOST_ROWS });
  const countNow = poll(() => count(feed.change()), () => COUNTED_EVERY_MS);
  const showOther = () => {
    selectShown(false);
    drawFilters();
    feed.startAgain();
    countNow();
  };
  [startSearch, startPeriod, startFacets, startLinks].forEach((start) => start(showOther));
  window.addEventListener("popstate", () => {
    readAddress();
    showOther();
  });
  startBulk(() => {
    feed.reload();
    countNow();
  });
  find("[data-more]").addEventListener("click", (event) => loadMore(event.currentTarget, feed));
}

/** Shows what job types are called. */
export function setTypes(types) {
  list.setLabels(types);
  drawFacets();
  drawChips();
}

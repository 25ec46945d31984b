/* The list of the page Jobs: filters, which stand in the address, a search, and older rows. */

import { showBulk, startBulk } from "/static/jobs/bulk.js";
import { startFeed } from "/static/jobs/feed.js";
import * as list from "/static/jobs/job-list.js";
import { find, showText } from "/static/shared/dom.js";
import { ACTIVE } from "/static/shared/words.js";
import { texts } from "/static/texts/jobs.js";

/* More rows make a page slow, and nobody reads them. */
const MOST_ROWS = 300;
const FILTERS = { all: [], active: ACTIVE, completed: ["completed"], failed: ["failed"] };
const SEARCH_PAUSE_MS = 300;

let shown = "all";
let text = "";

const statuses = () => FILTERS[shown];
const fits = (job) => statuses().length === 0 || statuses().includes(job.status);
const asked = () => ({ status: statuses().join(","), q: text });
/** What the list shows, as the filter of a bulk action; null when it shows everything. */
const chosenFilter = () => (shown === "all" && !text ? null : asked());

function draw({ isLoaded, hasMore }) {
  /* Another list was asked for meanwhile, and nobody knows yet what is in it. */
  if (!isLoaded) return;
  const empty = list.isEmpty();
  const all = chosenFilter() === null;
  find("[data-loading]").hidden = true;
  find("[data-empty]").hidden = !empty;
  find("[data-empty-title]").textContent = all ? texts.noJobs : texts.noMatch;
  showText(find("[data-empty-text]"), all ? texts.noJobsYet : text ? texts.noneFound : texts.noneOf(shown));
  const isFull = list.wasCut() || (hasMore && list.size() >= MOST_ROWS);
  find("[data-more]").hidden = !hasMore || isFull;
  showText(find("[data-full]"), isFull ? texts.full(list.size()) : "");
  showBulk(chosenFilter(), empty);
  document.title = texts.title(list.activeCount());
}

/* Each filter is a step to go back to; all that is typed at a time is one. */
function choose(value, isTyped = false) {
  shown = value in FILTERS ? value : "all";
  const query = new URLSearchParams(Object.entries({ show: shown === "all" ? "" : shown, q: text }).filter(([, given]) => given));
  const step = isTyped && history.state?.isTyped ? "replaceState" : "pushState";
  history[step]({ isTyped }, "", query.size ? `/jobs?${query}` : "/jobs");
}

function readAddress() {
  const query = new URLSearchParams(location.search);
  shown = query.get("show") in FILTERS ? query.get("show") : "all";
  text = query.get("q") ?? "";
  find(`[data-filter] input[value="${shown}"]`).checked = true;
  find("[data-search]").value = text;
}

function startFilters(feed) {
  const search = find("[data-search]");
  let timer = null;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      text = search.value.trim();
      choose(shown, true);
      feed.startAgain();
    }, SEARCH_PAUSE_MS);
  });
  find("[data-filter]").addEventListener("change", (event) => {
    choose(event.target.value);
    feed.startAgain();
  });
  window.addEventListener("popstate", () => {
    readAddress();
    feed.startAgain();
  });
}

async function loadMore(button, feed) {
  button.disabled = true;
  await feed.loadMore();
  button.disabled = false;
}

export function startList() {
  readAddress();
  const feed = startFeed({ asked, fits, draw, most: MOST_ROWS });
  startFilters(feed);
  startBulk(chosenFilter, feed.reload);
  find("[data-more]").addEventListener("click", (event) => loadMore(event.currentTarget, feed));
}

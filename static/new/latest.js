/* The last jobs of whoever is here: what was just submitted appears among them. */

import { startFeed } from "/static/jobs/feed.js";
import * as list from "/static/jobs/job-list.js";
import { find } from "/static/shared/dom.js";
import { isOpen, maySubmit, userName } from "/static/shared/user.js";
import { texts } from "/static/texts/new.js";

const MOST_ROWS = 10;

/* Who may not submit has no jobs, and sees those that they may read. */
const asked = () => (isOpen() || !maySubmit() ? {} : { owner: userName() });

/** Starts the list, and calls `onDrawn()` once it is there. Returns `show(job)`, which puts a job on the page at once. */
export function startLatest(onDrawn) {
  function draw({ isLoaded }) {
    if (!isLoaded) return;
    find("[data-empty]").hidden = !list.isEmpty();
    find("[data-all-jobs]").hidden = list.isEmpty();
    document.title = texts.title(list.activeCount());
    onDrawn();
  }
  return startFeed({ asked, draw, fits: () => true, most: MOST_ROWS }).reveal;
}

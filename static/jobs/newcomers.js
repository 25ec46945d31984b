/* New jobs that wait behind a line such as "12 new jobs" until rows may move. */

import { find } from "/static/shared/dom.js";
import { texts } from "/static/texts/jobs.js";

const line = find("[data-news]");
const coming = new Map();
/* Of those that have no room on the page any more, only the ids: they are counted. */
const beyond = new Set();
let hasGap = false;

export const isNoneComing = () => coming.size === 0;

function draw() {
  const count = coming.size + beyond.size;
  line.textContent = hasGap ? texts.moreThan(count) : texts.newJobs(count);
  line.classList.toggle("is-empty", count === 0);
}

/** Keeps a job, or what it is now; of more than `most` the newest. */
export function keep(job, most) {
  if (beyond.has(job.job_id)) return;
  coming.set(job.job_id, job);
  if (coming.size > most) {
    const [oldest] = coming.keys();
    coming.delete(oldest);
    beyond.add(oldest);
  }
  draw();
}

export function drop(id) {
  if (coming.delete(id) || beyond.delete(id)) draw();
}

/** The list began again while none of its rows could move: nobody knows how many came. */
export function noteGap() {
  hasGap = true;
  draw();
}

export const comingIds = () => [...coming.keys()];

/** Gives all that are kept, and keeps none. */
export function takeAll() {
  const jobs = [...coming.values()];
  coming.clear();
  beyond.clear();
  hasGap = false;
  draw();
  return jobs;
}

export const onPress = (act) => line.addEventListener("click", act);

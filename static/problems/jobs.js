/* The jobs that still have an error, newest first. */

import { listJobs } from "/static/shared/api.js";
import { make } from "/static/shared/dom.js";
import { setTime } from "/static/shared/format.js";
import { startPages } from "/static/shared/pages.js";
import { isMine, isOpen } from "/static/shared/user.js";
import { statusWord } from "/static/shared/words.js";
import { texts } from "/static/texts/problems.js";

const PAGE = 10;

function row(job) {
  const time = make("time", { "data-relative": "" });
  setTime(time, job.created_at);
  const owner = isOpen() || isMine(job) ? "" : job.owner;
  return make("li", {}, make("a", { href: `/jobs/${encodeURIComponent(job.job_id)}`, dir: "auto" }, job.name),
    make("span", { className: "quiet" }, texts.jobOfList({ status: statusWord(job), owner }), time));
}

/** A list that fills itself, a page at a time. */
export function jobsOf(filter) {
  const list = make("ul", { className: "error-job-list" });
  const words = make("p", { className: "quiet" }, texts.loading);
  const more = make("button", { type: "button", className: "button small", hidden: true }, texts.more);
  const refresh = startPages(
    async (cursor) => {
      const { jobs, next } = await listJobs({ ...filter, limit: PAGE, cursor });
      return { rows: jobs, next };
    },
    (jobs) => {
      words.hidden = jobs.length > 0;
      words.textContent = texts.noJobHasIt;
      list.replaceChildren(...jobs.map(row));
    },
    more,
  );
  refresh().catch((error) => (words.textContent = error.message));
  return make("div", {}, words, list, more);
}

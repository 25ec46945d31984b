/* The jobs that still have an error, newest first. */

import { listJobs } from "/static/shared/api.js";
import { make } from "/static/shared/dom.js";
import { setTime } from "/static/shared/format.js";
import { startPages } from "/static/shared/pages.js";
import { isMine, isOpen } from "/static/shared/user.js";
import { statusWord } from "/static/shared/words.js";

const PAGE = 10;

function row(job) {
  const time = make("time", { "data-relative": "" });
  setTime(time, job.created_at);
  const whose = isOpen() || isMine(job) ? "" : ` of ${job.owner}`;
  return make("li", {}, make("a", { href: `/jobs/${encodeURIComponent(job.job_id)}`, dir: "auto" }, job.name),
    make("span", { className: "quiet" }, ` ${statusWord(job).toLowerCase()}${whose}, submitted `, time));
}

/** A list that fills itself, a page at a time. */
export function jobsOf(filter) {
  const list = make("ul", { className: "error-job-list" });
  const words = make("p", { className: "quiet" }, "Loading…");
  const more = make("button", { type: "button", className: "button small", hidden: true }, "Load more");
  const refresh = startPages(
    async (cursor) => {
      const { jobs, next } = await listJobs({ ...filter, limit: PAGE, cursor });
      return { rows: jobs, next };
    },
    (jobs) => {
      words.hidden = jobs.length > 0;
      words.textContent = "No job has this error any more: they were retried or deleted.";
      list.replaceChildren(...jobs.map(row));
    },
    more,
  );
  refresh().catch((error) => (words.textContent = error.message));
  return make("div", {}, words, list, more);
}

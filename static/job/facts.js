/* The details of a job: when, where, how often, with which parameters. */

import { tree } from "/static/files/data-tree.js";
import { find, make } from "/static/shared/dom.js";
import { duration, many, secondsBetween, setTime } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { isActive } from "/static/shared/words.js";

function time(iso) {
  if (!iso) return null;
  const node = make("time");
  setTime(node, iso);
  return node;
}

function links(ids, words) {
  const nodes = ids.flatMap((id) => [" ", make("a", { href: `/jobs/${encodeURIComponent(id)}` }, words ?? id)]);
  return make("span", { className: "job-links" }, ...nodes.slice(1));
}

function took(job) {
  if (!job.started_at) return null;
  const seconds = duration(Math.max(0, secondsBetween(job.started_at, job.completed_at)));
  return isActive(job) ? `${seconds} so far` : seconds;
}

function attempts(job) {
  if (!job.attempt) return null;
  const limit = job.max_attempts && isActive(job) ? `; gives up after ${many(job.max_attempts, "failure")}` : "";
  return job.attempt > 1 ? `${job.attempt}${limit}` : "1";
}

function rows(job, label) {
  return [
    ["Job type", label],
    ["Queue", job.queue],
    ["Items", job.total_items > 1 ? String(job.total_items) : null],
    ["Submitted", time(job.created_at)],
    ["Runs at", job.status === "pending" ? time(job.run_at) : null],
    ["Started", time(job.started_at)],
    ["Finished", time(job.completed_at)],
    ["Took", took(job)],
    ["Attempt", attempts(job)],
    ["Waits for", job.depends_on?.length ? links(job.depends_on) : null],
    ["Reused from", job.cached_from ? links([job.cached_from], "an earlier job with the same content") : null],
    ["Schedule", job.schedule ? make("a", { href: "/schedules" }, `number ${job.schedule}`) : null],
    ["Webhook", job.webhook_url],
    ["Priority", job.priority ? String(job.priority) : null],
    ["Submitted by", job.owner && job.owner !== "local" ? job.owner : null],
    ["Kept", job.keep ? "forever" : null],
    ["Kept until", time(job.expires_at)],
    ["Job ID", make("code", {}, job.job_id)],
  ];
}

const entry = ([name, value]) =>
  make("div", { className: "entry" }, make("dt", {}, name), make("dd", { dir: "auto" }, value));

let drawnParams = "";

function drawParams(params) {
  const text = stringify(params ?? {});
  if (text === drawnParams) return;
  drawnParams = text;
  const entries = Object.entries(params ?? {});
  find("[data-params-section]").hidden = entries.length === 0;
  find("[data-params]").replaceChildren(...entries.map(([name, value]) => entry([name.replaceAll("_", " "), tree(value, 1)])));
}

let drawnFacts = "";

export function drawFacts(job, label) {
  const entries = rows(job, label).filter(([, value]) => value).map(entry);
  const text = entries.map((node) => node.textContent).join("\n");
  if (text !== drawnFacts) find("[data-facts]").replaceChildren(...entries);
  drawnFacts = text;
  drawParams(job.params);
}

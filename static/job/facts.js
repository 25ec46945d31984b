/* The details of a job: when, where, how often, with which parameters. */

import { tree } from "/static/files/data-tree.js";
import { at } from "/static/shared/address.js";
import { find, make } from "/static/shared/dom.js";
import { duration, secondsBetween, setTime } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { isActive } from "/static/shared/words.js";
import { texts } from "/static/texts/job.js";

function time(iso) {
  if (!iso) return null;
  const node = make("time");
  setTime(node, iso);
  return node;
}

function links(ids, words) {
  const nodes = ids.flatMap((id) => [" ", make("a", { href: at(`/jobs/${encodeURIComponent(id)}`) }, words ?? id)]);
  return make("span", { className: "job-links" }, ...nodes.slice(1));
}

function took(job) {
  if (!job.started_at) return null;
  const seconds = duration(Math.max(0, secondsBetween(job.started_at, job.completed_at)));
  return isActive(job) ? texts.tookSoFar(seconds) : seconds;
}

function attempts(job) {
  if (!job.attempt) return null;
  return texts.attempt(job.attempt, job.attempt > 1 && isActive(job) ? job.max_attempts : null);
}

function rows(job, label) {
  return [
    [texts.fact.type, label],
    [texts.fact.queue, job.queue],
    [texts.fact.items, job.total_items > 1 ? String(job.total_items) : null],
    [texts.fact.submitted, time(job.created_at)],
    [texts.fact.runsAt, job.status === "pending" ? time(job.run_at) : null],
    [texts.fact.started, time(job.started_at)],
    [texts.fact.finished, time(job.completed_at)],
    [texts.fact.took, took(job)],
    [texts.fact.attempt, attempts(job)],
    [texts.fact.waitsFor, job.depends_on?.length ? links(job.depends_on) : null],
    [texts.fact.reusedFrom, job.cached_from ? links([job.cached_from], texts.earlierJob) : null],
    [texts.fact.watch, job.watch],
    [texts.fact.schedule, job.schedule ? make("a", { href: at("/schedules") }, texts.scheduleNumber(job.schedule)) : null],
    [texts.fact.webhook, job.webhook_url],
    [texts.fact.priority, job.priority ? String(job.priority) : null],
    [texts.fact.submittedBy, job.owner && job.owner !== "local" ? job.owner : null],
    [texts.fact.kept, job.keep ? texts.keptForever : null],
    [texts.fact.keptUntil, time(job.expires_at)],
    [texts.fact.jobId, make("code", {}, job.job_id)],
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

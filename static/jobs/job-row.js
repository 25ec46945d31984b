/* One job of a list: drawn once from the template of its page, then changed in place so that focus and selection stay. */

import { labelOf } from "/static/jobs/labels.js";
import { at } from "/static/shared/address.js";
import { find, fromTemplate, setData, setText, showText, visible } from "/static/shared/dom.js";
import { duration, elapsed, secondsBetween, setTime } from "/static/shared/format.js";
import { fitActions } from "/static/shared/job-actions.js";
import { isMine, isOpen } from "/static/shared/user.js";
import { errorMessage, isActive, lateCancelWords, statusWord, stepWords } from "/static/shared/words.js";
import { texts } from "/static/texts/jobs.js";

/* What is shorter has no room for its words in a column. */
const SHORT_S = 0.05;

function typeWord(job, hasOwner) {
  const label = job.cached ? texts.earlierResult(labelOf(job.type)) : labelOf(job.type);
  return hasOwner || isOpen() || isMine(job) ? label : texts.ofOwner(label, job.owner);
}

function durationWord(job) {
  if (!job.started_at) return "";
  const seconds = Math.max(0, secondsBetween(job.started_at, job.completed_at));
  if (isActive(job)) return elapsed(seconds);
  return seconds < SHORT_S ? texts.lessThan(duration(2 * SHORT_S)) : duration(seconds);
}

/* A template has the parts for which its page has room. */
function drawPart(row, name, text) {
  const node = find(`[data-job-${name}]`, row);
  if (!node) return;
  showText(node, text);
  node.title = visible(text);
}

function drawProgress(row, job) {
  const shown = isActive(job) && (job.status === "running" || job.progress > 0);
  find("[data-progress-line]", row).hidden = !shown;
  const bar = find("[data-progress]", row);
  bar.value = job.progress;
  bar.setAttribute("aria-label", texts.progressOf(job.name));
  setText(find("[data-percent]", row), `${Math.floor(job.progress)} %`);
}

/** How long a job took, or has run until now. */
export const drawDuration = (row, job) => drawPart(row, "duration", durationWord(job));

/** Brings a row up to date with its job. */
export function updateRow(row, job) {
  const link = find("[data-job-link]", row);
  setData(row, "jobId", job.job_id);
  setData(row, "status", job.cancel_requested && isActive(job) ? "cancelling" : job.status);
  setData(row, "change", job.change);
  link.href = at(`/jobs/${encodeURIComponent(job.job_id)}`);
  setText(link, job.name);
  link.title = visible(job.name);
  setText(find("[data-badge]", row), statusWord(job));
  drawPart(row, "type", typeWord(job, Boolean(find("[data-job-owner]", row))));
  drawPart(row, "owner", job.owner);
  drawPart(row, "items", texts.items(job));
  drawPart(row, "count", texts.itemCount(job));
  drawPart(row, "failed", texts.failedCount(job));
  drawDuration(row, job);
  setTime(find("[data-job-time]", row), job.created_at);
  drawProgress(row, job);
  drawPart(row, "step", stepWords(job) || lateCancelWords(job));
  drawPart(row, "error", job.error ? errorMessage(job) : "");
  find("[data-select]", row)?.setAttribute("aria-label", texts.select(job.name));
  fitActions(row, job, link);
}

export function newRow(job) {
  const row = fromTemplate("[data-job-template]");
  updateRow(row, job);
  return row;
}

/* One job of the list: drawn once from its template, then changed in place so that focus and selection stay. */

import { find, fromTemplate, setData, setText, showText, visible } from "/static/shared/dom.js";
import { many, setTime } from "/static/shared/format.js";
import { fitActions } from "/static/shared/job-actions.js";
import { isMine, isOpen } from "/static/shared/user.js";
import { errorMessage, isActive, lateCancelWords, statusWord, stepWords } from "/static/shared/words.js";

function itemsWord(job) {
  if (job.total_items < 2) return "";
  const failed = job.failed_items ? `, ${job.failed_items} failed` : "";
  return `${job.completed_items} of ${many(job.total_items, "item")}${failed}`;
}

function drawProgress(row, job) {
  const shown = isActive(job) && (job.status === "running" || job.progress > 0);
  find("[data-progress-line]", row).hidden = !shown;
  const bar = find("[data-progress]", row);
  bar.value = job.progress;
  bar.setAttribute("aria-label", `Progress of ${job.name}`);
  setText(find("[data-percent]", row), `${Math.floor(job.progress)} %`);
}

/** Brings a row up to date with its job. `label` is the type in words. */
export function updateRow(row, job, label) {
  const link = find("[data-job-link]", row);
  setData(row, "jobId", job.job_id);
  setData(row, "status", job.cancel_requested && isActive(job) ? "cancelling" : job.status);
  setData(row, "change", job.change);
  link.href = `/jobs/${encodeURIComponent(job.job_id)}`;
  setText(link, job.name);
  link.title = visible(job.name);
  setText(find("[data-badge]", row), statusWord(job));
  const whose = isOpen() || isMine(job) ? "" : `, of ${job.owner}`;
  setText(find("[data-job-type]", row), (job.cached ? `${label}, an earlier result` : label) + whose);
  showText(find("[data-job-items]", row), itemsWord(job));
  setTime(find("[data-job-time]", row), job.created_at);
  drawProgress(row, job);
  showText(find("[data-job-step]", row), stepWords(job) || lateCancelWords(job));
  showText(find("[data-job-error]", row), job.error ? errorMessage(job) : "");
  fitActions(row, job, link);
}

export function newRow(job, label) {
  const row = fromTemplate("[data-job-template]");
  updateRow(row, job, label);
  return row;
}

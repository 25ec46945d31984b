/* The top of the job page: name, status, progress, error and what can be done. */

import { againAddress } from "/static/shared/again.js";
import { announce } from "/static/shared/announce.js";
import { find, setText, showText, visible } from "/static/shared/dom.js";
import { duration, many, secondsBetween } from "/static/shared/format.js";
import { fitActions } from "/static/shared/job-actions.js";
import { mayChange, maySubmit } from "/static/shared/user.js";
import { errorMessage, isActive, lateCancelWords, statusWord, stepWords } from "/static/shared/words.js";

const number = (count) => count.toLocaleString("en");
let said = "";

function outcomeWords(job) {
  const took = job.started_at && job.completed_at ? `Took ${duration(secondsBetween(job.started_at, job.completed_at))}` : "";
  if (job.total_items < 2) return took;
  const failed = job.failed_items ? `, ${number(job.failed_items)} failed` : "";
  const count = `${number(job.completed_items)} of ${many(job.total_items, "item")} completed${failed}`;
  return [count, took].filter(Boolean).join(" · ");
}

function finalWords(job) {
  return isActive(job) ? "" : [lateCancelWords(job), outcomeWords(job)].filter(Boolean).join(" · ");
}

function etaWords(job) {
  if (job.eta_s) return `about ${duration(Math.max(1, Math.round(job.eta_s))).replace(".0", "")} left`;
  return "";
}

function drawProgress(job) {
  const shown = isActive(job);
  find("[data-progress-line]").hidden = !shown;
  find("[data-progress]").value = job.progress;
  setText(find("[data-percent]"), `${Math.floor(job.progress)} %`);
  showText(find("[data-eta]"), shown && !job.cancel_requested ? etaWords(job) : "");
}

/* The error of the only item says more than the job's, which counts items. */
export function drawError(job, items) {
  /* Of several items the reasons say it. */
  const isSaid = job.total_items > 1 && job.failed_items > 0 && !isActive(job);
  const error = isSaid ? null : (!isActive(job) && job.total_items === 1 && items[0]?.error) || job.error;
  find("[data-error]").hidden = !error;
  if (!error) return;
  setText(find("[data-error-message]"), error === job.error ? errorMessage(job) : error.message);
  showText(find("[data-error-hint]"), error.hint);
  setText(find("[data-error-code]"), error.code ?? "");
}

function drawTitle(job) {
  const start = job.status === "running" ? `${Math.floor(job.progress)} %` : statusWord(job);
  document.title = visible(`${start} · ${job.name} – Bellhop`);
}

/* Only a change of status is spoken; each percent would drown everything else. */
function speak(job) {
  const words = lateCancelWords(job) || statusWord(job);
  if (said && said !== words) announce(words);
  said = words;
}

export function drawHead(job, label) {
  const article = find("[data-job]");
  article.dataset.jobId = job.job_id;
  article.dataset.status = job.cancel_requested && isActive(job) ? "cancelling" : job.status;
  setText(find("[data-job-name]"), job.name);
  setText(find("[data-job-type]"), label);
  setText(find(".state [data-badge]"), statusWord(job));
  showText(find("[data-job-step]"), stepWords(job) || finalWords(job));
  drawProgress(job);
  fitActions(find(".page-actions"), job, find("[data-job-name]"));
  const again = find("[data-again]");
  again.hidden = !maySubmit() || !mayChange(job) || isActive(job);
  again.href = againAddress(job.job_id);
  drawTitle(job);
  speak(job);
}

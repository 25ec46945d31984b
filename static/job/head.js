/* The top of the job page: name, status, progress, error and what can be done. */

import { drawNotify } from "/static/job/notify.js";
import { againAddress } from "/static/shared/again.js";
import { announce } from "/static/shared/announce.js";
import { find, setText, showText, visible } from "/static/shared/dom.js";
import { duration, elapsed, secondsBetween } from "/static/shared/format.js";
import { showEnd, showProgress } from "/static/shared/icon.js";
import { fitActions } from "/static/shared/job-actions.js";
import { mayChange, maySubmit } from "/static/shared/user.js";
import { errorMessage, isActive, lateCancelWords, statusWord, stepWords } from "/static/shared/words.js";
import { texts } from "/static/texts/job.js";

const percent = (job) => texts.percent(Math.floor(job.progress));
let said = "";
/* What had ended before it was drawn is no news. */
let wasActive = false;

function outcomeWords(job) {
  const took = job.started_at && job.completed_at ? texts.took(duration(secondsBetween(job.started_at, job.completed_at))) : "";
  if (job.total_items < 2) return took;
  return [texts.outcome(job.completed_items, job.total_items, job.failed_items), took].filter(Boolean).join(" · ");
}

function finalWords(job) {
  return isActive(job) ? "" : [lateCancelWords(job), outcomeWords(job)].filter(Boolean).join(" · ");
}

function etaWords(job) {
  return job.eta_s ? texts.timeLeft(elapsed(Math.max(1, Math.round(job.eta_s)))) : "";
}

function drawProgress(job) {
  const shown = isActive(job);
  find("[data-progress-line]").hidden = !shown;
  find("[data-progress]").value = job.progress;
  setText(find("[data-percent]"), percent(job));
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
  const start = job.status === "running" ? percent(job) : statusWord(job);
  document.title = visible(texts.title(start, job.name));
}

function drawIcon(job) {
  if (job.status === "running" && !job.cancel_requested) showProgress(job.progress);
  else if (isActive(job) || wasActive) showEnd(isActive(job) ? "" : job.status);
  wasActive = isActive(job);
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
  drawNotify(job);
  drawTitle(job);
  drawIcon(job);
  speak(job);
}

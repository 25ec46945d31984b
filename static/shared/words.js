/* What statuses and waits are called on the page. */

import { clockTime, shortTime } from "/static/shared/format.js";
import { texts } from "/static/texts/shared.js";

export const statusName = (status) => texts.status[status] ?? status;

export const ACTIVE = ["pending", "queued", "running"];
export const isActive = (job) => ACTIVE.includes(job.status);
export const isWaiting = (job) => job.status === "pending" || job.status === "queued";
/** Whether an item of the job waits for the time of its next try; without a failure if it asked for that. */
export const waitsForRetry = (job) =>
  isActive(job) && !job.cancel_requested && Boolean(job.error?.retry_at || /^retry at /.test(job.waiting_for ?? ""));
export const canRetry = (job) => job.status === "failed" || job.status === "cancelled";

/** Failed, with items that completed. */
export const isPartlyFailed = (job) => job.status === "failed" && job.completed_items > 0;

export function statusWord(job) {
  if (job.cancel_requested && isActive(job)) return texts.cancelling;
  return statusName(isPartlyFailed(job) ? "partly_failed" : job.status);
}

/* The server names times in UTC; the reader lives elsewhere. */
export function withLocalTimes(text) {
  return text.replace(/(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(\.\d+)?Z/g, (found) => {
    const today = new Date().toISOString().slice(0, 11);
    return found.includes("T") ? shortTime(found) : clockTime(today + found);
  });
}

function waitWords(text) {
  if (/^waiting\b/i.test(text)) return withLocalTimes(text);
  const [, awaited] = /^waits for (.+)/.exec(text) ?? [];
  if (awaited) return texts.waitingFor(withLocalTimes(awaited));
  return /^an? /.test(text) ? texts.waitingFor(text) : texts.waiting(withLocalTimes(text));
}

/** How often a job or an item that is not final has failed, and when it runs again; empty when it never did. */
export function failureWords({ error }) {
  const count = error?.failures;
  const next = error?.retry_at && shortTime(error.retry_at);
  if (count) return next ? texts.failedAndNext(count, next) : texts.failedTimes(count);
  return next ? texts.nextTry(next) : "";
}

/** What the job is doing, or why it is not running; empty when it is final. */
export function stepWords(job) {
  if (!isActive(job)) return "";
  if (job.cancel_requested) return texts.stopping;
  const failed = failureWords(job);
  const isSaid = job.error?.retry_at && /^retry at /.test(job.waiting_for ?? "");
  const wait = job.waiting_for && !isSaid ? waitWords(job.waiting_for) : "";
  /* Of several items some may run while others wait. */
  if (job.status === "running") return [job.current_step, failed, wait].filter(Boolean).join(" · ") || texts.status.running;
  return [failed, wait].filter(Boolean).join(" · ") || texts.waitingForWorker;
}

/** That the job was faster than the cancel which was asked for; else empty. */
export function lateCancelWords(job) {
  const wasFaster = job.cancel_requested && (job.status === "completed" || job.status === "failed");
  return wasFaster ? texts.beforeCancel(statusWord(job)) : "";
}

/** What went wrong; of a job with one item "1 of 1 failed" says nothing. */
export const errorMessage = (job) => (job.error?.message || texts.jobFailed).replace(/^1 of 1 failed: /, "");

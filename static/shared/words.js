/* What statuses and waits are called on the page. */

import { clockTime, many, shortTime } from "/static/shared/format.js";

const STATUS = {
  pending: "Pending",
  queued: "Queued",
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

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
  if (job.cancel_requested && isActive(job)) return "Cancelling…";
  if (isPartlyFailed(job)) return "Partly failed";
  return STATUS[job.status] ?? job.status;
}

/* The server names times in UTC; the reader lives elsewhere. */
export function withLocalTimes(text) {
  return text.replace(/(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(\.\d+)?Z/g, (found) => {
    const today = new Date().toISOString().slice(0, 11);
    return clockTime(found.includes("T") ? found : today + found);
  });
}

function waitWords(text) {
  if (/^waiting\b/i.test(text)) return withLocalTimes(text);
  return /^an? /.test(text) ? `Waiting for ${text}` : `Waiting: ${withLocalTimes(text)}`;
}

const TIMES = ["", "once", "twice"];

/** How often a job or an item that is not final has failed, and when it runs again; empty when it never did. */
export function failureWords({ error }) {
  const count = error?.failures;
  const failed = count ? `Failed ${TIMES[count] ?? many(count, "time")}` : "";
  const next = error?.retry_at ? `next try at ${shortTime(error.retry_at)}` : "";
  const words = [failed, next].filter(Boolean).join(", ");
  return words && words[0].toUpperCase() + words.slice(1);
}

/** What the job is doing, or why it is not running; empty when it is final. */
export function stepWords(job) {
  if (!isActive(job)) return "";
  if (job.cancel_requested) return "Stopping";
  const failed = failureWords(job);
  const isSaid = job.error?.retry_at && /^retry at /.test(job.waiting_for ?? "");
  const wait = job.waiting_for && !isSaid ? waitWords(job.waiting_for) : "";
  /* Of several items some may run while others wait. */
  if (job.status === "running") return [job.current_step, failed, wait].filter(Boolean).join(" · ") || "Running";
  return [failed, wait].filter(Boolean).join(" · ") || "Waiting for a free worker";
}

/** That the job was faster than the cancel which was asked for; else empty. */
export function lateCancelWords(job) {
  const wasFaster = job.cancel_requested && (job.status === "completed" || job.status === "failed");
  return wasFaster ? `${statusWord(job)} before the cancel could stop it` : "";
}

/** What went wrong; of a job with one item "1 of 1 failed" says nothing. */
export const errorMessage = (job) => (job.error?.message || "The job failed.").replace(/^1 of 1 failed: /, "");

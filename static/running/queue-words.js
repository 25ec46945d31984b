/* What a queue is called on the page: whether it keeps up, and when what waits is done. */

import { many, shortTime } from "/static/shared/format.js";
import { pausedWords } from "/static/shared/pause.js";

const MINUTE_S = 60;

/* One unit is enough to know how long something has waited. */
function age(seconds) {
  if (seconds < MINUTE_S) return "less than a minute";
  if (seconds < 60 * MINUTE_S) return `${Math.floor(seconds / MINUTE_S)} min`;
  if (seconds < 48 * 60 * MINUTE_S) return `${Math.floor(seconds / (60 * MINUTE_S))} h`;
  return many(Math.floor(seconds / (24 * 60 * MINUTE_S)), "day");
}

const isBehind = (queue) => queue.depth > 0 && !queue.keeps_up;

/** {level, text} of its badge. */
export function queueBadge(queue) {
  if (queue.paused) return { level: "warn", text: "Paused" };
  if (!queue.consumers) return { level: queue.depth ? "critical" : "warn", text: "No worker running" };
  if (isBehind(queue)) return { level: "warn", text: "Behind" };
  return { level: "ok", text: "Keeps up" };
}

function doneWords(queue) {
  if (!isBehind(queue) || queue.paused || !queue.consumers) return "";
  return queue.done_at ? `done about ${shortTime(queue.done_at)}` : "";
}

/** Why it is as it is, and what waits in it. */
export function queueSentence(queue) {
  const waits = queue.depth ? `${many(queue.depth, "item")} waiting` : "no items waiting";
  const oldest = queue.depth && queue.oldest_age_s !== null ? `oldest ${age(queue.oldest_age_s)}` : "";
  const words = [queue.paused ? pausedWords(queue) : "", waits, oldest, doneWords(queue)].filter(Boolean).join(", ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What else there is to know of its items. */
export function queueRest(queue) {
  const scheduled = queue.pending ? `${queue.pending.toLocaleString("en")} scheduled` : "";
  const failed = queue.failed ? `${queue.failed.toLocaleString("en")} failed` : "";
  return [scheduled, failed].filter(Boolean).join(", ");
}

const rate = (value) => (value < 10 ? value : Math.round(value)).toLocaleString("en", { maximumFractionDigits: 1 });

export const flowWords = (queue) => `${rate(queue.in_per_minute)} in, ${rate(queue.out_per_minute)} out per minute`;

export function busyWords(queue) {
  const all = queue.workers * queue.consumers;
  const where = queue.consumers > 1 ? ` in ${queue.consumers} consumers` : "";
  return `${queue.running} of ${many(all, "worker")} busy${where}`;
}

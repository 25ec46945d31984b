/* What a queue is called on the page: whether it keeps up, and when what waits is done. */

import { number, shortTime } from "/static/shared/format.js";
import { pausedWords } from "/static/shared/pause.js";
import { texts } from "/static/texts/running.js";

const MINUTE_S = 60;

const age = (seconds) => (seconds < MINUTE_S ? texts.underMinute : texts.age(Math.floor(seconds / MINUTE_S)));

const isBehind = (queue) => queue.depth > 0 && !queue.keeps_up;

/** {level, text} of its badge. */
export function queueBadge(queue) {
  if (queue.paused) return { level: "warn", text: texts.badgePaused };
  if (!queue.consumers) return { level: queue.depth ? "critical" : "warn", text: texts.noWorker };
  if (isBehind(queue)) return { level: "warn", text: texts.behind };
  return { level: "ok", text: texts.keepsUp };
}

/** Why it is as it is, and what waits in it. */
export function queueSentence(queue) {
  const ends = isBehind(queue) && !queue.paused && queue.consumers && queue.done_at;
  return texts.queue({
    paused: queue.paused ? pausedWords(queue) : "",
    waiting: queue.depth,
    oldest: queue.depth && queue.oldest_age_s !== null ? age(queue.oldest_age_s) : "",
    done: ends ? shortTime(queue.done_at) : "",
  });
}

const rate = (value) => number(value, { maximumFractionDigits: value < 10 ? 1 : 0 });

export const flowWords = (queue) => texts.flow(rate(queue.in_per_minute), rate(queue.out_per_minute));

export const busyWords = (queue) => texts.busy(queue.running, queue.workers_total, queue.machines.length ? 1 : queue.consumers);

/** The workers of a queue on each machine that takes items of it: one number, or from the least to the most. */
export function workersWords(queue, machines) {
  const counts = machines.filter(({ name }) => queue.machines.includes(name)).flatMap(({ queues }) => queues)
    .filter(({ name }) => name === queue.name).map(({ workers }) => workers);
  return counts.length ? texts.range(Math.min(...counts), Math.max(...counts)) : number(queue.workers);
}

/** Which of several machines would serve a queue that nobody serves now; else empty. */
export function absentWords(queue, machines) {
  if (queue.consumers || !machines.length) return "";
  const names = machines.filter(({ queues }) => queues.some(({ name }) => name === queue.name)).map(({ name }) => name);
  return names.length ? texts.servedByAbsent(names) : texts.servedByNone;
}

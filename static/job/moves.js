/* What the moves of the timeline are called: an interruption, a crash and a failure are not the same. */

import { texts } from "/static/texts/job.js";

/* Codes of failures are named by job types, and may be any word. */
const has = (words, code) => Object.hasOwn(words, code);

export function moveWord({ move, code, attempt }) {
  if (move === "claimed" && attempt > 1) return texts.startedAttempt(attempt);
  if (move === "failed" && has(texts.failedForGood, code)) return texts.failedForGood[code];
  if (move === "requeued" && has(texts.again, code)) return texts.runsAgain(texts.again[code]);
  if (move === "retry_scheduled" && has(texts.again, code)) return texts.triesAgain(texts.again[code]);
  return texts.move[move] ?? move.replaceAll("_", " ");
}

/* What the moves of the timeline are called: an interruption, a crash and a failure are not the same. */

const MOVES = {
  submitted: "Submitted",
  claimed: "Started",
  completed: "Completed",
  failed: "Failed",
  retry_scheduled: "Bellhop tries again",
  requeued: "Back in the queue",
  released: "Ready to run",
  cancel_asked: "Cancel asked",
  cancelled: "Cancelled",
  retried: "Retried by hand",
  hurried: "Next try now, by hand",
  given_up: "Failed: no more tries, by hand",
  reused: "Taken from an earlier result",
  deferred: "Waits for an equal item that runs",
  rerun: "Runs again, by hand",
  blocked: "Waits for an earlier step again",
  revived: "Waits again for the job it needs",
};

/* Why an item runs once more. A job type that asks for it, by try_again, did not fail. */
const AGAIN = new Map([
  ["process_crashed", "Crashed"],
  ["interrupted", "Interrupted"],
  ["unexpected_error", "Failed"],
  ["bad_result", "Failed"],
  ["out_of_memory", "Out of memory"],
  ["type_unavailable", "Job type not available"],
]);

const FOR_GOOD = new Map([
  ["process_crashed", "Failed: crashed too often"],
  ["interrupted_too_often", "Failed: interrupted too often"],
  ["out_of_memory", "Failed: out of memory"],
  ["timed_out", "Failed: timed out"],
  ["gave_up", "Failed: gave up"],
]);

export function moveWord({ move, code, attempt }) {
  if (move === "claimed" && attempt > 1) return `Started, attempt ${attempt}`;
  if (move === "failed" && FOR_GOOD.has(code)) return FOR_GOOD.get(code);
  if (move === "requeued" && AGAIN.has(code)) return `${AGAIN.get(code)}, runs again`;
  if (move === "retry_scheduled" && AGAIN.has(code)) return `${AGAIN.get(code)}, Bellhop tries again`;
  return MOVES[move] ?? move.replaceAll("_", " ");
}

/* One action on all jobs that match, however many these are: slice by slice, with its progress. */

import { bulkAction, NoAnswer } from "/static/shared/api.js";
import { find, setText } from "/static/shared/dom.js";
import { texts } from "/static/texts/jobs.js";

const SLICE = 500;
const LONGEST_PAUSE_MS = 15_000;
const part = find("[data-run]");
const bar = find("[data-run-progress]");
const stop = find("[data-run-stop]");
let isRunning = false;
let isStopped = false;

export const isActing = () => isRunning;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const isLost = (error) => error instanceof NoAnswer || error.status === 429 || error.status >= 500;

function draw(run) {
  bar.max = Math.max(run.total, 1);
  bar.value = run.done + run.refused.length;
  const words = texts.actions[run.action].progress(run.done, run.total);
  setText(find("[data-run-words]"), run.isAway ? texts.runAway(words) : words);
}

/* A slice whose answer was lost is sent again: what it did is done, and what it did not is left to do. */
async function sent(run, request) {
  for (let tries = 0; !isStopped; tries += 1) {
    try {
      return await bulkAction(request);
    } catch (error) {
      if (!isLost(error)) throw error;
      run.isUnsure ||= error instanceof NoAnswer;
      run.isAway = true;
      draw(run);
      await pause(Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** tries));
    } finally {
      run.isAway = false;
    }
  }
  return null;
}

async function runThrough(run, filter, first) {
  let cursor = first;
  while (cursor && !isStopped) {
    const answer = await sent(run, { action: run.action, filter, limit: SLICE, cursor });
    if (!answer) break;
    run.done += answer.done;
    run.refused.push(...answer.refused);
    cursor = answer.next;
    draw(run);
  }
  run.isWhole = !cursor;
}

function warn(event) {
  event.preventDefault();
}

stop.addEventListener("click", () => {
  isStopped = true;
  stop.setAttribute("aria-disabled", "true");
});

/**
 * Acts on all of `total` jobs that match and are not newer than `cursor`: {action, total, done, refused,
 * isWhole, isUnsure}. It is whole unless somebody stopped it, and unsure when an answer was lost, and
 * with it how many were done.
 */
export async function actOnAll({ action, filter, total, cursor }) {
  const run = { action, total, done: 0, refused: [], isWhole: false, isUnsure: false, isAway: false, problem: "" };
  isRunning = true;
  isStopped = false;
  stop.removeAttribute("aria-disabled");
  part.hidden = false;
  draw(run);
  stop.focus();
  window.addEventListener("beforeunload", warn);
  try {
    await runThrough(run, filter, cursor);
  } catch (error) {
    run.problem = error.message;
  } finally {
    window.removeEventListener("beforeunload", warn);
    isRunning = false;
    if (part.contains(document.activeElement)) find("#jobs").focus({ preventScroll: true });
    part.hidden = true;
  }
  return run;
}

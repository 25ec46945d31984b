/* What can be taken back for a few seconds: a cancel by a retry, a delete because it has not happened yet. */

import { announce, tell } from "/static/shared/announce.js";
import { cancelledItems, deleteJob, getJob, retryItems } from "/static/shared/api.js";
import { find, make } from "/static/shared/dom.js";
import { isActive } from "/static/shared/words.js";
import { texts } from "/static/texts/shared.js";

const UNDO_MS = 5000;
const LOOKS = 40;
const LOOK_MS = 250;
/* How a delete is taken back that waits, by the ids of the jobs. */
const waiting = new Map();

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Shows a message with a button for as long as `undo` can be called. */
export function offer(text, undo) {
  const button = make("button", { type: "button", className: "button small", "data-undo": "" }, texts.undo);
  const toast = make("div", { className: "toast" }, make("p", { dir: "auto" }, text), button);
  const hide = () => toast.remove();
  button.addEventListener("click", async () => {
    hide();
    try {
      await undo();
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
  });
  find("[data-toasts]").prepend(toast);
  announce(text);
  setTimeout(hide, UNDO_MS);
  return hide;
}

async function untilFinal(job) {
  for (let look = 0; look < LOOKS && isActive(job); look += 1) {
    await pause(LOOK_MS);
    job = (await getJob(job.job_id)).job;
  }
}

/* The items that a cancel stopped run again from their start. */
async function retryStopped(job) {
  await untilFinal(job);
  const stopped = await cancelledItems(job.job_id);
  if (!stopped.length) return tell(texts.endedBeforeCancel(job.name));
  await retryItems(job.job_id, stopped);
  return tell(texts.runsAgain(job.name));
}

export function offerToRetry(job) {
  offer(texts.cancelled(job.name), () => retryStopped(job));
}

/** Whether a delete waits, which is then taken back. */
export function takeBackDelete(job) {
  const undo = waiting.get(job.job_id);
  undo?.();
  return Boolean(undo);
}

/**
 * Deletes a job in a few seconds: null once it is, undefined when that was taken back. Leaving the
 * page deletes nothing.
 */
export async function deleteLater(job) {
  const isUndone = await new Promise((resolve) => {
    const undo = () => resolve(true);
    const hide = offer(texts.deletedSoon(job.name, UNDO_MS / 1000), undo);
    waiting.set(job.job_id, () => {
      hide();
      undo();
    });
    setTimeout(() => resolve(false), UNDO_MS);
  });
  waiting.delete(job.job_id);
  if (isUndone) return tell(texts.deleteUndone(job.name));
  await deleteJob(job.job_id);
  tell(texts.deleted(job.name));
  return null;
}

/* Cancel, retry and delete: the same three buttons on both pages. */

import { cancelJob, deleteJob, retryJob } from "/static/api.js";
import { announce, tell } from "/static/announce.js";
import { confirmed } from "/static/confirm.js";
import { canRetry, isActive } from "/static/words.js";

async function deleteAfterAsking(job) {
  const question = {
    title: "Delete this job?",
    text: `“${job.name}”, its result and its files will be gone for good.`,
    yes: "Delete",
  };
  if (!(await confirmed(question))) return undefined;
  await deleteJob(job.job_id);
  tell(`Deleted ${job.name}.`);
  return null;
}

const ACTIONS = {
  async cancel(job) {
    announce(`Cancelling ${job.name}`);
    return cancelJob(job.job_id);
  },
  async retry(job) {
    const retried = await retryJob(job.job_id);
    announce(`Retrying ${job.name}`);
    return retried;
  },
  delete: deleteAfterAsking,
};

/** The changed job, null when it is deleted, undefined when nothing happened. */
export async function act(button, job) {
  /* Not "disabled": that would take the focus away from a keyboard user. */
  if (button.getAttribute("aria-disabled") === "true") return undefined;
  button.setAttribute("aria-disabled", "true");
  try {
    return await ACTIONS[button.dataset.action](job);
  } catch (error) {
    tell(error.message, { isProblem: true });
    return undefined;
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** Shows the buttons that fit; when the focused one goes, `fallback` takes the focus. */
export function fitActions(root, job, fallback) {
  const fits = {
    cancel: isActive(job) && !job.cancel_requested,
    retry: canRetry(job),
    delete: !isActive(job),
  };
  for (const button of root.querySelectorAll("[data-action]")) {
    const hide = !fits[button.dataset.action];
    if (hide && button === document.activeElement) fallback.focus();
    button.hidden = hide;
    button.setAttribute("aria-label", `${button.textContent} ${job.name}`);
  }
}

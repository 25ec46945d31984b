/* What can be done with a job: the same buttons on both pages, as far as a page has them. */

import { announce, tell } from "/static/shared/announce.js";
import { cancelJob, changeJob, giveUpJob, rerunJob, retryJob } from "/static/shared/api.js";
import { find, setText } from "/static/shared/dom.js";
import { deleteLater, offerToRetry, takeBackDelete } from "/static/shared/undo.js";
import { isAdmin, mayChange } from "/static/shared/user.js";
import { canRetry, isActive, isWaiting, waitsForRetry } from "/static/shared/words.js";
import { texts } from "/static/texts/shared.js";

const ACTIONS = {
  async cancel(job) {
    const cancelled = await cancelJob(job.job_id);
    offerToRetry(cancelled);
    return cancelled;
  },
  async retry(job) {
    const retried = await retryJob(job.job_id);
    announce(texts.retrying(job.name));
    return retried;
  },
  async hurry(job) {
    const hurried = await retryJob(job.job_id);
    announce(texts.tryingNow(job.name));
    return hurried;
  },
  async give_up(job) {
    const given = await giveUpJob(job.job_id);
    announce(texts.givenUp(job.name));
    return given;
  },
  async rerun(job) {
    const again = await rerunJob(job.job_id);
    announce(texts.runningAgain(job.name));
    return again;
  },
  async front(job) {
    const moved = await changeJob(job.job_id, { front: true });
    tell(texts.isNext(job.name));
    return moved;
  },
  async keep(job) {
    const changed = await changeJob(job.job_id, { keep: !job.keep });
    tell(changed.keep ? texts.keptForever : texts.notKept);
    return changed;
  },
  delete: deleteLater,
};

/* A button with an icon has its words in it for who does not see that. */
function label(button, text, job) {
  const words = find("span", button);
  setText(words ?? button, text);
  if (words) button.title = text;
  button.setAttribute("aria-label", texts.action(text, job.name));
}

/** The changed job, null when it is deleted, undefined when nothing happened. */
export async function act(button, job) {
  const isDelete = button.dataset.action === "delete";
  if (isDelete && takeBackDelete(job)) return undefined;
  /* Not "disabled": that would take the focus away from a keyboard user. */
  if (button.getAttribute("aria-disabled") === "true") return undefined;
  button.toggleAttribute("data-waits", isDelete);
  if (isDelete) label(button, texts.undoDelete, job);
  else button.setAttribute("aria-disabled", "true");
  try {
    return await ACTIONS[button.dataset.action](job);
  } catch (error) {
    tell(error.message, { isProblem: true });
    return undefined;
  } finally {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("data-waits");
    if (isDelete) label(button, texts.delete, job);
  }
}

/** Shows the buttons that fit; when the focused one goes, `fallback` takes the focus. */
export function fitActions(root, job, fallback) {
  const may = mayChange(job);
  const fits = {
    cancel: isActive(job) && !job.cancel_requested,
    retry: canRetry(job),
    hurry: waitsForRetry(job),
    give_up: waitsForRetry(job),
    rerun: !isActive(job) && job.any_cached,
    front: isAdmin() && isWaiting(job) && job.position !== 1 && !job.cancel_requested,
    keep: !isActive(job),
    delete: !isActive(job),
  };
  for (const button of root.querySelectorAll("[data-action]")) {
    const text = button.dataset.action === "keep" ? (job.keep ? texts.dontKeep : texts.keepForever) : button.textContent;
    const hide = !may || !fits[button.dataset.action];
    if (hide && button === document.activeElement) fallback.focus();
    button.hidden = hide;
    label(button, text, job);
  }
}

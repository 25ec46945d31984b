/* The button that asks for a notification when the job ends. */

import { tell } from "/static/shared/announce.js";
import { find } from "/static/shared/dom.js";
import { canNotify, forget, isPermitted, isWaitedFor, waitFor } from "/static/shared/notices.js";
import { isActive } from "/static/shared/words.js";
import { texts } from "/static/texts/notices.js";

const button = find("[data-notify]");
let job = null;

async function toggle() {
  if (isWaitedFor(job.job_id)) {
    forget(job.job_id);
    tell(texts.willNot);
  } else if (await isPermitted()) {
    waitFor(job.job_id);
    tell(texts.willTell(job.name));
  } else {
    tell(texts.blocked, { isProblem: true });
  }
  drawNotify(job);
}

/** Shows it while the job can still end, where the browser has notifications. */
export function drawNotify(given) {
  job = given;
  const isHidden = !canNotify() || !isActive(job);
  if (isHidden && button === document.activeElement) find("[data-job-name]").focus();
  button.hidden = isHidden;
  button.setAttribute("aria-pressed", String(isWaitedFor(job.job_id)));
}

button.addEventListener("click", toggle);

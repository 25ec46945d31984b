/* Why items failed: each reason once, with its files and a button that runs only these again. */

import { againAddress } from "/static/shared/again.js";
import { announce, tell } from "/static/shared/announce.js";
import { getReasons, retryItems } from "/static/shared/api.js";
import { find, make, setText } from "/static/shared/dom.js";
import { number } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { mayChange } from "/static/shared/user.js";
import { texts } from "/static/texts/job.js";

const FEW = 3;
const list = find("[data-reasons]");
const title = find("[data-reasons-title]");
const drawn = new Map();

/* The first names, and how many more there are. */
function fileWords({ items, filenames }) {
  const named = filenames.slice(0, FEW);
  return texts.reasonFiles(named, items.length - named.length);
}

function retryButton(job, { items, message }, onRetried) {
  const words = texts.retryThese(items.length);
  const button = make("button", { type: "button", className: "button small", "data-retry-reason": "", "aria-label": texts.because(words, message) }, words);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try {
      onRetried(await retryItems(job.job_id, items));
      announce(texts.retrying(items.length));
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
    button.removeAttribute("aria-disabled");
  });
  return button;
}

function actions(job, reason, onRetried) {
  const href = againAddress(job.job_id, reason.items);
  return make("div", { className: "reason-actions" },
    retryButton(job, reason, onRetried),
    href && make("a", { className: "button small", href, "aria-label": texts.because(texts.changeAndRun, reason.message) }, texts.changeAndRun));
}

function node(job, reason, onRetried) {
  return make("li", { className: "reason", "data-reason": reason.code },
    make("p", { className: "reason-count" }, number(reason.items.length), make("span", { className: "visually-hidden" }, texts.reasonItems(reason.items.length))),
    make("div", { className: "reason-words" },
      make("p", { className: "reason-message", dir: "auto" }, reason.message),
      reason.hint ? make("p", { dir: "auto" }, reason.hint) : null,
      make("p", { className: "quiet", dir: "auto" }, fileWords(reason)),
      make("p", { className: "quiet" }, texts.code, make("code", {}, reason.code))),
    mayChange(job) && !job.cancel_requested ? actions(job, reason, onRetried) : null);
}

/* A reason that did not change keeps its node, and with it the focus. */
function nodeFor(job, reason, onRetried) {
  const text = stringify([reason, job.cancel_requested]);
  if (!drawn.has(text)) drawn.set(text, node(job, reason, onRetried));
  return [text, drawn.get(text)];
}

/** `onRetried(job)` gets the job as it is after a retry. */
export async function drawReasons(job, onRetried) {
  const isSeveral = job.total_items > 1 && job.failed_items > 0;
  const { reasons } = isSeveral ? await getReasons(job.job_id) : { reasons: [] };
  const now = reasons.map((reason) => nodeFor(job, reason, onRetried));
  const had = list.contains(document.activeElement);
  const nodes = now.map(([, each]) => each);
  [...list.children].filter((child) => !nodes.includes(child)).forEach((child) => child.remove());
  nodes.forEach((each, place) => list.children[place] === each || list.insertBefore(each, list.children[place] ?? null));
  const kept = new Set(now.map(([text]) => text));
  [...drawn.keys()].filter((text) => !kept.has(text)).forEach((text) => drawn.delete(text));
  setText(title, texts.whyFailed(job.failed_items));
  find("[data-reasons-section]").hidden = !nodes.length;
  if (had && !list.contains(document.activeElement)) (nodes.length ? title : find("[data-job-name]")).focus();
}

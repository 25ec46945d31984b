/* Cancel, retry or delete all jobs that the list is about, after saying how many that are. */

import { tell } from "/static/shared/announce.js";
import { bulkAction } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find } from "/static/shared/dom.js";
import { many } from "/static/shared/format.js";
import { maySubmit } from "/static/shared/user.js";

const TEXTS = {
  cancel: "All jobs that match, not only those that you see. Jobs that are final already are skipped.",
  retry: "All jobs that match, not only those that you see. Jobs that completed or are still running are skipped.",
  purge: "All jobs that match, not only those that you see, with their results and files. Jobs that are still running are skipped.",
};
const WORDS = { cancel: ["Cancel", "cancelled"], retry: ["Retry", "retried"], purge: ["Delete", "deleted"] };

async function act(action, filter) {
  const { count } = await bulkAction({ action, filter, dry_run: true });
  const [word, done] = WORDS[action];
  const question = { title: `${word} ${many(count, "job")}?`, text: TEXTS[action], yes: `${word} ${many(count, "job")}`, no: action === "cancel" ? "Let them run" : action === "purge" ? "Don’t delete" : "Don’t retry" };
  if (!count || !(await confirmed(question))) return;
  const answer = await bulkAction({ action, filter, expected: count });
  const left = answer.refused.length ? ` ${many(answer.refused.length, "job")} stayed as ${answer.refused.length === 1 ? "it was" : "they were"}.` : "";
  tell(`${many(answer.done, "job")} ${done}.${left}`);
}

/** `filter` is null when the list shows everything: all jobs at once is nothing to do by a slip. */
export function showBulk(filter, isEmpty) {
  find("[data-bulk]").hidden = filter === null || isEmpty || !maySubmit();
  find("[data-bulk-words]").textContent = "All jobs that match:";
}

export function startBulk(chosenFilter, onDone) {
  find("[data-bulk]").addEventListener("click", async (event) => {
    const button = event.target.closest("[data-bulk-action]");
    if (!button) return;
    try {
      await act(button.dataset.bulkAction, chosenFilter());
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
    onDone();
  });
}

/* What can be done with the selected jobs, where it can work: with how many of them, after a question. */

import { wordsWith } from "/static/jobs/chips.js";
import { countOf, countOfMatching } from "/static/jobs/facets.js";
import { asked, chosenStatuses, isAnyChosen } from "/static/jobs/filters.js";
import * as list from "/static/jobs/job-list.js";
import { drawSelection, isAllSelected, selectAll, selectedIds, selectShown, startSelection } from "/static/jobs/selection.js";
import { actOnAll, isActing } from "/static/jobs/slices.js";
import { tell } from "/static/shared/announce.js";
import { bulkAction } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, setText, showText } from "/static/shared/dom.js";
import { mayChange, maySubmit } from "/static/shared/user.js";
import { ACTIVE, canRetry, isActive, waitsForRetry } from "/static/shared/words.js";
import { texts } from "/static/texts/jobs.js";

/* With which jobs each can work, and which statuses these have where nobody has seen the jobs. */
const ACTIONS = {
  cancel: { fits: (job) => isActive(job) && !job.cancel_requested, statuses: ACTIVE },
  retry: { fits: (job) => canRetry(job) || waitsForRetry(job), statuses: ["failed", "cancelled"] },
  give_up: { fits: waitsForRetry, statuses: [] },
  purge: { fits: (job) => !isActive(job), statuses: ["completed", "failed", "cancelled"] },
};
const MOST_REASONS = 3;
const part = find("[data-bulk]");
const buttons = [...part.querySelectorAll("[data-bulk-action]")];
const more = find("[data-select-more]");
let hasMore = false;
let done = () => {};

/* Those of the statuses that match which an action can work with. */
function statusesFor(action) {
  const { statuses } = ACTIONS[action];
  const chosen = chosenStatuses();
  if (chosen.length === 0) return statuses;
  const isPart = (status) => status === "partly_failed" && !chosen.includes("failed") && statuses.includes("failed");
  return chosen.filter((status) => statuses.includes(status) || isPart(status));
}

const idsFor = (action) => selectedIds().filter((id) => mayChange(list.jobOf(id)) && ACTIONS[action].fits(list.jobOf(id)));
const countFor = (action) => (isAllSelected() ? countOf(statusesFor(action)) : idsFor(action).length);
const countSelected = () => (isAllSelected() ? (countOfMatching() ?? 0) : selectedIds().length);

/* What else can be selected: first the rows that are there, then all that match. */
function drawMore(count) {
  const isShown = count === list.size();
  const canAll = isShown && hasMore && isAnyChosen() && countOfMatching() > count;
  const text = isAllSelected() || (isShown && !canAll) ? "" : canAll ? texts.selectAll(countOfMatching()) : texts.selectShown(list.size());
  if (!text && more === document.activeElement) find("[data-clear-selection]").focus();
  showText(more, text);
}

function drawButtons() {
  for (const button of buttons) {
    const { bulkAction: action } = button.dataset;
    const count = countFor(action);
    if (!count && button === document.activeElement) find("[data-clear-selection]").focus();
    button.hidden = !count;
    setText(button, texts.actions[action].button(count));
  }
}

/** `canLoad`: whether there are jobs without a row. */
export function drawBulk(canLoad) {
  hasMore = canLoad;
  drawSelection();
  const count = countSelected();
  const isHidden = count === 0 || isActing();
  if (isHidden && part.contains(document.activeElement)) find(list.isEmpty() ? "#jobs" : "[data-select-all]").focus();
  part.hidden = isHidden;
  if (isHidden) return;
  setText(find("[data-bulk-words]"), isAllSelected() ? texts.allSelected(count) : texts.selected(count));
  drawMore(count);
  drawButtons();
}

const redraw = () => drawBulk(hasMore);

function question(action, count, others) {
  const { what, title, yes, no } = texts.actions[action];
  const which = isAllSelected() ? texts.whichMatch(wordsWith(statusesFor(action))) : others ? texts.others(others) : "";
  return { title: title(count), text: `${what} ${which}`.trim(), yes: yes(count), no };
}

/* The reasons of what was refused, the most frequent first. */
function refusedWords(refused) {
  if (!refused.length) return "";
  const counts = new Map();
  for (const { detail } of refused) counts.set(detail, (counts.get(detail) ?? 0) + 1);
  const reasons = [...counts].sort((one, other) => other[1] - one[1]).slice(0, MOST_REASONS);
  return texts.refusedJobs(refused.length, reasons, counts.size - reasons.length);
}

function report({ action, done: count, refused, total, isWhole = true, isUnsure = false, problem = "" }) {
  const words = texts.actions[action];
  const said = isUnsure ? words.atLeast(count) : words.done(count);
  const stopped = isWhole ? "" : texts.stopped(total);
  tell([said, stopped, refusedWords(refused), problem].filter(Boolean).join(" "), { isProblem: Boolean(refused.length || problem || isUnsure) });
}

async function actOnMatching(action) {
  const filter = { ...asked(), status: statusesFor(action).join(",") };
  const { count: total, cursor } = await bulkAction({ action, filter, dry_run: true });
  if (!total || !(await confirmed(question(action, total, 0)))) return;
  const run = actOnAll({ action, filter, total, cursor });
  redraw();
  report(await run);
  selectShown(false);
}

async function actOnRows(action) {
  const ids = idsFor(action);
  if (!(await confirmed(question(action, ids.length, selectedIds().length - ids.length)))) return;
  report(await bulkAction({ action, ids }));
  selectShown(false);
}

async function act(action) {
  try {
    await (isAllSelected() ? actOnMatching(action) : actOnRows(action));
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
  done();
}

/** `onDone()` is called when jobs were changed. Who may change nothing selects nothing. */
export function startBulk(onDone) {
  done = () => {
    redraw();
    onDone();
  };
  find("[data-jobs-table]").classList.toggle("may-select", maySubmit());
  startSelection(redraw);
  part.addEventListener("click", (event) => {
    const button = event.target.closest("[data-bulk-action]");
    if (button) act(button.dataset.bulkAction);
  });
  more.addEventListener("click", () => {
    if (selectedIds().length === list.size()) selectAll();
    else selectShown();
    redraw();
  });
  find("[data-clear-selection]").addEventListener("click", () => {
    selectShown(false);
    redraw();
  });
}

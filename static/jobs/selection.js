/* Which jobs are selected: those of the rows with a check mark, or all that match. A row that goes takes its mark along. */

import { find } from "/static/shared/dom.js";

const list = find("[data-job-list]");
const head = find("[data-select-all]");
/* Where a range begins. */
let anchor = null;
let isWhole = false;

const boxes = () => [...list.querySelectorAll("[data-job-id]:not([inert]) [data-select]")];
const idOf = (box) => box.closest("[data-job-id]").dataset.jobId;

/** The ids of the rows that are selected. */
export const selectedIds = () => boxes().filter((box) => box.checked).map(idOf);
/** Whether all jobs that match are selected, with those that have no row. */
export const isAllSelected = () => isWhole;

export function selectAll() {
  isWhole = true;
  drawSelection();
}

export function selectShown(isSelected = true) {
  isWhole = false;
  boxes().forEach((box) => (box.checked = isSelected));
}

/** Brings the box in the head up to date, and those of rows that came. */
export function drawSelection() {
  const there = boxes();
  if (isWhole) there.forEach((box) => (box.checked = true));
  const count = there.filter((box) => box.checked).length;
  head.checked = count > 0 && count === there.length;
  head.indeterminate = count > 0 && !head.checked;
}

/* From the box before to this one, all get its state. */
function selectRange(box) {
  const there = boxes();
  const ends = [there.indexOf(anchor), there.indexOf(box)].sort((one, other) => one - other);
  if (ends[0] >= 0) there.slice(ends[0], ends[1] + 1).forEach((each) => (each.checked = box.checked));
}

function move(event, step) {
  const there = boxes();
  const to = there[there.indexOf(event.target) + step];
  if (!to) return;
  event.preventDefault();
  if (event.shiftKey) to.checked = event.target.checked;
  anchor = to;
  to.focus();
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** `onChange()` is called when the user selects something else. */
export function startSelection(onChange) {
  const changed = () => {
    drawSelection();
    onChange();
  };
  head.addEventListener("click", () => {
    selectShown(head.checked);
    changed();
  });
  list.addEventListener("click", (event) => {
    if (!event.target.matches("[data-select]")) return;
    isWhole = false;
    if (event.shiftKey) selectRange(event.target);
    anchor = event.target;
    changed();
  });
  list.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-select]") || !(event.key in STEPS)) return;
    isWhole = false;
    move(event, STEPS[event.key]);
    changed();
  });
}

/* Which items the table shows: all, or those of some statuses. */

import { find } from "/static/shared/dom.js";
import { ACTIVE } from "/static/shared/words.js";

const FILTERS = { all: "", failed: "failed", active: ACTIVE.join(","), completed: "completed", cancelled: "cancelled" };
const box = find("[data-item-filter]");
let shown = "all";

/** The statuses that are shown, with commas; empty for all. */
export const itemStatuses = () => FILTERS[shown];

/** Of few items all are in sight. */
export function fitItemFilter(job) {
  const isOffered = (value) => value !== "cancelled" || job.status === "cancelled";
  box.hidden = job.total_items < 2;
  for (const input of box.querySelectorAll("input")) input.parentElement.hidden = !isOffered(input.value);
}

export function startItemFilter(onChange) {
  box.addEventListener("change", (event) => {
    shown = event.target.value;
    onChange();
  });
}

/* The first page: submit card and live list. */

import { getTypes } from "/static/api.js";
import { keepTimesFresh } from "/static/clock.js";
import { find } from "/static/dom.js";
import { setLimits } from "/static/gather.js";
import { setLabels } from "/static/job-list.js";
import { startList } from "/static/live-list.js";
import { setLaterTypes } from "/static/more-options.js";
import { startSubmit } from "/static/submit.js";
import { setTypes } from "/static/type-chooser.js";
import { known, maySubmit } from "/static/user.js";

const TYPES_EVERY_MS = 60_000;
let typesAt = -Infinity;

/* A job type may come or go while the page is open; coming back to the tab looks at once. */
async function refreshTypes() {
  if (performance.now() - typesAt < TYPES_EVERY_MS) return;
  const { types, limits } = await getTypes();
  typesAt = performance.now();
  setLimits(limits);
  if (!setTypes(types)) return;
  setLabels(types);
  setLaterTypes(types);
}

document.addEventListener("visibilitychange", () => (typesAt = -Infinity));
/* Who may not submit has no use for the form. */
known.then(() => {
  const showJob = startList(refreshTypes);
  if (maySubmit()) startSubmit(showJob);
  else find("[data-submit-card]").hidden = true;
});
keepTimesFresh();

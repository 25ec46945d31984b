/* The first page: submit card and live list. */

import { setLimits } from "/static/index/gather.js";
import { setLabels } from "/static/index/job-list.js";
import { startList } from "/static/index/live-list.js";
import { setLaterTypes } from "/static/index/more-options.js";
import { startSubmit } from "/static/index/submit.js";
import { setTypes } from "/static/index/type-chooser.js";
import { getTypes } from "/static/shared/api.js";
import { keepTimesFresh } from "/static/shared/clock.js";
import { find } from "/static/shared/dom.js";
import { known, maySubmit } from "/static/shared/user.js";

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

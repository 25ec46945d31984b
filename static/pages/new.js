/* The first page: a new job, and the last ones. */

import { setLimits } from "/static/form/gather.js";
import { setLaterTypes } from "/static/form/more-options.js";
import { setTypes } from "/static/form/type-chooser.js";
import { setLabels } from "/static/jobs/job-list.js";
import { fillFromAddress } from "/static/new/again.js";
import { startDraft } from "/static/new/draft.js";
import { startLatest } from "/static/new/latest.js";
import { startNotify } from "/static/new/notify.js";
import { startSubmit } from "/static/new/submit.js";
import { changedTypes } from "/static/shared/api.js";
import { keepTimesFresh } from "/static/shared/clock.js";
import { find } from "/static/shared/dom.js";
import { poll } from "/static/shared/poll.js";
import { known, maySubmit } from "/static/shared/user.js";

/* Who writes a job type looks here for it as soon as the file is saved. */
const TYPES_EVERY_MS = 2000;
let tag = null;
let isListed = false;
let isShown = false;

/* The page appears at once, so that nothing moves when the types or the jobs come. */
function show() {
  if (isShown || !isListed || !tag) return;
  isShown = true;
  find("[data-loading]").hidden = true;
  if (!maySubmit()) return;
  startDraft();
  fillFromAddress();
}

async function refreshTypes() {
  const news = await changedTypes(tag);
  if (!news) return;
  const { types, limits } = news.body;
  tag = news.etag;
  setLimits(limits);
  if (setTypes(types)) {
    setLabels(types);
    setLaterTypes(types);
  }
  show();
}

/* Who may not submit has no use for the form. */
known.then(() => {
  const showJob = startLatest(() => {
    isListed = true;
    show();
  });
  startNotify();
  if (maySubmit()) startSubmit(showJob);
  else find("[data-submit-card]").hidden = true;
  poll(refreshTypes, () => TYPES_EVERY_MS);
});
keepTimesFresh();

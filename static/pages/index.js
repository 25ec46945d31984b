/* The first page: submit card and live list. */

import { fillFromAddress } from "/static/index/again.js";
import { setLimits } from "/static/index/gather.js";
import { setLabels } from "/static/index/job-list.js";
import { startList } from "/static/index/live-list.js";
import { setLaterTypes } from "/static/index/more-options.js";
import { startSubmit } from "/static/index/submit.js";
import { setTypes } from "/static/index/type-chooser.js";
import { changedTypes } from "/static/shared/api.js";
import { keepTimesFresh } from "/static/shared/clock.js";
import { find } from "/static/shared/dom.js";
import { poll } from "/static/shared/poll.js";
import { known, maySubmit } from "/static/shared/user.js";

/* Who writes a job type looks here for it as soon as the file is saved. */
const TYPES_EVERY_MS = 2000;
let tag = null;
let isFilled = false;

async function fillOnce() {
  if (isFilled || !maySubmit()) return;
  isFilled = true;
  await fillFromAddress();
}

async function refreshTypes() {
  const news = await changedTypes(tag);
  if (!news) return;
  const { types, limits } = news.body;
  tag = news.etag;
  setLimits(limits);
  if (!setTypes(types)) return;
  setLabels(types);
  setLaterTypes(types);
  await fillOnce();
}

/* Who may not submit has no use for the form. */
known.then(() => {
  const showJob = startList();
  if (maySubmit()) startSubmit(showJob);
  else find("[data-submit-card]").hidden = true;
  poll(refreshTypes, () => TYPES_EVERY_MS);
});
keepTimesFresh();

/* The page of all jobs. */

import { setTypes, startList } from "/static/jobs/live-list.js";
import { changedTypes } from "/static/shared/api.js";
import { keepTimesFresh } from "/static/shared/clock.js";
import { find } from "/static/shared/dom.js";
import { poll } from "/static/shared/poll.js";
import { known } from "/static/shared/user.js";

/* Their labels change when somebody writes a job type. */
const TYPES_EVERY_MS = 30_000;
let tag = null;

async function refreshTypes() {
  const news = await changedTypes(tag);
  if (!news) return;
  tag = news.etag;
  setTypes(news.body.types);
}

/* On a phone the filters are folded until somebody wants them. */
if (matchMedia("(max-width: 60rem)").matches) find("[data-filters]").open = false;
await known;
startList();
poll(refreshTypes, () => TYPES_EVERY_MS);
keepTimesFresh();

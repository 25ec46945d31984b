/* The next runs of an expression while it is typed: the server computes them, and says what is wrong. */

import { getNextRuns } from "/static/shared/api.js";
import { find, make } from "/static/shared/dom.js";
import { texts } from "/static/texts/schedules.js";

/* So long nobody types before the server is asked. */
const PAUSE_MS = 500;
const DAY = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
const TIME = { hour: "2-digit", minute: "2-digit" };
const box = find("[data-next-runs]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
let timer = null;
let latest = 0;

const said = (iso, parts, timeZone) => new Date(iso).toLocaleString([], { ...parts, timeZone });

/* In the zone of the schedule, and here where that differs. */
function inBoth(iso, zone) {
  const [there, local] = [zone, here].map((each) => said(iso, { ...DAY, ...TIME }, each));
  if (there === local) return local;
  const isSameDay = said(iso, DAY, zone) === said(iso, DAY, here);
  return texts.thereAndHere(there, isSameDay ? said(iso, TIME, here) : local);
}

function words(iso, zone) {
  try {
    return inBoth(iso, zone);
  } catch {
    /* A browser may know fewer zones than the server. */
    return said(iso, { ...DAY, ...TIME }, here);
  }
}

function draw(runs, zone) {
  if (!runs.length) return box.replaceChildren();
  const rows = runs.map((iso) => make("li", {}, words(iso, zone)));
  return box.replaceChildren(make("p", { className: "label" }, texts.nextRuns), make("ol", {}, ...rows));
}

async function ask(cron, zone, { onWrong, onRight }) {
  const mine = (latest += 1);
  try {
    const { next_runs: runs } = await getNextRuns(cron, zone);
    if (mine !== latest) return;
    onRight();
    draw(runs, zone);
  } catch (error) {
    if (mine !== latest) return;
    draw([], zone);
    onWrong(error.fields ?? []);
  }
}

/** Shows them soon, or at once; `onWrong(fields)` gets what the server says is wrong, `onRight()` that nothing is. */
export function showNextRuns(cron, zone, hooks, { atOnce = false } = {}) {
  clearTimeout(timer);
  latest += 1;
  if (!cron) return draw([], zone);
  timer = setTimeout(ask, atOnce ? 0 : PAUSE_MS, cron, zone, hooks);
  return undefined;
}

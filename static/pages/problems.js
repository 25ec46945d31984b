/* The page of problems: what failed in a period and why, and how the job types did. */

import { getProblems } from "/static/shared/api.js";
import { keepTimesFresh } from "/static/shared/clock.js";
import { find, setText, showText } from "/static/shared/dom.js";
import { dayAndTime, elapsed } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { poll } from "/static/shared/poll.js";
import { known } from "/static/shared/user.js";
import { drawErrors } from "/static/problems/errors.js";
import { drawPicture } from "/static/problems/picture.js";
import { drawTypes } from "/static/problems/types.js";
import { texts } from "/static/texts/problems.js";

const EVERY_MS = 30_000;
const periods = find("[data-periods]");
let period = "24h";
let drawn = "";

function scopeWords(user, found) {
  const isEveryones = user.is_open || user.role === "admin" || user.jobs !== "own";
  const isLater = found.counted_since && found.counted_since > found.from;
  return [isEveryones ? "" : texts.onlyYours, isLater ? texts.countedSince(dayAndTime(found.counted_since)) : ""].filter(Boolean).join(" ");
}

function draw(user, found) {
  const completed = found.runs.reduce((sum, slot) => sum + slot.completed, 0);
  const failed = found.runs.reduce((sum, slot) => sum + slot.failed, 0);
  showText(find("[data-scope]"), scopeWords(user, found));
  showText(find("[data-behind]"), found.behind.map((each) => texts.behind(each.queue, dayAndTime(each.since), elapsed(each.backlog_s))).join(" "));
  setText(find("[data-picture-words]"), `${texts.ended(completed, failed)} ${texts.bars[found.slot_s]}`);
  drawPicture(found);
  drawErrors(found);
  drawTypes(found);
}

async function refresh() {
  const asked = period;
  const found = await getProblems(asked);
  if (asked !== period) return;
  find("[data-loading]").hidden = true;
  for (const part of document.querySelectorAll("[data-shown]")) part.hidden = false;
  const text = stringify(found);
  if (text !== drawn) draw(user, found);
  drawn = text;
}

function choose(event) {
  period = event.target.value;
  history.replaceState(null, "", period === "24h" ? location.pathname : `?period=${period}`);
  now();
}

const asked = find(`input[value="${CSS.escape(new URLSearchParams(location.search).get("period") ?? "")}"]`, periods);
if (asked) {
  asked.checked = true;
  period = asked.value;
}
periods.addEventListener("change", choose);
keepTimesFresh();
const user = await known;
const now = poll(refresh, () => EVERY_MS);

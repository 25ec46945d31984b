/* The page of problems: what failed in a period and why, and how the job types did. */

import { getProblems } from "/static/shared/api.js";
import { keepTimesFresh } from "/static/shared/clock.js";
import { find, setText, showText } from "/static/shared/dom.js";
import { dayAndTime, many } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { poll } from "/static/shared/poll.js";
import { known } from "/static/shared/user.js";
import { drawErrors } from "/static/problems/errors.js";
import { drawPicture } from "/static/problems/picture.js";
import { drawTypes } from "/static/problems/types.js";

const EVERY_MS = 30_000;
const SLOTS = { 300: "Each bar is 5 minutes", 3600: "Each bar is an hour", 86_400: "Each bar is a day in UTC" };
const periods = find("[data-periods]");
let period = "24h";
let drawn = "";

function scopeWords(user, found) {
  const ofWhom = user.is_open || user.role === "admin" || user.jobs !== "own" ? "" : "Only your jobs. ";
  const isLater = found.counted_since && found.counted_since > found.from;
  return `${ofWhom}${isLater ? `Bellhop has counted since ${dayAndTime(found.counted_since)}.` : ""}`.trim();
}

function draw(user, found) {
  const completed = found.runs.reduce((sum, slot) => sum + slot.completed, 0);
  const failed = found.runs.reduce((sum, slot) => sum + slot.failed, 0);
  showText(find("[data-scope]"), scopeWords(user, found));
  setText(find("[data-picture-words]"), `${many(completed, "item")} completed, ${failed.toLocaleString("en")} failed. ${SLOTS[found.slot_s]}.`);
  drawPicture(found);
  drawErrors(found);
  drawTypes(found.types);
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

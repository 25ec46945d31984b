/* Keeps "2 min ago" true without asking the server, and gives the exact time on focus and touch; a
   pointer that rests on it sees it as a title. */

import { setText } from "/static/shared/dom.js";
import { fullTime, relative } from "/static/shared/format.js";

const EVERY_MS = 15_000;
const RELATIVE = "time[data-relative]";

const timesOf = (node) => node.closest("li, tr, article")?.querySelectorAll(RELATIVE) ?? [];

function draw(node) {
  if (node.dateTime) setText(node, "exact" in node.dataset ? fullTime(node.dateTime) : relative(node.dateTime));
}

function showExact(node, isExact) {
  node.toggleAttribute("data-exact", isExact);
  draw(node);
}

export function keepTimesFresh() {
  setInterval(() => document.querySelectorAll(RELATIVE).forEach(draw), EVERY_MS);
  document.addEventListener("click", ({ target }) => target.matches(RELATIVE) && showExact(target, !("exact" in target.dataset)));
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches(":focus-visible")) timesOf(target).forEach((node) => showExact(node, true));
  });
  document.addEventListener("focusout", ({ target }) => timesOf(target).forEach((node) => showExact(node, false)));
}

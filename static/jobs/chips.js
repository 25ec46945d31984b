/* The filters that are chosen, each with a button that removes it. */

import { addressWith, chosenNames, chosenOf, chosenStatuses, timeOf } from "/static/jobs/filters.js";
import { nameOf } from "/static/jobs/facets.js";
import { at } from "/static/shared/address.js";
import { find, make } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { statusName } from "/static/shared/words.js";
import { texts } from "/static/texts/jobs.js";

const list = find("[data-chips]");
let drawn = "";

function timeWords(name) {
  const time = timeOf(name);
  return Number.isNaN(Date.parse(time)) ? time : dayAndTime(time);
}

function words(name, statuses = chosenStatuses()) {
  const value = chosenOf(name);
  if (name === "status") return texts.chip.status(statuses.map(statusName));
  if (name === "from" || name === "to") return texts.chip[name](timeWords(name), Boolean(chosenOf("code")));
  return texts.chip[name](nameOf(name, value));
}

/** The chosen filters in words, with these statuses. */
export const wordsWith = (statuses) => ["status", ...chosenNames().filter((name) => name !== "status")].map((name) => words(name, statuses));

function chip(name) {
  const text = words(name);
  const link = make("a", { className: "chip", href: addressWith({ [name]: "" }), "aria-label": texts.remove(text), "data-chip": name }, text);
  return make("li", {}, link);
}

/** Draws them where they are others than before; the focus of one that was removed goes to the next. */
export function drawChips() {
  const chosen = [location.search, ...wordsWith(chosenStatuses())].join("\n");
  if (chosen === drawn) return;
  drawn = chosen;
  const place = [...list.querySelectorAll("a")].indexOf(document.activeElement);
  const names = chosenNames();
  const all = make("a", { className: "chip-all", href: at("/jobs") }, texts.removeAll);
  list.replaceChildren(...names.map((name) => chip(name)), ...(names.length > 1 ? [make("li", {}, all)] : []));
  list.hidden = names.length === 0;
  if (place >= 0) (list.querySelectorAll("a")[Math.min(place, names.length - 1)] ?? find("#jobs")).focus();
}

/* Completed and failed items as bars: completed upwards, failed downwards, on one scale. */

import { find, make } from "/static/shared/dom.js";
import { dayAndTime, number } from "/static/shared/format.js";
import { texts } from "/static/texts/problems.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 100;
/* One failed item among thousands must be seen. */
const LEAST = 2;
const DAY_S = 86_400;

export function drawn(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** When a slot begins; a day is one of UTC. */
function slotTime(slot, width) {
  if (width === DAY_S) return new Date(slot.at).toLocaleDateString([], { dateStyle: "medium", timeZone: "UTC" });
  return dayAndTime(slot.at);
}

const slotWords = (slot, width) => texts.slot(slotTime(slot, width), slot.completed, slot.failed);

function bar(place, from, height, kind) {
  return drawn("rect", { x: place + 0.1, y: from, width: 0.8, height, class: kind });
}

function column(slot, place, zero, scale, width) {
  const length = (count) => (count ? Math.max(LEAST, count * scale) : 0);
  const up = length(slot.completed);
  return drawn("g", {}, drawn("title", {}, slotWords(slot, width)),
    drawn("rect", { x: place, y: 0, width: 1, height: HEIGHT, class: "slot" }),
    bar(place, zero - up, up, "completed"), bar(place, zero, length(slot.failed), "failed"));
}

function summary(runs, width) {
  const most = runs.reduce((worst, slot) => (slot.failed > worst.failed ? slot : worst), runs[0]);
  return texts.picture(most.failed ? slotWords(most, width) : "");
}

function axis(runs, width) {
  const ends = [runs[0], runs[Math.floor(runs.length / 2)], runs[runs.length - 1]];
  return make("div", { className: "picture-axis", "aria-hidden": "true" }, ...ends.map((slot) => make("span", {}, slotTime(slot, width))));
}

function legend(runs) {
  const most = Math.max(...runs.map((slot) => slot.completed), ...runs.map((slot) => slot.failed));
  return make("p", { className: "picture-legend" },
    make("span", { className: "key completed" }, texts.completed), make("span", { className: "key failed" }, texts.failed),
    make("span", { className: "quiet" }, most ? texts.longestBar(most) : ""));
}

export function drawPicture({ runs, slot_s: width }) {
  const above = Math.max(...runs.map((slot) => slot.completed), 0);
  const below = Math.max(...runs.map((slot) => slot.failed), 0);
  const scale = above + below ? (HEIGHT - 2 * LEAST) / (above + below) : 0;
  const zero = above + below ? LEAST + above * scale : HEIGHT / 2;
  const picture = drawn("svg", { viewBox: `0 0 ${runs.length} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": summary(runs, width) },
    ...runs.map((slot, place) => column(slot, place, zero, scale, width)),
    drawn("line", { x1: 0, x2: runs.length, y1: zero, y2: zero, class: "zero" }));
  find("[data-picture]").replaceChildren(picture, axis(runs, width), legend(runs));
  const rows = runs.filter((slot) => slot.completed || slot.failed).reverse();
  find("[data-slots]").replaceChildren(...rows.map((slot) => make("tr", {},
    make("th", { scope: "row" }, slotTime(slot, width)),
    make("td", { className: "number" }, number(slot.completed)), make("td", { className: "number" }, number(slot.failed)))));
}

/* The icon of the tab: how far a job is, and how it ended until somebody looks. */

import { find } from "/static/shared/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const ROUND = 2 * Math.PI * 13;
/* Of progress, in percent: an icon that changes all the time says no more. */
const STEP = 5;
const link = find('link[rel="icon"]');
const bell = link.getAttribute("href");

function element(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const drawn = (...parts) =>
  `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(element("svg", { viewBox: "0 0 32 32" }, ...parts)))}`;
const ring = (color, more = {}) => element("circle", { cx: 16, cy: 16, r: 13, fill: "none", stroke: color, "stroke-width": 6, ...more });
const mark = (color, path) => drawn(
  element("circle", { cx: 16, cy: 16, r: 15, fill: color }),
  element("path", { d: path, fill: "none", stroke: "#fff", "stroke-width": 4, "stroke-linecap": "round" }));
const ENDS = { completed: mark("#2e7d4f", "M9 16.5l5 5 9-10"), failed: mark("#b3261e", "M16 8v9m0 6v.1") };

function set(address) {
  if (link.getAttribute("href") !== address) link.setAttribute("href", address);
}

/** A ring that closes. */
export function showProgress(percent) {
  const part = (Math.floor(percent / STEP) * STEP * ROUND) / 100;
  set(drawn(ring("#cfa3d0"), ring("#7d3a80", { "stroke-dasharray": `${part} ${ROUND}`, transform: "rotate(-90 16 16)" })));
}

/** The bell; while nobody looks, first how a job ended. */
export function showEnd(status = "") {
  set((document.hidden && ENDS[status]) || bell);
}

document.addEventListener("visibilitychange", () => !document.hidden && Object.values(ENDS).includes(link.getAttribute("href")) && set(bell));

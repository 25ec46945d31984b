/* How the job types did: how many items, how long they waited and ran, how much memory they took. */

import { find, make } from "/static/shared/dom.js";
import { bytes, duration, number } from "/static/shared/format.js";
import { texts } from "/static/texts/problems.js";

const LARGE = 0.9;

function spread(median, most) {
  if (median === null) return make("td", { className: "quiet" }, "–");
  return make("td", {}, make("span", { className: "spread" }, texts.median(duration(median))), make("span", { className: "quiet spread" }, texts.most(duration(most))));
}

function memory({ peak_bytes: peak, memory_limit_bytes: limit }) {
  if (peak === null) return make("td", { className: "quiet" }, "–");
  if (!limit) return make("td", {}, bytes(peak));
  const words = texts.memory(bytes(peak), bytes(limit));
  const bar = make("meter", { min: 0, max: limit, high: LARGE * limit, optimum: 0, value: peak, "aria-label": words });
  return make("td", {}, make("span", { className: "spread" }, words), bar);
}

function failedWords({ completed, failed }) {
  if (!failed) return "0";
  const percent = (100 * failed) / (completed + failed);
  return texts.failedShare(failed, percent < 10 ? number(percent, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) : Math.round(percent));
}

function row(type) {
  return make("tr", {},
    make("th", { scope: "row" }, type.type),
    make("td", { className: "number" }, number(type.completed + type.failed)),
    make("td", { className: `number ${type.failed ? "has-failed" : ""}` }, failedWords(type)),
    spread(type.wait_p50_s, type.wait_p95_s), spread(type.run_p50_s, type.run_p95_s), memory(type));
}

export function drawTypes(types) {
  const byFailures = [...types].sort((one, other) => other.failed - one.failed || other.completed - one.completed);
  find("[data-types]").replaceChildren(...byFailures.map(row));
  find("[data-types-part]").hidden = types.length === 0;
  find("[data-no-types]").hidden = types.length > 0;
}

/* How the job types did: how many items, how long they waited and ran, how much memory they took. */

import { find, make } from "/static/shared/dom.js";
import { bytes, duration, number } from "/static/shared/format.js";
import { jobsAddress } from "/static/shared/jobs-address.js";
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

function failedCell(type, from) {
  const words = failedWords(type);
  if (!type.failed) return make("td", { className: "number" }, words);
  const href = jobsAddress({ status: "failed", type: type.type, from });
  return make("td", { className: "number has-failed" }, make("a", { href, "data-link": `failed ${type.type}`, "aria-label": texts.failedJobsOf(type.type, words) }, words));
}

function row(type, from) {
  return make("tr", {},
    make("th", { scope: "row" }, make("a", { href: jobsAddress({ type: type.type, from }), "data-link": type.type }, type.type)),
    make("td", { className: "number" }, number(type.completed + type.failed)),
    failedCell(type, from),
    spread(type.wait_p50_s, type.wait_p95_s), spread(type.run_p50_s, type.run_p95_s), memory(type));
}

/** `from` is when the period begins. */
export function drawTypes({ types, from }) {
  const byFailures = [...types].sort((one, other) => other.failed - one.failed || other.completed - one.completed);
  const table = find("[data-types]");
  const focused = table.contains(document.activeElement) && document.activeElement.dataset.link;
  table.replaceChildren(...byFailures.map((type) => row(type, from)));
  if (focused) find(`[data-link="${CSS.escape(focused)}"]`, table)?.focus({ preventScroll: true });
  find("[data-types-part]").hidden = types.length === 0;
  find("[data-no-types]").hidden = types.length > 0;
}

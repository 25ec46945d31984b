/* The steps of a chain: what each does, and how far it is. */

import { find, make } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/job.js";

let drawn = "";

function stepWords(rows, total) {
  const count = (status) => rows.filter((row) => row.status === status).length;
  return texts.step({ completed: count("completed"), total, running: count("running"), failed: count("failed"), cancelled: count("cancelled") });
}

/* The worst that can be said of a step stands for it. */
function stateOf(rows, total) {
  const any = (status) => rows.some((row) => row.status === status);
  if (any("failed")) return "failed";
  if (any("running") || any("queued")) return "running";
  if (any("cancelled")) return "cancelled";
  return rows.filter((row) => row.status === "completed").length === total ? "completed" : "pending";
}

/** `labelOf(type)` is a job type in words. */
export function drawChain(job, items, labelOf) {
  find("[data-chain-section]").hidden = job.steps < 2;
  if (job.steps < 2) return;
  const types = [job.type, ...job.then.map((step) => step.type)];
  const steps = types.map((type, step) => ({ type, rows: items.filter((item) => item.step === step) }));
  const text = stringify(steps.map(({ rows }) => rows.map((row) => row.status)));
  if (text === drawn) return;
  drawn = text;
  const nodes = steps.map(({ type, rows }, step) =>
    make("li", { className: "chain-step", "data-status": stateOf(rows, job.total_items), "data-chain-step": step },
      make("span", { className: "chain-label" }, labelOf(type)),
      make("span", { className: "chain-words" }, stepWords(rows, job.total_items))));
  find("[data-chain]").replaceChildren(...nodes);
}

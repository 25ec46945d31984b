/* The items of a job, row by row, changed in place. */

import { addOutput } from "/static/job/output.js";
import { find, fromTemplate, setData, setText, showText } from "/static/shared/dom.js";
import { many } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { failureWords, statusWord, stepWords } from "/static/shared/words.js";

const rows = new Map();
const body = find("[data-items]");

function nameOf(item) {
  const name = item.filename || `Item ${item.index + 1}`;
  return item.step ? `${name} (step ${item.step + 1}: ${item.type})` : name;
}

function stateOf(item) {
  return item.cached ? "Earlier result" : statusWord(item);
}

function stepOf(item) {
  if (item.status === "queued" || item.status === "pending") return item.waiting_for || failureWords(item) || item.current_step || "";
  return stepWords(item);
}

function errorWords(error) {
  if (!error) return "";
  return [error.message, error.hint].filter(Boolean).join(" ");
}

function updateRow(row, item) {
  setData(row, "itemIndex", item.index);
  setData(row, "status", item.status);
  setText(find("[data-item-index]", row), String(item.index + 1));
  setText(find("[data-item-name]", row), nameOf(item));
  setText(find("[data-badge]", row), stateOf(item));
  setData(row, "step", item.step ?? 0);
  const bar = find("[data-progress]", row);
  bar.hidden = item.status !== "running";
  bar.value = item.progress ?? 0;
  bar.setAttribute("aria-label", `Progress of ${nameOf(item)}`);
  setText(find("[data-item-step]", row), stepOf(item));
  setText(find("[data-item-attempt]", row), item.attempt ? String(item.attempt) : "–");
  showText(find("[data-item-error]", row), errorWords(item.error));
}

function newRow(job) {
  const row = fromTemplate("[data-item-template]");
  body.append(row);
  return { row, updateOutput: addOutput(row, job.job_id), text: "" };
}

function drawItem(item, job) {
  const key = `${item.index}.${item.step ?? 0}`;
  if (!rows.has(key)) rows.set(key, newRow(job));
  const known = rows.get(key);
  const text = stringify(item);
  if (known.text === text) return;
  updateRow(known.row, item);
  known.updateOutput(item, nameOf(item));
  known.text = text;
}

/* A later step of a chain says for which one it waits. */
function withWaits(items) {
  const status = new Map(items.map((item) => [`${item.index}.${item.step}`, item.status]));
  return items.map((item) => {
    const before = status.get(`${item.index}.${item.step - 1}`);
    const waits = item.status === "pending" && before && before !== "completed";
    return waits ? { ...item, waiting_for: `Waits for step ${item.step}` } : item;
  });
}

export function drawItems(items, job) {
  withWaits(items).forEach((item) => drawItem(item, job));
  setText(find("[data-items-count]"), many(job.total_items, "item"));
}

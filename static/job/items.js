/* The items of a job, row by row, changed in place. */

import { addInput } from "/static/job/inputs.js";
import { addOutput } from "/static/job/output.js";
import { find, fromTemplate, setData, setText, showText } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { failureWords, statusWord, stepWords } from "/static/shared/words.js";
import { texts } from "/static/texts/job.js";

const rows = new Map();
const body = find("[data-items]");

const keyOf = (item) => `${item.index}.${item.step ?? 0}`;

function nameOf(item) {
  const name = item.filename || texts.itemName(item.index + 1);
  return item.step ? texts.itemStep(name, item.step + 1, item.type) : name;
}

function stateOf(item) {
  if (item.blocked_by) return texts.notRun;
  return item.cached ? texts.earlierResult : statusWord(item);
}

function stepOf(item) {
  if (item.blocked_by) return item.blocked_by;
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
  bar.setAttribute("aria-label", texts.progressOf(nameOf(item)));
  setText(find("[data-item-step]", row), stepOf(item));
  setText(find("[data-item-attempt]", row), item.attempt ? String(item.attempt) : "–");
  showText(find("[data-item-error]", row), errorWords(item.error));
}

const isBefore = (one, other) => one.index - other.index || one.step - other.step;

function newRow(job, item) {
  const row = fromTemplate("[data-item-template]");
  const later = [...rows.values()].filter((known) => isBefore(item, known.item) < 0).sort((a, b) => isBefore(a.item, b.item));
  body.insertBefore(row, later[0]?.row ?? null);
  return { row, updateOutput: addOutput(row, job.job_id), updateInput: addInput(row), item, text: "" };
}

function drawItem(item, job) {
  const key = keyOf(item);
  if (!rows.has(key)) rows.set(key, newRow(job, item));
  const known = rows.get(key);
  const text = stringify(item);
  if (known.text === text) return;
  updateRow(known.row, item);
  known.updateOutput(item, nameOf(item));
  known.updateInput(item, nameOf(item), job.total_items === 1);
  known.text = text;
}

/* What the filter leaves out is hidden, with what is open below it. */
function fitRows(items) {
  const keys = new Set(items.map(keyOf));
  for (const [key, { row }] of rows) {
    const hide = !keys.has(key);
    if (hide && row.contains(document.activeElement)) find("[data-item-filter] :checked").focus();
    row.hidden = hide;
    for (let below = row.nextElementSibling; below?.matches(".item-output"); below = below.nextElementSibling) below.hidden = hide;
  }
}

/* A later step of a chain says for which one it waits, or which one ended so that it never runs. */
function withWaits(items) {
  const status = new Map(items.map((item) => [keyOf(item), item.status]));
  return items.map((item) => {
    if (item.status !== "pending" || !item.step) return item;
    for (let step = 0; step < item.step; step += 1) {
      const before = status.get(`${item.index}.${step}`);
      if (before === "failed") return { ...item, blocked_by: texts.notRunFailed(step + 1) };
      if (before === "cancelled") return { ...item, blocked_by: texts.notRunCancelled(step + 1) };
    }
    const before = status.get(`${item.index}.${item.step - 1}`);
    return before && before !== "completed" ? { ...item, waiting_for: texts.waitsForStep(item.step) } : item;
  });
}

/** `items` are those that the filter lets through, in their order. */
export function drawItems(items, job) {
  fitRows(items);
  withWaits(items).forEach((item) => drawItem(item, job));
  find("[data-no-items]").hidden = items.length > 0;
  setText(find("[data-items-count]"), texts.items(job.total_items));
}

/* What runs: a row for each item, which stays in its place as long as the pointer is on the list. */

import { at } from "/static/shared/address.js";
import { find, make, setData, setText, showText, visible } from "/static/shared/dom.js";
import { bytes, elapsed } from "/static/shared/format.js";
import { act, fitActions } from "/static/shared/job-actions.js";
import { isMine, isOpen } from "/static/shared/user.js";
import { texts } from "/static/texts/running.js";
import { texts as shared } from "/static/texts/shared.js";

/* What has only just begun is over before anybody could read it. */
const SHORT_S = 1;
const TICK_MS = 1000;
const list = find("[data-running]");
const rows = new Map();
let types = new Map();
let isTold = true;

const keyOf = (item) => [item.job_id, item.index, item.step, item.attempt].join("/");
const isShown = (item) => item.elapsed_s === null || item.elapsed_s >= SHORT_S || rows.has(keyOf(item));

export function setTypes(found) {
  types = new Map(found.map((type) => [type.type, type]));
  for (const row of rows.values()) update(row, row.item);
}

/** Whether the consumers have told of all rows what they know. */
export const hasAllFigures = () => isTold;

function newRow(item) {
  const row = {};
  row.link = make("a", { title: item.filename, className: "running-name", dir: "auto", href: at(`/jobs/${encodeURIComponent(item.job_id)}`) }, item.filename);
  row.what = make("p", { className: "quiet" });
  row.time = make("p", { className: "running-time" });
  row.memory = make("p", { className: "quiet" });
  row.step = make("p", { className: "running-step", dir: "auto" });
  row.line = make("p", { className: "running-line", dir: "auto" });
  row.cancel = make("button", { type: "button", className: "button small", "data-action": "cancel" }, item.total_items > 1 ? texts.cancelJob : texts.cancel);
  row.node = make("li", { className: "running-item", "data-job-id": item.job_id, "data-item": keyOf(item) },
    make("div", { className: "running-what" }, row.link, row.what),
    make("div", { className: "running-figures" }, row.time, row.memory),
    make("div", { className: "running-said" }, row.step, row.line),
    make("div", { className: "running-end" }, row.cancel));
  return row;
}

function whatWords(item) {
  const place = item.total_items > 1 ? texts.place(item.index + 1, item.total_items) : "";
  const attempt = item.attempt > 1 ? texts.attempt(item.attempt) : "";
  const whose = isOpen() || isMine(item) ? "" : texts.of(item.owner);
  const where = item.machine ? texts.onMachine(item.machine) : "";
  return [place, types.get(item.type)?.label || item.type, item.queue, where, attempt, whose].filter(Boolean).join(" · ");
}

function drawTime(row) {
  const { item } = row;
  const limit = types.get(item.type)?.timeout_s;
  if (item.elapsed_s === null) return setText(row.time, "");
  const seconds = item.elapsed_s + (performance.now() - row.seenAt) / 1000;
  return setText(row.time, limit ? texts.ofLimit(elapsed(seconds), elapsed(limit)) : elapsed(seconds));
}

function memoryWords(item) {
  if (item.memory_bytes === null) return "";
  return item.memory_limit_bytes === null ? bytes(item.memory_bytes) : texts.ofLimit(bytes(item.memory_bytes), bytes(item.memory_limit_bytes));
}

function update(row, item) {
  row.item = item;
  row.seenAt = performance.now();
  setText(row.what, whatWords(item));
  drawTime(row);
  showText(row.memory, memoryWords(item));
  const percent = item.progress ? texts.percent(item.progress) : "";
  showText(row.step, item.cancel_requested ? shared.stopping : [percent, item.current_step].filter(Boolean).join(" · "));
  showText(row.line, item.last_line ?? "");
  row.line.title = visible(item.last_line ?? "");
  fitActions(row.node, { ...item, status: "running" }, row.link);
}

function remove(key) {
  const { node } = rows.get(key);
  const neighbour = node.nextElementSibling ?? node.previousElementSibling;
  if (node.contains(document.activeElement)) (neighbour ? find("a", neighbour) : find("#running-title")).focus();
  node.remove();
  rows.delete(key);
}

/** Removes the rows of what has ended. */
export function removeEnded() {
  for (const [key, row] of rows) {
    if (row.node.inert) remove(key);
  }
}

/* An inert row cannot have the focus. */
function end(row) {
  if (row.node.contains(document.activeElement)) find("#running-title").focus();
  row.node.inert = true;
  showText(row.step, texts.ended);
}

/** `isHeld`: rows that are over stay in their places for now. */
export function drawItems(items, isHeld) {
  const shown = items.filter(isShown);
  const keys = new Set(shown.map(keyOf));
  for (const [key, row] of rows) {
    if (keys.has(key)) continue;
    if (!isHeld) remove(key);
    else end(row);
  }
  for (const item of shown.sort((a, b) => (b.elapsed_s ?? 0) - (a.elapsed_s ?? 0))) {
    const key = keyOf(item);
    if (!rows.has(key)) {
      rows.set(key, newRow(item));
      list.append(rows.get(key).node);
    }
    update(rows.get(key), item);
    setData(rows.get(key).node, "cancelling", item.cancel_requested);
  }
  isTold = shown.every((item) => item.last_line !== null);
  drawRest(items.length - shown.length, shown.length);
}

function drawRest(count, shown) {
  const text = count ? texts.justStarted(count) : shown ? "" : texts.nothingRuns;
  showText(find("[data-running-rest]"), text);
}

/** `onChange()` is called after a cancel. */
export function startItems(onChange) {
  list.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    const { item } = rows.get(button.closest("[data-item]").dataset.item);
    await act(button, item);
    onChange();
  });
  setInterval(() => rows.forEach((row) => row.node.inert || drawTime(row)), TICK_MS);
}

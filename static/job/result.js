/* What came out: data, warnings and files of each completed item, and what the error of a failed one brings. */

import { fileList } from "/static/files/file-list.js";
import { drawResultTable } from "/static/job/results-table.js";
import { hasViewer, viewOf } from "/static/job/viewers.js";
import { fileAddress, filesAddress, resultAddress, tableAddress } from "/static/shared/api.js";
import { find, make } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { readingsIn, readingsNotice } from "/static/shared/readings.js";
import { texts } from "/static/texts/job.js";

const drawn = new Map();
const box = find("[data-result]");
const nameOf = (item) => item.filename || texts.itemName(item.index + 1);

function address(job, item, file) {
  const url = file.url && new URL(file.url, location.href);
  return url && url.origin === location.origin ? url.href : fileAddress(job.job_id, item.index, file.name);
}

function fileUrlIn(job, item, files) {
  return (name) => {
    const file = files.find((entry) => entry.name === name);
    return file ? address(job, item, file) : null;
  };
}

function warning({ code, message, where }) {
  const place = where ? make("span", { className: "warning-where", dir: "auto" }, ` ${where}`) : null;
  return make("li", { title: code ?? "" }, make("span", { dir: "auto" }, message), place);
}

/* What a running item has given so far. */
function partialNode(job, item) {
  return make("section", { className: "result-item", "data-partial-item": item.index },
    make("h3", { dir: "auto" }, texts.soFar(nameOf(item))),
    viewOf(item.partial, { job, item, fileUrl: () => null }));
}

/* An empty object says nothing beside files. */
const says = (data, files) =>
  data !== null && data !== undefined && (!files.length || typeof data !== "object" || Object.keys(data).length > 0);

function itemNode(job, item) {
  const files = item.files ?? [];
  const warnings = item.warnings ?? [];
  const hasData = says(item.data, files);
  const addressed = files.map((file) => ({ ...file, url: address(job, item, file) }));
  /* A type with a viewer shows what matters of its files itself. */
  const { list, area } = fileList(addressed, { opensAlone: !hasViewer(item.type) });
  const title = job.total_items > 1 ? make("h3", { dir: "auto" }, nameOf(item)) : null;
  return make("section", { className: "result-item", "data-result-item": item.index },
    title,
    warnings.length ? make("ul", { className: "warnings", "aria-label": texts.warnings }, ...warnings.map(warning)) : null,
    readingsNotice(readingsIn(item.data?.readings)),
    files.length ? list : null,
    hasData ? viewOf(item.data, { job, item, fileUrl: fileUrlIn(job, item, files) }) : null,
    area,
    !hasData && !files.length ? make("p", { className: "quiet" }, texts.nothingToShow) : null);
}

const errorData = (item) => (item.status === "failed" ? item.error?.data ?? null : null);

function failedNode(job, item) {
  const title = job.total_items > 1 ? make("h3", { dir: "auto" }, nameOf(item)) : null;
  return make("section", { className: "result-item", "data-result-item": item.index },
    title,
    make("p", { dir: "auto" }, item.error.message),
    viewOf(errorData(item), { job, item }));
}

/* An item that did not change keeps its node, and with it what the reader has opened. */
function nodeFor(job, item) {
  const isPartial = item.status === "running";
  const text = stringify([isPartial, item.partial, item.data, item.files, item.warnings, item.error]);
  const key = `${item.index}.${item.step ?? 0}`;
  const draw = isPartial ? partialNode : errorData(item) ? failedNode : itemNode;
  if (drawn.get(key)?.text !== text) drawn.set(key, { text, node: draw(job, item) });
  return drawn.get(key).node;
}

/* The nodes that are there already stay as they are. */
function show(nodes) {
  if (nodes.length !== box.children.length || nodes.some((node, place) => box.children[place] !== node)) box.replaceChildren(...nodes);
}

function drawDownloads(job, items, isFinal) {
  /* Of a chain it may be that no item completed all steps. */
  const done = isFinal && job.completed_items ? items.filter((item) => item.status === "completed") : [];
  const files = done.flatMap((item) => item.files ?? []);
  const links = [
    ["[data-download-files]", files.length > 1, filesAddress(job.job_id), "zip"],
    ["[data-download-table]", done.length && job.total_items > 1, tableAddress(job.job_id), "csv"],
    ["[data-download-json]", done.length, resultAddress(job.job_id), "json"],
  ];
  for (const [selector, isThere, href, suffix] of links) {
    const link = find(selector);
    link.hidden = !isThere;
    link.href = href;
    link.download = `${job.name}.${suffix}`;
  }
}

/** The result of the only item, or those of several as a table with the viewer of the chosen one. */
export function drawResult(job, items, { isFinal }) {
  const shown = items.filter((item) => item.status === "completed" || "partial" in item || errorData(item));
  if (job.total_items > 1) {
    drawResultTable(shown, (item) => show([nodeFor(job, item)]));
    if (!shown.length) show([]);
  } else show(shown.map((item) => nodeFor(job, item)));
  find("[data-result-section]").hidden = !shown.length;
  drawDownloads(job, items, isFinal);
}

/** In place of a result, for one that is there no more. */
export function drawNoResult(text) {
  drawn.clear();
  box.replaceChildren(make("p", { className: "quiet" }, text));
  find("[data-result-section]").hidden = false;
  find("[data-result-table]").hidden = true;
  for (const link of document.querySelectorAll("[data-downloads] a")) link.hidden = true;
}

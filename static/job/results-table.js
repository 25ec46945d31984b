/* The results of several items as one table; the viewer of the chosen one stands below it. */

import { find, make, setText } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { statusWord } from "/static/shared/words.js";
import { texts } from "/static/texts/job.js";

const MOST_COLUMNS = 4;
const MOST_TEXT = 60;
const body = find("[data-result-rows]");
const drawn = new Map();
let chosen = null;
let columns = "";

const isShort = (value) => ["number", "bigint", "boolean"].includes(typeof value) || (typeof value === "string" && value.length <= MOST_TEXT);
const isObject = (data) => data !== null && typeof data === "object" && !Array.isArray(data);
const keyOf = (item) => `${item.index}.${item.step ?? 0}`;
const words = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

/* Short values that most items have. */
function columnsOf(items) {
  const counts = new Map();
  for (const { data } of items) {
    for (const [name, value] of isObject(data) ? Object.entries(data) : []) if (isShort(value)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count * 2 >= items.length).slice(0, MOST_COLUMNS).map(([name]) => name);
}

function outputWords(item) {
  const files = item.files ?? [];
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const parts = [files.length ? texts.output(files.length, bytes(size)) : "", item.warnings?.length ? texts.warningCount(item.warnings.length) : ""];
  return item.status === "completed" ? parts.filter(Boolean).join(" · ") || "–" : statusWord(item);
}

const isNumber = (value) => typeof value === "number" || typeof value === "bigint";
const YES = new Map([[true, texts.yes], [false, texts.no], [undefined, "–"]]);
const cell = (value) => make("td", { role: "cell", className: isNumber(value) ? "number" : "", dir: "auto" }, YES.get(value) ?? String(value));

function row(item, names, choose) {
  const button = make("button", { type: "button", className: "result-choice", dir: "auto" }, item.filename || texts.itemName(item.index + 1));
  button.addEventListener("click", () => choose(item));
  const data = isObject(item.data) ? item.data : {};
  const node = make("tr", { role: "row", "data-result-row": item.index },
    make("td", { role: "cell", className: "number" }, String(item.index + 1)),
    make("th", { scope: "row", role: "rowheader" }, button),
    ...names.map((name) => cell(isShort(data[name]) ? data[name] : undefined)),
    make("td", { role: "cell" }, outputWords(item)));
  node.addEventListener("click", (event) => event.target === button || choose(item));
  return node;
}

function drawHead(names, items) {
  const isNumeric = (name) => items.some(({ data }) => isObject(data) && isNumber(data[name]));
  const heads = [["#", true], [texts.columnItem], ...names.map((name) => [words(name), isNumeric(name)]), [texts.columnOutput]];
  find("[data-result-head]").replaceChildren(...heads.map(([name, isRight]) =>
    make("th", { role: "columnheader", scope: "col", className: isRight ? "number" : "" }, name)));
}

function mark(key) {
  for (const [each, { node }] of drawn) {
    find("button", node).setAttribute("aria-current", String(each === key));
    node.toggleAttribute("data-chosen", each === key);
  }
}

/** Draws the rows of `items`; `show(item)` shows the chosen one, at first the first. */
export function drawResultTable(items, show) {
  find("[data-result-table]").hidden = !items.length;
  const names = columnsOf(items);
  if (stringify(names) !== columns) {
    drawn.clear();
    drawHead(names, items);
  }
  columns = stringify(names);
  const choose = (item) => {
    chosen = keyOf(item);
    mark(chosen);
    show(item);
  };
  const nodes = items.map((item) => {
    const text = stringify([item.data, item.files, item.warnings, item.status]);
    if (drawn.get(keyOf(item))?.text !== text) drawn.set(keyOf(item), { text, node: row(item, names, choose) });
    return drawn.get(keyOf(item)).node;
  });
  const focused = body.contains(document.activeElement) ? document.activeElement.closest("tr").dataset.resultRow : null;
  if (nodes.length !== body.children.length || nodes.some((node, place) => body.children[place] !== node)) body.replaceChildren(...nodes);
  if (focused && !body.contains(document.activeElement)) body.querySelector(`[data-result-row="${focused}"] button`)?.focus({ preventScroll: true });
  const current = items.find((item) => keyOf(item) === chosen) ?? items[0];
  if (current) choose(current);
}

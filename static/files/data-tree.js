/* Any JSON as something to read: objects as definition lists, lists of objects as tables, the long folded.
   What says that it is a table or Markdown is shown as that. */

import { markdownNode } from "/static/files/markdown.js";
import { tableNode } from "/static/files/table.js";
import { make, setText } from "/static/shared/dom.js";
import { texts } from "/static/texts/files.js";

const ROWS = 20;
const ENTRIES = 60;
const TEXT = 600;
const OPEN_LEVELS = 4;

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isEmpty = (value) => value !== null && typeof value === "object" && Object.keys(value).length === 0;
/* Names given by job code become words; names from the user's own data stay as they are. */
const term = (name) => (/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(name) ? name.replaceAll("_", " ") : name);

function showAll(label, onShow) {
  const button = make("button", { type: "button", className: "button small fold" }, label);
  button.addEventListener("click", () => onShow(button));
  return button;
}

function textNode(text) {
  if (/^https?:\/\/\S+$/.test(text)) return make("a", { href: text, rel: "noopener noreferrer", target: "_blank" }, text);
  const node = make("span", { className: "value-text", dir: "auto" }, text.slice(0, TEXT));
  if (text.length <= TEXT) return node;
  node.append("…");
  const more = showAll(texts.allCharacters(text.length), () => {
    setText(node, text);
    more.remove();
  });
  return make("div", {}, node, more);
}

function scalar(value) {
  if (value === null) return make("span", { className: "value-none" }, "–");
  if (value === "") return make("span", { className: "value-none" }, "–");
  if (typeof value === "boolean") return make("span", {}, value ? texts.yes : texts.no);
  if (typeof value === "number" || typeof value === "bigint") return make("span", { className: "value-number" }, String(value));
  return textNode(value);
}

/* Rows are added in place, so what the reader has opened stays open. */
function folded(parent, children, limit, label) {
  const nodes = children.slice(0, limit).map((build) => build());
  parent.append(...nodes.flat());
  if (children.length <= limit) return null;
  return showAll(label(children.length), (button) => {
    parent.append(...children.slice(limit).flatMap((build) => build()));
    button.remove();
  });
}

function closed(value) {
  const count = Array.isArray(value) ? texts.entries(value.length) : texts.fields(Object.keys(value).length);
  const details = make("details", { className: "deep" }, make("summary", {}, count));
  /* Built when opened: depth and size of a result are not ours to trust. */
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(tree(value, 0));
  });
  return details;
}

function definitions(value, depth) {
  const list = make("dl", { className: "tree" });
  const entries = Object.entries(value).map(([name, inner]) => () => {
    const wide = inner !== null && typeof inner === "object" && !isEmpty(inner);
    return make("div", { className: wide ? "entry wide" : "entry" },
      make("dt", { title: name, dir: "auto" }, term(name)), make("dd", {}, tree(inner, depth + 1)));
  });
  const more = folded(list, entries, ENTRIES, texts.allFields);
  return more ? make("div", {}, list, more) : list;
}

/* Amounts come as texts such as "1234.50", so that no cent is lost. */
const isAmount = (value) => typeof value === "number" || typeof value === "bigint" || /^-?\d+\.\d+$/.test(value);
const isBlank = (value) => value === undefined || value === null || value === "";

function cell(value) {
  return make("td", { className: isAmount(value) ? "number" : "" }, isBlank(value) ? "" : tree(value, OPEN_LEVELS));
}

function table(rows) {
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const numeric = (column) => rows.every((row) => isBlank(row[column]) || isAmount(row[column]));
  const head = columns.map((column) =>
    make("th", { scope: "col", title: column, dir: "auto", className: numeric(column) ? "number" : "" }, term(column)));
  const body = make("tbody");
  const builds = rows.map((row) => () => make("tr", {}, ...columns.map((column) => cell(row[column]))));
  const more = folded(body, builds, ROWS, texts.allRows);
  const scroll = make("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": texts.table },
    make("table", { className: "data" }, make("thead", {}, make("tr", {}, ...head)), body));
  return make("div", { className: "table-block" }, scroll, more);
}

function bullets(values, depth) {
  const list = make("ul", { className: "values" });
  const more = folded(list, values.map((value) => () => make("li", {}, tree(value, depth + 1))), ROWS, texts.allEntries);
  return more ? make("div", {}, list, more) : list;
}

/* Data that says how it is meant: {"table": {columns, rows, total_rows}} and {"markdown": text}. */
function meant(value) {
  const [name, ...more] = Object.keys(value);
  const { table: given, markdown: text } = value;
  if (more.length) return null;
  if (name === "markdown" && typeof text === "string") return markdownNode(text);
  const isTable = name === "table" && Array.isArray(given?.columns) && Array.isArray(given.rows) && given.rows.every(Array.isArray);
  return isTable ? tableNode({ columns: given.columns, rows: given.rows, total: given.total_rows }) : null;
}

export function tree(value, depth = 0) {
  if (value === null || typeof value !== "object") return scalar(value);
  if (isEmpty(value)) return make("span", { className: "value-none" }, "–");
  const shown = meant(value);
  if (shown) return shown;
  if (depth >= OPEN_LEVELS) return closed(value);
  if (isObject(value)) return definitions(value, depth);
  return value.every((row) => isObject(row) && !isEmpty(row)) ? table(value) : bullets(value, depth);
}

/* A table that can be sorted by a column and filtered. Only the rows on view are in the page. */

import { columnOf, isBlank, sorted } from "/static/files/values.js";
import { make, setText } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/files.js";

const ROWS = 100;
const MORE = 400;
const COLUMNS = 100;
const FILTER_FROM = 10;
const REST_MS = 150;
const TEXT = 300;
const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

const words = (value) => {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? stringify(value) : String(value);
};

function cell(value, isNumber) {
  const text = words(value);
  const shown = text.length > TEXT ? `${text.slice(0, TEXT)}…` : text;
  return make("td", { className: isNumber ? "number" : "", dir: isNumber ? undefined : "auto", title: shown === text ? undefined : text.slice(0, 5000) }, shown);
}

class Table {
  constructor({ columns, rows, label, total }) {
    this.rows = rows;
    this.known = total ?? rows.length;
    this.names = columns.slice(0, COLUMNS);
    this.kinds = this.names.map((_, place) => columnOf(rows.slice(0, 5000).map((row) => row[place])));
    this.order = rows.map((_, place) => place);
    this.found = this.order;
    this.words = "";
    this.body = make("tbody");
    this.status = make("p", { className: "quiet table-count", role: "status" });
    this.more = make("button", { type: "button", className: "button small" }, texts.moreRows);
    this.more.addEventListener("click", () => this.add(MORE));
    this.heads = this.names.map((name, place) => this.head(name, place));
    this.table = make("table", { className: "data sheet" },
      make("caption", { className: "visually-hidden" }, label), make("thead", {}, make("tr", {}, ...this.heads)), this.body);
    this.scroll = make("div", { className: "scroll sheet-scroll", tabIndex: 0, role: "group", "aria-label": label }, this.table);
    this.draw();
  }

  head(name, place) {
    const button = make("button", { type: "button", className: "sort" }, make("span", { dir: "auto" }, words(name) || "–"));
    const node = make("th", { scope: "col", "aria-sort": "none", className: this.kinds[place].kind === "number" ? "number" : "" }, button);
    button.addEventListener("click", () => this.sort(place, node));
    return node;
  }

  sort(place, head) {
    const next = NEXT[head.getAttribute("aria-sort")];
    for (const other of this.heads) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", next);
    const values = this.rows.map((row) => row[place]);
    this.order = next === "none" ? values.map((_, row) => row) : sorted(values, this.kinds[place], next === "descending");
    this.filter(this.words);
  }

  filter(text) {
    this.words = text;
    const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.texts ??= parts.length ? this.rows.map((row) => row.map(words).join("\n").toLowerCase()) : undefined;
    this.found = parts.length ? this.order.filter((row) => parts.every((part) => this.texts[row].includes(part))) : this.order;
    this.draw();
  }

  draw() {
    this.body.replaceChildren();
    this.scroll.scrollTop = 0;
    this.add(ROWS);
  }

  add(count) {
    const from = this.body.children.length;
    const places = this.found.slice(from, from + count);
    this.body.append(...places.map((place) => make("tr", {},
      ...this.names.map((_, column) => cell(this.rows[place][column], this.kinds[column].kind === "number")))));
    const shown = from + places.length;
    this.more.hidden = shown === this.found.length;
    setText(this.status, texts.rowCount({ shown, found: this.found.length, total: this.known, isFiltered: this.words !== "" }));
  }
}

function filterField(table, label) {
  const input = make("input", { type: "search", placeholder: texts.filterRows, "aria-label": texts.filterRowsOf(label), className: "table-filter", autocomplete: "off" });
  let timer = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => table.filter(input.value.trim()), REST_MS);
  });
  return input;
}

/** `columns` are names, `rows` lists of values; `total` is how many rows there are where `rows` are only the first.
    `note` says what else is not shown. */
export function tableNode({ columns, rows, label = texts.table, total = null, note = "" }) {
  const table = new Table({ columns, rows, label, total });
  const left = columns.length > COLUMNS ? texts.firstColumns(COLUMNS) : "";
  const notes = [left, note].filter(Boolean).join(" ");
  const tools = make("div", { className: "table-tools" }, rows.length >= FILTER_FROM ? filterField(table, label) : null, table.status);
  return make("div", { className: "table-block" }, tools, table.scroll, table.more, notes ? make("p", { className: "quiet" }, notes) : null);
}

/* Whether a text names a column: a year may, another number or a date does not. */
const isName = (text) => !isBlank(text) && (/^(19|20)\d\d$/.test(text) || columnOf([text]).kind === "text");

const letters = (place) => (place < 26 ? "" : letters(Math.floor(place / 26) - 1)) + String.fromCharCode(65 + (place % 26));

/** {columns, rows} of all rows of a sheet: its first row where that names the columns, else A, B, C. */
export function withHead(all) {
  const width = Math.min(all.reduce((most, row) => Math.max(most, row.length), 0), 16_384);
  const [first = [], ...rest] = all;
  const named = first.map((value) => String(value ?? "").trim());
  const filled = named.filter(Boolean);
  /* The column of an index has no name where pandas writes it. */
  const isHead = rest.length > 0 && filled.length > 0 && filled.length >= width - 1 && named.slice(1, width).every(Boolean)
    && filled.every(isName) && new Set(filled).size === filled.length;
  const columns = Array.from({ length: width }, (_, place) => (isHead ? named[place] ?? "" : letters(place)));
  return { columns, rows: isHead ? rest : all };
}

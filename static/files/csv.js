/* CSV and its relatives as a table: the delimiter and the quotes are found by what gives even rows. */

import { textOf } from "/static/files/encoding.js";
import { NotShown } from "/static/files/not-shown.js";
import { tableNode, withHead } from "/static/files/table.js";
import { getStart } from "/static/shared/api.js";
import { bytes } from "/static/shared/format.js";
import { texts } from "/static/texts/files.js";

const MOST = 5 * 1024 * 1024;
const PROBE_ROWS = 50;
const PROBE_CHARACTERS = 64 * 1024;

/* A quote inside two quotes is doubled; one inside a field without quotes is itself. */
class Reader {
  constructor(text, { delimiter, quote }) {
    Object.assign(this, { text, delimiter, quote, place: 0, isOpen: false });
  }

  field() {
    const { text, quote } = this;
    if (!quote || text[this.place] !== quote) return this.bare();
    let value = "";
    let from = this.place + 1;
    for (;;) {
      const end = text.indexOf(quote, from);
      if (end === -1) {
        this.isOpen = true;
        this.place = text.length;
        return value + text.slice(from);
      }
      value += text.slice(from, end);
      if (text[end + 1] !== quote) {
        this.place = end + 1;
        return value + this.bare();
      }
      value += quote;
      from = end + 2;
    }
  }

  bare() {
    const { text, delimiter, place } = this;
    let end = place;
    while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end += 1;
    this.place = end;
    return text.slice(place, end);
  }

  row() {
    const row = [];
    for (;;) {
      row.push(this.field());
      if (this.text[this.place] !== this.delimiter) break;
      this.place += 1;
    }
    if (this.text[this.place] === "\r") this.place += 1;
    if (this.text[this.place] === "\n") this.place += 1;
    return row;
  }

  rows(most = Infinity) {
    const rows = [];
    while (this.place < this.text.length && rows.length < most) {
      const row = this.row();
      if (row.length > 1 || row[0] !== "") rows.push(row);
    }
    return rows;
  }
}

/* How even the rows are, and then how wide: one column is what any delimiter finds that is not there. */
function score(text, dialect) {
  const reader = new Reader(text, dialect);
  const widths = reader.rows(PROBE_ROWS).map((row) => row.length);
  if (reader.place >= text.length && widths.length > 1) widths.pop();
  const counts = new Map();
  for (const width of widths) counts.set(width, (counts.get(width) ?? 0) + 1);
  const [width, count] = [...counts].sort((one, two) => two[1] - one[1] || two[0] - one[0])[0] ?? [1, 0];
  return width === 1 ? 0 : count / widths.length + Math.min(width, 50) / 1000;
}

function dialectOf(text, name) {
  const said = text.match(/^sep=(.)\r?\n/i);
  const start = text.slice(0, PROBE_CHARACTERS);
  const delimiters = said ? [said[1]] : [/\.tsv$|\.tab$/i.test(name) ? "\t" : ",", ";", "\t", "|", ","];
  const quotes = /(^|[,;\t|\n])'[^'\n]*'($|[,;\t|\r\n])/.test(start) && !start.includes('"') ? ["'", '"'] : ['"'];
  const dialects = quotes.flatMap((quote) => delimiters.map((delimiter) => ({ delimiter, quote })));
  const [best] = dialects.map((dialect) => ({ dialect, score: score(start, dialect) })).sort((one, two) => two.score - one.score);
  return { ...best.dialect, from: said ? said[0].length : 0 };
}

/** The rows of a text, each a list of texts. */
export function rowsOf(text, name, isCut) {
  const { from, ...dialect } = dialectOf(text, name);
  const reader = new Reader(text.slice(from), dialect);
  const rows = reader.rows();
  /* A quote that never ends is no quote. */
  if (reader.isOpen && !isCut) return new Reader(text.slice(from), { ...dialect, quote: "" }).rows();
  return isCut ? rows.slice(0, -1) : rows;
}

export async function show(file) {
  const isCut = file.size > MOST;
  const { columns, rows } = withHead(rowsOf(textOf(await getStart(file.url, MOST)), file.name, isCut));
  if (!columns.length) throw new NotShown(texts.noRows);
  const note = isCut ? texts.cutTable(bytes(MOST), bytes(file.size), rows.length) : "";
  return tableNode({ columns, rows, label: file.name, note });
}

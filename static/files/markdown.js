/* Markdown as nodes of the page. Whatever is written in it becomes text: HTML is shown as it is, links
   lead to web and mail addresses only, and images are those among the output files. */

import { textOf } from "/static/files/encoding.js";
import { inline } from "/static/files/markdown-inline.js";
import { getStart } from "/static/shared/api.js";
import { make } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";
import { texts } from "/static/texts/files.js";

const MOST = 256 * 1024;
const DEPTH = 12;
/* A heading of the text is below those of the page. */
const LEVELS_ABOVE = 3;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ENTRY = /^( {0,3})([-*+]|\d{1,9}[.)])([ \t]+|$)/;
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
const DIVIDER = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const TASK = /^\[([ xX])\][ \t]+/;
const isBlank = (line) => line.trim() === "";
const indentOf = (line) => line.match(/^ */)[0].length;

const cellsOf = (line) => line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

class Blocks {
  constructor(lines, about, depth) {
    Object.assign(this, { lines, about, depth, at: 0, nodes: [] });
  }

  get line() {
    return this.lines[this.at];
  }

  inner(lines) {
    if (this.depth >= DEPTH) return [make("p", {}, lines.join("\n"))];
    return new Blocks(lines, this.about, this.depth + 1).all();
  }

  all() {
    while (this.at < this.lines.length) {
      if (isBlank(this.line)) this.at += 1;
      else this.nodes.push(this.fenced() ?? this.heading() ?? this.rule() ?? this.quote() ?? this.list() ?? this.table() ?? this.indented() ?? this.paragraph());
    }
    return this.nodes;
  }

  /* Lines from here on, while `isPart(line)`. */
  take(isPart) {
    const from = this.at;
    while (this.at < this.lines.length && isPart(this.line)) this.at += 1;
    return this.lines.slice(from, this.at);
  }

  fenced() {
    const [, mark, language] = this.line.match(FENCE) ?? [];
    if (!mark) return null;
    const indent = indentOf(this.line);
    this.at += 1;
    const isEnd = (line) => line.trim().length >= mark.length && line.trim() === mark[0].repeat(line.trim().length);
    const code = this.take((line) => !isEnd(line)).map((line) => line.slice(Math.min(indent, indentOf(line))));
    this.at += 1;
    return this.code(code, language.trim());
  }

  code(lines, language = "") {
    return make("pre", { className: "printed", tabIndex: 0, role: "group", "aria-label": language ? texts.codeIn(language) : texts.code }, make("code", {}, lines.join("\n")));
  }

  headed(level, text) {
    return make(`h${Math.min(6, level + LEVELS_ABOVE)}`, { className: `md-h${level}`, dir: "auto" }, ...inline(text, this.about));
  }

  heading() {
    const [, marks, text] = this.line.match(HEADING) ?? [];
    if (!marks) return null;
    this.at += 1;
    return this.headed(marks.length, text ?? "");
  }

  rule() {
    if (!RULE.test(this.line)) return null;
    this.at += 1;
    return make("hr");
  }

  quote() {
    if (!QUOTE.test(this.line)) return null;
    const lines = this.take((line) => QUOTE.test(line) || (!isBlank(line) && !this.begins(line)));
    return make("blockquote", {}, ...this.inner(lines.map((line) => line.replace(QUOTE, ""))));
  }

  /* Whether a line begins something that ends a paragraph. */
  begins(line) {
    return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ENTRY.test(line);
  }

  list() {
    const first = this.line.match(ENTRY);
    if (!first) return null;
    const isOrdered = /\d/.test(first[2]);
    const mark = first[2].at(-1);
    const entries = [];
    let isLoose = false;
    for (;;) {
      const found = this.at < this.lines.length && !RULE.test(this.line) && this.line.match(ENTRY);
      if (!found || found[2].at(-1) !== mark || /\d/.test(found[2]) !== isOrdered) break;
      const lines = this.entry(found);
      isLoose ||= lines.slice(0, -1).some(isBlank) && lines.some((line) => !isBlank(line));
      entries.push(lines);
    }
    isLoose ||= entries.slice(0, -1).some((lines) => isBlank(lines.at(-1)));
    return make(isOrdered ? "ol" : "ul", isOrdered ? { start: Number.parseInt(first[2], 10) } : {}, ...entries.map((lines) => this.listed(lines, isLoose)));
  }

  entry([whole, indent, mark, space]) {
    const width = space.length > 4 || space === "" ? indent.length + mark.length + 1 : whole.length;
    const lines = [this.line.slice(width)];
    this.at += 1;
    while (this.at < this.lines.length) {
      const { line } = this;
      const isInside = isBlank(line) || indentOf(line) >= width;
      const isLazy = !isInside && !this.begins(line) && !isBlank(lines.at(-1));
      if (!isInside && !isLazy) break;
      lines.push(isInside ? line.slice(width) : line.trimStart());
      this.at += 1;
    }
    /* The blank lines behind an entry say that the list is loose, if it goes on. */
    while (lines.length > 2 && isBlank(lines.at(-1)) && isBlank(lines.at(-2))) lines.pop();
    return lines;
  }

  listed(lines, isLoose) {
    const task = lines[0].match(TASK);
    const nodes = this.inner(task ? [lines[0].slice(task[0].length), ...lines.slice(1)] : lines);
    const shown = isLoose ? nodes : nodes.flatMap((node) => (node.tagName === "P" ? [...node.childNodes] : [node]));
    if (!task) return make("li", { dir: "auto" }, ...shown);
    const isDone = task[1] !== " ";
    const box = make("input", { type: "checkbox", checked: isDone, disabled: true, "aria-label": isDone ? texts.done : texts.toDo });
    return make("li", { className: "task", dir: "auto" }, box, make("div", {}, ...shown));
  }

  table() {
    const divider = this.lines[this.at + 1] ?? "";
    if (!this.line.includes("|") || !DIVIDER.test(divider) || cellsOf(this.line).length !== cellsOf(divider).length) return null;
    const sides = cellsOf(divider).map((cell) => (/^:-+:$/.test(cell) ? "center" : /-:$/.test(cell) ? "number" : ""));
    const head = cellsOf(this.line);
    this.at += 2;
    const rows = this.take((line) => !isBlank(line) && !this.begins(line)).map(cellsOf);
    const row = (tag, cells) => make("tr", {}, ...sides.map((side, place) => make(tag, { className: side, dir: "auto" }, ...inline(cells[place] ?? "", this.about))));
    return make("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": texts.table },
      make("table", { className: "data" }, make("thead", {}, row("th", head)), make("tbody", {}, ...rows.map((cells) => row("td", cells)))));
  }

  indented() {
    if (indentOf(this.line) < 4) return null;
    const lines = this.take((line) => isBlank(line) || indentOf(line) >= 4).map((line) => line.slice(4));
    while (isBlank(lines.at(-1))) lines.pop();
    return this.code(lines);
  }

  paragraph() {
    const from = this.at;
    for (this.at += 1; this.at < this.lines.length && !isBlank(this.line); this.at += 1) {
      const under = this.line.match(UNDERLINE);
      if (under) {
        this.at += 1;
        return this.headed(under[1][0] === "=" ? 1 : 2, this.lines.slice(from, this.at - 1).join("\n").trim());
      }
      if (this.begins(this.line)) break;
    }
    const text = this.lines.slice(from, this.at).map((line) => line.trimStart()).join("\n");
    return make("p", { dir: "auto" }, ...inline(text, this.about));
  }
}

/* [name]: address, which links name. */
function definitions(lines) {
  const links = new Map();
  let isCode = false;
  const left = lines.filter((line) => {
    if (FENCE.test(line)) isCode = !isCode;
    const found = isCode ? null : line.match(/^ {0,3}\[([^\]^][^\]]*)\]:\s+<?([^\s>]+)>?(?:\s+["'(].*["')])?\s*$/);
    if (found) links.set(found[1].toLowerCase(), found[2]);
    return !found;
  });
  return { links, left };
}

/** Markdown as a node; `urlOf(name)` is the address of an output file, null without one. */
export function markdownNode(text, urlOf = () => null) {
  const { links, left } = definitions(text.replaceAll("\t", "    ").split(/\r\n?|\n/));
  return make("div", { className: "markdown" }, ...new Blocks(left, { links, urlOf }, 0).all());
}

export async function show(file) {
  const node = markdownNode(textOf(await getStart(file.url, MOST)), file.urlOf);
  if (file.size <= MOST) return node;
  return make("div", {}, node, make("p", { className: "quiet" }, texts.firstPart(bytes(MOST), bytes(file.size))));
}

/* The sheets of an Excel workbook as tables, read without a library. */

import { cellReader } from "/static/files/xlsx-cells.js";
import { NotShown } from "/static/files/not-shown.js";
import { tableNode, withHead } from "/static/files/table.js";
import { contentOf, entriesOf } from "/static/files/zip.js";
import { getStart } from "/static/shared/api.js";
import { make } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";
import { texts } from "/static/texts/files.js";

const MB = 1024 * 1024;
const MOST_FILE = 20 * MB;
const MOST_PART = 16 * MB;
const MOST_SHEET = 6 * MB;
const LIMIT_SHEET = 256 * MB;
const MAIN = "xl/workbook.xml";

const all = (root, name) => [...root.getElementsByTagNameNS("*", name)];

function xmlOf(text) {
  /* No writer of workbooks declares entities, which can unfold without end. */
  if (text.includes("<!DOCTYPE")) throw new NotShown(texts.documentType);
  const root = new DOMParser().parseFromString(text, "application/xml");
  if (all(root, "parsererror").length) throw new NotShown(texts.badXml);
  return root;
}

/* The rows that are whole, of a sheet that is cut off. */
function wholeRows(text) {
  const last = [...text.matchAll(/<\/([\w.-]+:)?row>/g)].at(-1);
  if (!last) throw new NotShown(texts.largeRow);
  const prefix = last[1] ?? "";
  return `${text.slice(0, last.index)}${last[0]}</${prefix}sheetData></${prefix}worksheet>`;
}

class Workbook {
  constructor(content) {
    this.entries = entriesOf(content);
  }

  async part(name, most = MOST_PART, limit = MOST_PART) {
    const entry = this.entries.get(name);
    if (!entry) return null;
    const { content, isCut } = await contentOf(entry, most, limit);
    const text = new TextDecoder().decode(content, { stream: isCut });
    return { root: xmlOf(isCut ? wholeRows(text) : text), isCut };
  }

  /** [{name, path}] of the sheets, in their order. */
  async sheets() {
    const book = await this.part(MAIN);
    const links = await this.part("xl/_rels/workbook.xml.rels");
    if (!book || !links) throw new NotShown(texts.notWorkbook);
    const targets = new Map(all(links.root, "Relationship").map((link) => [link.getAttribute("Id"), link.getAttribute("Target")]));
    const found = all(book.root, "sheet").map((sheet) => {
      const id = [...sheet.attributes].find(({ localName, prefix }) => localName === "id" && prefix)?.value;
      const target = targets.get(id) ?? "";
      const isHidden = sheet.hasAttribute("state") && sheet.getAttribute("state") !== "visible";
      const name = sheet.getAttribute("name") ?? texts.sheet;
      return { name: isHidden ? texts.hiddenSheet(name) : name, path: target.startsWith("/") ? target.slice(1) : `xl/${target}` };
    });
    this.cells = cellReader({
      strings: (await this.part("xl/sharedStrings.xml"))?.root,
      styles: (await this.part("xl/styles.xml"))?.root,
      startsIn1904: /^(1|true)$/.test(all(book.root, "workbookPr")[0]?.getAttribute("date1904") ?? ""),
    });
    return found.filter(({ path }) => this.entries.has(path));
  }

  async node({ name, path }) {
    const { root, isCut } = await this.part(path, MOST_SHEET, LIMIT_SHEET);
    const found = all(root, "row").map((row) => this.cells(row)).filter((row) => row.some((value) => value !== ""));
    const { columns, rows } = withHead(found);
    if (!columns.length) return make("p", { className: "quiet" }, texts.emptySheet);
    const note = isCut ? texts.cutSheet(bytes(MOST_SHEET), rows.length) : "";
    return tableNode({ columns, rows, label: name, note });
  }
}

/* Tabs as screen readers know them: the arrow keys go from one to the next. */
function tabsOf(sheets, draw) {
  const tabs = sheets.map(({ name }, place) => make("button", { type: "button", role: "tab", className: "sheet-tab", "aria-selected": "false", tabIndex: -1, "data-sheet": place, dir: "auto" }, name));
  const choose = (place) => {
    tabs.forEach((tab, number) => {
      tab.setAttribute("aria-selected", String(number === place));
      tab.tabIndex = number === place ? 0 : -1;
    });
    return draw(sheets[place]);
  };
  const list = make("div", { role: "tablist", className: "sheet-tabs", "aria-label": texts.sheets }, ...tabs);
  list.addEventListener("click", ({ target }) => target.closest("[data-sheet]") && choose(Number(target.closest("[data-sheet]").dataset.sheet)));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const place = (tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length;
    event.preventDefault();
    tabs[place].focus();
    choose(place);
  });
  return { list, choose };
}

export async function show(file) {
  if (file.size > MOST_FILE) throw new NotShown(texts.largeWorkbook(bytes(file.size), bytes(MOST_FILE)));
  const content = await getStart(file.url, MOST_FILE);
  if (content[0] === 0xd0 && content[1] === 0xcf) throw new NotShown(texts.oldWorkbook);
  const book = new Workbook(content);
  const sheets = await book.sheets();
  if (!sheets.length) throw new NotShown(texts.noSheets);
  const box = make("div", { className: "sheet-box", role: "tabpanel", "aria-label": sheets[0].name });
  let asked = null;
  const draw = async (sheet) => {
    asked = sheet;
    box.setAttribute("aria-label", sheet.name);
    let node;
    try {
      node = await book.node(sheet);
    } catch (error) {
      if (sheets.length === 1) throw error;
      node = make("p", { className: "file-problem", role: "status" }, error instanceof NotShown ? error.message : texts.badSheet);
    }
    if (asked === sheet) box.replaceChildren(node);
  };
  const { list, choose } = tabsOf(sheets, draw);
  await choose(0);
  return make("div", {}, sheets.length > 1 ? list : null, box);
}

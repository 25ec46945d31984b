/* The cells of a row of an Excel sheet as texts, with dates where the format of a number says so. */

import { texts } from "/static/texts/files.js";

const DAY_MS = 86_400_000;
const FROM_1900 = Date.UTC(1899, 11, 30);
const FROM_1904 = Date.UTC(1904, 0, 1);
/* More than a table shows; a cell far to the right makes no long row. */
const MOST_COLUMNS = 256;
/* Formats that are not written in the file (ECMA-376, 18.8.30), with what they show. */
const BUILT_IN = new Map([
  [9, "0%"], [10, "0.00%"], [14, "y-m-d"], [15, "d-mmm-y"], [16, "d-mmm"], [17, "mmm-y"],
  [18, "h:mm"], [19, "h:mm:ss"], [20, "h:mm"], [21, "h:mm:ss"], [22, "y-m-d h:mm"],
  [45, "mm:ss"], [46, "[h]:mm:ss"], [47, "mm:ss"],
]);

const all = (root, name) => (root ? [...root.getElementsByTagNameNS("*", name)] : []);
const twoDigits = (number) => String(number).padStart(2, "0");

/* What a format shows: texts in quotes, colours and conditions say nothing of that. */
function showing(code) {
  const letters = code.split(";")[0].replace(/"[^"]*"|\\.|_.|\*./g, "").replace(/\[(?!h|m|s)[^\]]*\]/gi, "").toLowerCase();
  if (/general/.test(letters)) return "number";
  if (/[yd]|m{3}/.test(letters)) return /[hs]/.test(letters) ? "moment" : "day";
  if (/\[[hms]+\]/.test(letters)) return "span";
  if (/[hs]/.test(letters)) return "time";
  return letters.includes("%") ? "percent" : "number";
}

function formatsOf(styles) {
  const codes = new Map(all(styles, "numFmt").map((node) => [Number(node.getAttribute("numFmtId")), node.getAttribute("formatCode") ?? ""]));
  const [cells] = all(styles, "cellXfs");
  return all(cells, "xf").map((node) => {
    const id = Number(node.getAttribute("numFmtId"));
    return showing(codes.get(id) ?? BUILT_IN.get(id) ?? "General");
  });
}

/* 0.1 + 0.2 is written as 0.30000000000000004; Excel shows 15 digits. */
const plain = (number) => String(Number(number.toPrecision(15)));

function dated(number, showsAs, startsIn1904) {
  const moment = new Date(Math.round((startsIn1904 ? FROM_1904 : FROM_1900) + number * DAY_MS));
  if (Number.isNaN(moment.getTime())) return plain(number);
  const [day, time] = moment.toISOString().slice(0, 19).split("T");
  if (showsAs === "time") return time;
  if (showsAs === "day" && time === "00:00:00") return day;
  return `${day} ${time.replace(/:00$/, "")}`;
}

function spanned(number) {
  const seconds = Math.round(Math.abs(number) * 86_400);
  const parts = [Math.floor(seconds / 3600), twoDigits(Math.floor(seconds / 60) % 60), twoDigits(seconds % 60)];
  return `${number < 0 ? "-" : ""}${parts.join(":")}`;
}

function numbered(text, showsAs, startsIn1904) {
  const number = Number(text);
  if (text.trim() === "" || Number.isNaN(number)) return text;
  if (showsAs === "number") return plain(number);
  if (showsAs === "percent") return `${plain(number * 100)}%`;
  return showsAs === "span" ? spanned(number) : dated(number, showsAs, startsIn1904);
}

/* Runs of formatted text are one text; how its characters are read aloud is none of it. */
const textIn = (node) => all(node, "t").filter((text) => text.parentNode.localName !== "rPh").map((text) => text.textContent).join("");

/* "BC12" is column 54, from 0; a cell that does not say so stands behind the one before. */
function columnOf(reference, before) {
  const letters = reference?.match(/^[A-Z]{1,3}/)?.[0];
  return letters ? [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1 : before + 1;
}

/** A function that gives the texts of a <row>, by what the other parts of the workbook say. */
export function cellReader({ strings, styles, startsIn1904 }) {
  const shared = all(strings, "si").map(textIn);
  const formats = formatsOf(styles);

  function valueOf(cell) {
    const kind = cell.getAttribute("t") ?? "n";
    if (kind === "inlineStr") return textIn(cell);
    const text = all(cell, "v")[0]?.textContent ?? "";
    if (kind === "s") return shared[Number(text)] ?? "";
    if (kind === "b") return text === "1" ? texts.yes : texts.no;
    if (kind === "d") return text.replace("T", " ");
    return kind === "n" ? numbered(text, formats[Number(cell.getAttribute("s") ?? 0)] ?? "number", startsIn1904) : text;
  }

  return (row) => {
    const values = [];
    let place = -1;
    for (const cell of all(row, "c")) {
      place = columnOf(cell.getAttribute("r"), place);
      if (place >= MOST_COLUMNS) break;
      values[place] = valueOf(cell);
    }
    return values;
  };
}

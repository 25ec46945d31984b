/* What is said of files and of data: how they are shown, and why one is not. */

import { many, number } from "/static/shared/format.js";

const damaged = (why) => `This file is damaged: ${why}.`;
const rows = (count) => many(count, "row");
const matching = (found, total) => `${number(found)} of ${rows(total)} match`;

export const texts = {
  files: "Files",
  show: "Show",
  hide: "Hide",
  showFile: (label, name, size) => `${label} ${name}, ${size}`,
  hideFile: (name) => `Hide ${name}`,
  loading: "Loading…",
  download: "Download the file to open it elsewhere.",
  newTab: "Open it in a new tab.",
  fullSize: "Full size, in a new tab",
  firstPart: (shown, all) => `The first ${shown} of ${all}.`,

  mayBeDamaged: "Bellhop cannot show this file; it may be damaged.",
  empty: "This file is empty.",
  notText: "This file is not a text.",
  badImage: "The browser cannot read this image.",
  badSound: "The browser cannot play this file.",
  noPdf: "This browser cannot show a PDF in a page.",
  inactive: "Shown without its scripts and without what it loads. Download the file to see all of it.",
  notJson: (why) => damaged(`it is not JSON (${why})`),
  tooLargeJson: (size, most) => `This file is ${size}; the page shows JSON up to ${most}.`,

  pageOf: (name) => `Page ${name}`,
  pdfOf: (name) => `PDF ${name}`,
  textOf: (name) => `Text of ${name}`,
  pixels: (width, height) => `${width} × ${height} pixels`,
  code: "Code",
  codeIn: (language) => `Code: ${language}`,
  done: "done",
  toDo: "to do",

  yes: "yes",
  no: "no",
  allCharacters: (count) => `Show all ${number(count)} characters`,
  allFields: (count) => `Show all ${number(count)} fields`,
  allRows: (count) => `Show all ${number(count)} rows`,
  allEntries: (count) => `Show all ${number(count)} entries`,
  fields: (count) => many(count, "field"),
  entries: (count) => many(count, "entry", "entries"),

  table: "Table",
  noRows: "This file has no rows.",
  rowCount: ({ shown, found, total, isFiltered }) => {
    if (isFiltered && !found) return "No row matches.";
    if (isFiltered) return shown < found ? `${matching(found, total)}; the first ${number(shown)} are shown` : matching(found, total);
    return shown === total ? rows(total) : `The first ${number(shown)} of ${rows(total)}`;
  },
  moreRows: "Show more rows",
  filterRows: "Filter rows",
  filterRowsOf: (name) => `Filter rows of ${name}`,
  firstColumns: (count) => `The first ${count} columns; there are more.`,
  cutTable: (read, size, count) => `The page reads the first ${read} of ${size}, which are ${rows(count)}; the file has more.`,

  mapOf: (features, name) =>
    `Map of ${many(features, "feature")} in ${name}. Arrow keys move it, plus and minus change its size.`,
  clickFeature: "Click a feature to see its properties.",
  feature: (place, count, geometry) => `Feature ${number(place)} of ${number(count)}: ${geometry ?? "no geometry"}`,
  previousFeature: "Previous feature",
  nextFeature: "Next feature",
  enlarge: "Enlarge",
  reduce: "Reduce",
  fit: "Fit",
  fitAll: "Show all of it",
  notDrawn: (left, all) =>
    `${many(left, "feature")} of ${number(all)} ${left === 1 ? "is" : "are"} not drawn: without a geometry, or more than the page draws.`,
  noFeatures: "This map has no features.",
  largeFeature: "The first feature of this map is too large to draw.",
  noGeometry: damaged("no feature has a geometry that can be read"),
  notMap: damaged("it is not GeoJSON"),

  sheets: "Sheets",
  sheet: "Sheet",
  hiddenSheet: (name) => `${name} (hidden)`,
  emptySheet: "This sheet is empty.",
  noSheets: "This workbook has no sheets.",
  badSheet: "This sheet cannot be read.",
  largeRow: "The first row of this sheet is too large to show.",
  cutSheet: (read, count) => `The page reads the first ${read} of this sheet, which are ${rows(count)}; it has more.`,
  largeWorkbook: (size, most) => `This workbook is ${size}; the page shows workbooks up to ${most}.`,
  oldWorkbook: "This workbook is protected with a password, or of an older kind of Excel.",
  notWorkbook: damaged("it is not an Excel workbook"),
  documentType: damaged("its XML declares a document type"),
  badXml: damaged("its XML cannot be read"),

  notZip: damaged("it is not a ZIP file, or its end is missing"),
  badParts: damaged("its list of parts cannot be read"),
  lostPart: (name) => damaged(`its part ${name} cannot be found`),
  badPart: (name) => damaged(`its part ${name} cannot be unpacked`),
  manyParts: (count) => `This file has ${number(count)} parts, more than the page reads.`,
  zip64: "This file is packed in a way that the page does not read (ZIP64).",
  packedOtherwise: "This file is packed in a way that the page does not read.",
  password: "This file is protected with a password.",
  largePart: (packed, size, most) => `A part of this file unpacks from ${packed} to ${size}; the page unpacks up to ${most}.`,
  lyingPart: "A part of this file unpacks to more than it says; the page does not unpack such files.",
};

/* The chosen files, with sizes and a way to remove each. */

import { fullName, withoutSystemFiles } from "/static/form/dropped-files.js";
import { announce, tell } from "/static/shared/announce.js";
import { find, fromTemplate, setText } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";
import { texts } from "/static/texts/form.js";

const SHOWN = 100;
const list = find("[data-file-list]");
let files = [];
let onChange = () => {};

export const chosenFiles = () => files;
export const totalBytes = () => files.reduce((sum, file) => sum + file.size, 0);

const same = (a, b) => a.index === b.index && fullName(a) === fullName(b) && a.size === b.size && a.lastModified === b.lastModified;

function fileRow(file) {
  const row = fromTemplate("[data-file-template]");
  setText(find("[data-file-name]", row), fullName(file));
  find("[data-file-size]", row).textContent = bytes(file.size);
  const button = find("[data-remove-file]", row);
  button.setAttribute("aria-label", texts.removeFile(fullName(file)));
  button.addEventListener("click", () => removeFile(file));
  return row;
}

function draw() {
  list.replaceChildren(...files.slice(0, SHOWN).map(fileRow));
  if (files.length > SHOWN) list.append(texts.moreFiles(files.length - SHOWN));
  find("[data-chosen]").hidden = files.length === 0;
  find("[data-chosen-total]").textContent = texts.filesChosen(files.length, bytes(totalBytes()));
  onChange(files);
}

function removeFile(file) {
  const place = files.indexOf(file);
  files = files.filter((other) => other !== file);
  announce(texts.fileRemoved(fullName(file)));
  draw();
  const buttons = list.querySelectorAll("[data-remove-file]");
  (buttons[Math.min(place, buttons.length - 1)] ?? find("[data-file-input]")).focus();
}

/** Adds files, but those that are there already; of one drop all, for their folders may not be known. */
export function addFiles(more) {
  const { wanted, left } = withoutSystemFiles(more);
  const fresh = wanted.filter((file) => !files.some((known) => same(known, file)));
  files = [...files, ...fresh];
  if (fresh.length) announce(texts.filesAdded(fresh.length, files.length));
  if (left.length) tell(texts.leftOut(left.length, [...new Set(left)]));
  draw();
}

/** Removes those; what came meanwhile stays. */
export function clearFiles(those = files) {
  files = files.filter((file) => !those.includes(file));
  draw();
}

export function startFileList(changed) {
  onChange = changed;
  find("[data-clear-files]").addEventListener("click", () => {
    clearFiles();
    find("[data-file-input]").focus();
  });
}

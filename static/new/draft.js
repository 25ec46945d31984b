/* The draft: the form as somebody left it survives a reload and a visit to another page. It stays in this tab, and
   holds no secrets and no contents of files. Submitting and logging out forget it. */

import { besideFiles } from "/static/form/beside-files.js";
import { fullName } from "/static/form/dropped-files.js";
import { addFiles, chosenFiles } from "/static/form/file-list.js";
import { hasForm, inputForm, keptFiles, typeForm } from "/static/form/gather.js";
import { readOptions } from "/static/form/more-options.js";
import { fillText, givenText, severalItems } from "/static/form/text-input.js";
import { chosenType, clearType } from "/static/form/type-chooser.js";
import { emptyForm, fillForm, fillItems } from "/static/new/fill.js";
import { drawSummary } from "/static/new/summary.js";
import { own } from "/static/shared/address.js";
import { find, showText } from "/static/shared/dom.js";
import { parse, stringify } from "/static/shared/json.js";
import { hasLeft } from "/static/shared/menu.js";
import { offer } from "/static/shared/undo.js";
import { userName } from "/static/shared/user.js";
import { texts } from "/static/texts/new.js";

const form = find("[data-submit-form]");
/* What is in the form when nobody has done anything with it. */
let untouched = "";
/* Names of files that somebody chose before a reload. */
let missing = [];

const key = () => own(`bellhop.draft ${userName()}`);

function snapshot() {
  const files = [...chosenFiles().filter((file) => !file.kept), ...besideFiles().map(({ file }) => file)];
  return {
    type: chosenType()?.type ?? "", text: givenText(), several: severalItems(), options: readOptions({ isOpen: true }),
    params: typeForm.readOpen(), input: inputForm.readOpen(), kept: keptFiles(), files: [...files.map(fullName), ...missing],
  };
}

function save() {
  if (hasLeft() || !untouched) return;
  const text = stringify(snapshot());
  try {
    sessionStorage.removeItem(key());
    if (text !== untouched) sessionStorage.setItem(key(), text);
  } catch {
    /* A browser may keep nothing, or not so much. */
  }
}

function saved() {
  try {
    return parse(sessionStorage.getItem(key()));
  } catch {
    return null;
  }
}

function fill({ text, several, input, kept, ...job }) {
  const type = fillForm(job);
  if (several) fillItems(type, several.items);
  else if (hasForm(type)) fillItems(type, [{ json: input }]);
  else fillText("text", [{ text }]);
  if (kept.length) addFiles(kept);
}

/** Asks for the files of a draft until they are chosen. */
export function showMissingFiles() {
  const here = [...chosenFiles(), ...besideFiles().map(({ file }) => file)].map(fullName);
  missing = missing.filter((name) => !here.includes(name));
  showText(find("[data-missing-files]"), missing.length ? texts.chooseAgain(missing) : "");
}

/** The form has been sent, or is to be as on a fresh page. */
export function forgetDraft() {
  missing = [];
  showMissingFiles();
  drawSummary();
  untouched = stringify(snapshot());
  save();
}

function clear() {
  const before = snapshot();
  const files = chosenFiles();
  emptyForm();
  clearType();
  forgetDraft();
  offer(texts.cleared, () => {
    fill(before);
    addFiles(files);
    drawSummary();
  });
}

/** Fills the form with the draft of this tab, once the types are known, unless the address says what goes into it. */
export function startDraft() {
  const draft = location.search ? null : saved();
  untouched = stringify(snapshot());
  if (draft) {
    fill(draft);
    missing = draft.files;
    showMissingFiles();
    drawSummary();
  }
  find("[data-clear-form]").addEventListener("click", clear);
  form.addEventListener("change", save);
  form.addEventListener("input", showMissingFiles);
  window.addEventListener("pagehide", save);
}

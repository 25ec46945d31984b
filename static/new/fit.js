/* Fits the form to the chosen job type: its input, its fields, and what is odd about the files. */

import { fitBesideFiles } from "/static/form/beside-files.js";
import { chosenFiles } from "/static/form/file-list.js";
import { hasForm, inputForm, showFilesProblem, typeForm } from "/static/form/gather.js";
import { fitTextInput } from "/static/form/text-input.js";
import { labelOf } from "/static/form/type-cards.js";
import { chosenType, isUnexpected, takesFiles } from "/static/form/type-chooser.js";
import { drawSummary } from "/static/new/summary.js";
import { find, showText } from "/static/shared/dom.js";
import { texts } from "/static/texts/new.js";

/** Says which of the files the type does not take. */
export function hintAboutFiles() {
  const type = chosenType();
  const odd = type && takesFiles(type) ? chosenFiles().filter((file) => isUnexpected(type, file.name)) : [];
  const isIgnored = type && !takesFiles(type) && chosenFiles().length > 0;
  const text = isIgnored ? texts.takesNoFiles(labelOf(type)) : odd.length ? texts.unexpected(labelOf(type), type.accepts, odd.map(({ name }) => name)) : "";
  showText(find("[data-type-hint]"), text);
}

/* The files, the text or what is said instead of them: one of them is in that place. */
function fitPlace(type) {
  const isNone = type && (type.input === "none" || hasForm(type));
  find("[data-files-part]").hidden = Boolean(type) && !takesFiles(type);
  showText(find("[data-no-input]"), isNone ? (hasForm(type) ? texts.needsFields(labelOf(type)) : texts.needsNothing(labelOf(type))) : "");
  const isOneItem = type?.input === "files";
  find("[data-drop-help]").textContent = type?.accepts?.length ? texts.expected(type.accepts, isOneItem) : texts.anywhere(isOneItem);
  find("[data-drop-name]").textContent = type?.inputs.length > 1 ? texts.inputName(type.inputs[0].name) : "";
  fitTextInput(hasForm(type) ? null : type);
}

/** Draws the form of a type, or of none. */
export function fitType(type) {
  fitPlace(type);
  fitBesideFiles(type);
  inputForm.draw(type?.type, hasForm(type) ? type.inputs[0].schema : undefined);
  typeForm.draw(type?.type, type?.params);
  showFilesProblem("");
  hintAboutFiles();
  drawSummary();
}

/* What the card holds, checked before it is sent; each fault is shown where it is. */

import { besideFiles, checkBesideFiles } from "/static/form/beside-files.js";
import { chosenFiles } from "/static/form/file-list.js";
import { checkOptions, readOptions } from "/static/form/more-options.js";
import { paramsForm } from "/static/form/params-form.js";
import { readItems, showTextError } from "/static/form/text-input.js";
import { askForType, chosenType, takesFiles } from "/static/form/type-chooser.js";
import { find, showText } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";
import { jobForm } from "/static/shared/job-form.js";
import { texts } from "/static/texts/form.js";

export const typeForm = paramsForm(find("[data-params]"), "param");
export const inputForm = paramsForm(find("[data-input-form]"), "input");
let limits = {};

export const setLimits = (given) => (limits = given ?? {});

export function filesProblem() {
  const files = chosenFiles();
  if (!files.length && !chosenType()?.inputs[0]?.required && chosenType()) return "";
  if (!files.length) return texts.noFile;
  if (limits.max_items && files.length > limits.max_items) {
    return texts.tooManyFiles(files.length, limits.max_items);
  }
  const large = files.find((file) => limits.max_upload_bytes && file.size > limits.max_upload_bytes);
  if (large) return texts.tooLarge(large.name, bytes(large.size), bytes(limits.max_upload_bytes));
  return "";
}

export function showFilesProblem(text) {
  showText(find("[data-files-error]"), text);
  find("[data-drop-zone]").toggleAttribute("data-invalid", Boolean(text));
  return text;
}

/** {type, items, params, options}, or null when something is missing; it is shown and focused then. */
export function gather() {
  const type = chosenType();
  if (!type) {
    if (!chosenFiles().length && !find("[data-files-part]").hidden) showFilesProblem(filesProblem());
    askForType();
    return null;
  }
  const items = takesFiles(type) ? null : itemsOrNull(type);
  const wrongInput = takesFiles(type) ? filesWrong() : items ? null : hasForm(type) ? inputForm.check() : find("[data-text-input]");
  const wrong = [wrongInput, checkBesideFiles(), typeForm.check(), checkOptions()].find(Boolean);
  if (wrong) {
    wrong.focus();
    return null;
  }
  return { type, items, params: typeForm.read(), options: readOptions() };
}

/** Whether the item of a type is an object whose members are known. */
export const hasForm = (type) => type?.input === "data" && Boolean(type.inputs[0].schema.properties);

function filesWrong() {
  return showFilesProblem(filesProblem()) ? find("[data-file-input]") : null;
}

function itemsOrNull(type) {
  if (type.input === "none") return [];
  if (hasForm(type)) return inputForm.check() ? null : [{ json: inputForm.read() }];
  try {
    const items = readItems(type.input, type.inputs[0]);
    if (limits.max_items && items.length > limits.max_items) {
      throw new RangeError(texts.tooManyItems(items.length, limits.max_items));
    }
    return items;
  } catch (error) {
    showTextError(error.message);
    return null;
  }
}

/** The files to upload, those of the first input without a name: [{name, file}]. */
export const filesToSend = () => [...chosenFiles().filter((file) => !file.kept).map((file) => ({ file })), ...besideFiles()];
/** The chosen files that an earlier job has. */
export const keptFiles = () => chosenFiles().filter((file) => file.kept);
/** The form of a job whose files all are `kept`. */
export const formOf = ({ type, params, options }, kept) => jobForm({ type: type.type, params, options, kept });

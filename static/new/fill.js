/* Puts a job into the form in place of what it holds: a draft, an earlier job, or one that the tray gives back. */

import { clearBesideFiles } from "/static/form/beside-files.js";
import { clearFiles } from "/static/form/file-list.js";
import { hasForm, inputForm, typeForm } from "/static/form/gather.js";
import { clearOptions, fillOptions } from "/static/form/more-options.js";
import { begunWith } from "/static/form/params-form.js";
import { clearText, fillText } from "/static/form/text-input.js";
import { chooseType, chosenType } from "/static/form/type-chooser.js";
import { find } from "/static/shared/dom.js";

export function emptyForm() {
  clearFiles();
  clearBesideFiles();
  clearText();
  clearOptions();
  inputForm.draw("cleared");
  typeForm.draw("cleared");
}

/** Shows a job without its input; its type, or null when there is none of this name. */
export function fillForm({ type: name, params, options }) {
  emptyForm();
  chooseType(name);
  const type = chosenType();
  if (type) typeForm.draw("filled", begunWith(type.params, params));
  fillOptions(options);
  const { then = [], ...others } = options;
  find("[data-more-options]").open = then.length + Object.keys(others).length > 0;
  return type;
}

/** Shows items of a type that are no files, as the API takes them. */
export function fillItems(type, items) {
  if (hasForm(type)) inputForm.draw("filled", begunWith(type.inputs[0].schema, items[0]?.json));
  else fillText(type.input, items);
}

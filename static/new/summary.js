/* What Submit sends, in one line beside it. */

import { besideFiles } from "/static/form/beside-files.js";
import { chosenFiles } from "/static/form/file-list.js";
import { hasForm } from "/static/form/gather.js";
import { givenText } from "/static/form/text-input.js";
import { labelOf } from "/static/form/type-cards.js";
import { chosenType, takesFiles } from "/static/form/type-chooser.js";
import { find, setText } from "/static/shared/dom.js";
import { texts } from "/static/texts/new.js";

function words() {
  const type = chosenType();
  const files = [...chosenFiles(), ...besideFiles().map(({ file }) => file)];
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (!type) return files.length ? texts.filesToNone(files.length, size) : texts.nothing;
  const label = labelOf(type);
  if (takesFiles(type)) return files.length ? texts.filesTo(files.length, size, label) : texts.nothingTo(label);
  if (type.input === "none" || hasForm(type)) return label;
  const lines = givenText().split("\n").filter((line) => line.trim());
  if (!lines.length) return texts.nothingTo(label);
  return type.input === "url" ? texts.urlsTo(lines.length, label) : texts.textTo(givenText().length, label);
}

export const drawSummary = () => setText(find("[data-summary]"), words());

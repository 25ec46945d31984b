/* What is pasted anywhere on the page: files are added, and a text goes where the chosen type takes one. */

import { addFiles } from "/static/form/file-list.js";
import { hasForm } from "/static/form/gather.js";
import { addText } from "/static/form/text-input.js";
import { labelOf } from "/static/form/type-cards.js";
import { chosenType, takesFiles } from "/static/form/type-chooser.js";
import { tell } from "/static/shared/announce.js";
import { texts } from "/static/texts/new.js";

const FIELDS = "input:not([type=radio], [type=checkbox], [type=file]), textarea, select";
/* A picture that was copied is no older than its paste; a file is. */
const JUST_NOW_MS = 10_000;

const takesText = (type) => Boolean(type) && !takesFiles(type) && type.input !== "none" && !hasForm(type);

/* Browsers call every copied picture image.png. */
function named(file) {
  if (file.name !== "image.png" || Date.now() - file.lastModified > JUST_NOW_MS) return file;
  const time = new Date().toLocaleString("sv").replaceAll(":", ".");
  return new File([file], texts.pastedImage(time), { type: file.type, lastModified: file.lastModified });
}

function pasteText(text, type) {
  if (takesText(type)) return addText(text);
  return tell(type ? texts.typeTakesNoText(labelOf(type)) : texts.noTypeForText);
}

function pasted(event) {
  const { clipboardData } = event;
  const files = [...clipboardData.files];
  const text = clipboardData.getData("text/plain");
  const isInField = Boolean(event.target.closest(FIELDS));
  const type = chosenType();
  /* Programs copy a picture of a text along with it. */
  const isText = text.trim() && (!files.length || isInField || takesText(type));
  if (isText ? isInField : !files.length) return;
  event.preventDefault();
  if (isText) pasteText(text, type);
  else addFiles(files.map(named));
}

export const acceptPaste = () => document.addEventListener("paste", pasted);

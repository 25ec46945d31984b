/* Fills the form with a job that the tray had, so that it can be changed and sent again. */

import { fillBesideFiles } from "/static/form/beside-files.js";
import { notePath } from "/static/form/dropped-files.js";
import { addFiles, chosenFiles } from "/static/form/file-list.js";
import { givenText } from "/static/form/text-input.js";
import { fillForm } from "/static/new/fill.js";
import { tell } from "/static/shared/announce.js";
import { confirmed } from "/static/shared/confirm.js";
import { find } from "/static/shared/dom.js";
import { loadTray } from "/static/shared/tray.js";
import { texts } from "/static/texts/new.js";

const mayReplace = () =>
  !(chosenFiles().length || givenText()) ||
  confirmed({ title: texts.replaceTitle, text: texts.replaceText, yes: texts.replaceYes, no: texts.replaceNo });

function fillFiles({ files, kept }, found) {
  const readable = files.map((item, number) => ({ ...item, file: found[number] })).filter(({ file }) => file);
  for (const { file, path, name } of readable) if (path !== name) notePath(file, path);
  addFiles([...kept, ...readable.filter(({ input }) => !input).map(({ file }) => file)]);
  fillBesideFiles(readable.filter(({ input }) => input).map(({ input: name, file }) => ({ name, file })));
  const lost = files.filter((_, number) => !found[number]).map(({ path }) => path);
  if (lost.length) tell(texts.notInForm(lost), { isProblem: true });
}

function fill({ job, ...entry }, files) {
  fillForm(job);
  fillFiles(entry, files);
  find("[data-submit]").focus();
}

/** What the server said about the job of an entry, {message, fields}, which is in the form now; null if it said nothing, or the entry stays where it is. */
export async function fillFromUpload(id) {
  if (!(await mayReplace())) return null;
  const { takeBack } = await loadTray();
  const found = await takeBack(id);
  if (!found) return null;
  fill(found.entry, found.files);
  return found.entry.problem;
}

/* The job of a schedule: from its document to the form, and back. */

import { besideFiles, keepBeside, keptBeside } from "/static/form/beside-files.js";
import { addFiles, chosenFiles, clearFiles } from "/static/form/file-list.js";
import { hasForm } from "/static/form/gather.js";
import { fillText } from "/static/form/text-input.js";
import { takesFiles } from "/static/form/type-chooser.js";
import { tell } from "/static/shared/announce.js";
import { texts } from "/static/texts/schedules.js";

/* What the job of a schedule may have that the form does not show. */
const UNSHOWN = ["webhook_events"];
const isUpload = (item) => "upload" in item;
let given = null;

/** The job that the form was opened with; null for a new one. */
export const givenJob = () => given;

/** What it was given that is no file: what of it the form shows. */
export const othersOf = (job) => (job?.items ?? []).filter((item) => !isUpload(item));

/* A file that the schedule keeps, in the list of chosen files. */
const listed = ({ upload, filename, size }) => ({ name: filename, size, lastModified: 0, index: upload, kept: true, upload });

function fillFiles(files, main) {
  const there = files.filter(({ filename }) => filename !== null);
  if (there.length < files.length) tell(texts.filesGone(files.length - there.length), { isProblem: true });
  const isMain = ({ field }) => main && (field === "files" || field === main);
  addFiles(there.filter(isMain).map(listed));
  keepBeside(there.filter((file) => !isMain(file)));
}

/** Puts the files of a schedule into the form of its type, or takes out those of the one before. */
export function beginFiles(schedule, type) {
  given = schedule?.job ?? null;
  clearFiles();
  keepBeside([]);
  if (schedule && type) fillFiles(schedule.files, takesFiles(type) ? type.inputs[0].name : "");
}

/** Puts its texts or URLs there. */
export function beginText(type) {
  const job = given?.type === type?.type ? given : null;
  if (job && !hasForm(type)) fillText(type.input, othersOf(job));
}

/** The files to send, [{file, field}], and the items of those that the schedule has already. */
export function filesOf(type) {
  const chosen = takesFiles(type) ? chosenFiles() : [];
  const beside = besideFiles().map(({ name, file }) => ({ file, field: name }));
  const kept = chosen.filter((file) => file.kept).map(({ upload }) => ({ upload }));
  return {
    toSend: [...chosen.filter((file) => !file.kept).map((file) => ({ file })), ...beside],
    kept: [...kept, ...(given?.type === type.type ? keptBeside() : []).map(({ upload, field }) => ({ upload, field }))],
  };
}

/** The document of what was gathered; `uploads` are the items of its files. */
export function documentOf({ type, items, params, options }, uploads) {
  const unshown = Object.fromEntries(UNSHOWN.filter((name) => given && name in given).map((name) => [name, given[name]]));
  const all = [...(items ?? []), ...uploads];
  return { ...unshown, ...options, type: type.type, params, ...(all.length ? { items: all } : {}) };
}

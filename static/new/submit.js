/* The submit card: checks, sends, and says what went wrong where it went wrong. */

import { clearBesideFiles, showBesideError } from "/static/form/beside-files.js";
import { acceptFiles } from "/static/form/drop-zone.js";
import { fullName } from "/static/form/dropped-files.js";
import { addFiles, chosenFiles, clearFiles, showSending, showSent, startFileList } from "/static/form/file-list.js";
import { filesProblem, filesToSend, formOf, gather, keptFiles, showFilesProblem, typeForm } from "/static/form/gather.js";
import { noteSent, unfinished } from "/static/uploads/known-uploads.js";
import { noteUsed } from "/static/form/last-used.js";
import { clearOptions, showOptionErrors } from "/static/form/more-options.js";
import { clearText, showTextError } from "/static/form/text-input.js";
import { chosenType, guessFor, showTypeError, startTypeChooser, takesFiles } from "/static/form/type-chooser.js";
import { forgetDraft, showMissingFiles } from "/static/new/draft.js";
import { fitType, hintAboutFiles } from "/static/new/fit.js";
import { acceptPaste } from "/static/new/paste.js";
import { drawSummary } from "/static/new/summary.js";
import { drawSaving, drawUpload, drawWaiting, hideUpload, showUpload, stoppedWords } from "/static/uploads/upload-bar.js";
import { lasting, sendFiles, uploadControl } from "/static/uploads/uploads.js";
import { tell } from "/static/shared/announce.js";
import { freshKey, submitJson, submitUpload } from "/static/shared/api.js";
import { find, make, showText } from "/static/shared/dom.js";

const form = find("[data-submit-form]");
const submit = find("[data-submit]");
let key = null;

function filesChanged(files) {
  key = null;
  if (files.length) guessFor(files[0].name);
  showFilesProblem(files.length ? filesProblem() : "");
  hintAboutFiles();
  showMissingFiles();
  drawSummary();
}

function showProblem(text, rest = []) {
  const alert = find("[data-form-error]");
  const lines = rest.map(({ field, message }) => make("li", {}, `${field}: ${message}`));
  alert.replaceChildren(...(text ? [make("p", {}, text)] : []), ...(lines.length ? [make("ul", {}, ...lines)] : []));
  alert.hidden = !text;
}

/* The ids of uploads of these files, which are sent first. */
async function upload(files) {
  const sent = new Map(files.map((file) => [file, 0]));
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const onSent = (file, count) => {
    sent.set(file, count);
    showSent(file, count);
    drawUpload([...sent.values()].reduce((sum, each) => sum + each, 0), total);
  };
  const control = uploadControl({ onSent, onWait: drawWaiting });
  showUpload(control);
  showSending(files);
  const ids = await sendFiles(files, control);
  drawSaving();
  return { ids, control };
}

/* The accepted job, and the files that it has. */
async function send(job) {
  key ??= freshKey();
  const mine = key;
  if (job.items) {
    return { accepted: await submitJson({ ...job.options, type: job.type.type, items: job.items, params: job.params }, mine), files: [] };
  }
  const given = filesToSend();
  const kept = keptFiles();
  const files = given.map(({ file }) => file);
  const { ids, control } = await upload(files);
  const form = formOf(job, given.map(({ name }, place) => ({ name, id: ids[place] })), kept);
  /* The uploads belong to the first job that took them: only the same key finds it again. */
  const accepted = await lasting(() => submitUpload(form, { key: mine, signal: control.signal }), control);
  noteSent(files);
  return { accepted, files: [...files, ...kept] };
}

/* Files that were not uploaded to their end: a page may not read them again on its own. */
function showUnfinished() {
  const here = chosenFiles().map(fullName);
  const names = unfinished().filter((name) => !here.includes(name));
  const which = names.length === 1 ? `“${names[0]}” was` : `${names.length} files were`;
  showText(find("[data-unfinished]"), names.length ? `${which} not submitted. Choose ${names.length === 1 ? "it" : "them"} again: the upload continues where it was.` : "");
}

/* The server's words about files, text or type belong where these are chosen. */
function shownAtInput({ field, message }) {
  const part = String(field).split(/[.[/]/)[0];
  if (showBesideError(part, message)) return true;
  if (part === "type") showTypeError(message);
  else if (["files", "file", "upload"].includes(part) || (part === "items" && takesFiles(chosenType()))) showFilesProblem(message);
  else if (["items", "url", "text", "data", "json"].includes(part)) showTextError(message);
  else return false;
  return true;
}

function refused(error) {
  if (error.name === "AbortError") return tell(stoppedWords());
  const rest = showOptionErrors(typeForm.showErrors(error.fields ?? [])).filter((wrong) => !shownAtInput(wrong));
  const again = error.fields ? "" : " Nothing is lost: the form is as you left it. Try again in a moment.";
  return showProblem(error.message + again, rest);
}

function busy(on) {
  submit.disabled = on;
  form.setAttribute("aria-busy", String(on));
  submit.textContent = on ? "Submitting…" : "Submit job";
  if (on) return;
  /* A disabled or hidden button loses the focus; the submit button takes it. */
  const lost = document.activeElement === document.body || document.activeElement.matches("[data-stop-upload], [data-pause-upload]");
  hideUpload();
  showSending(null);
  showUnfinished();
  if (lost) submit.focus({ preventScroll: true });
}

async function submitted(event, onJob) {
  event.preventDefault();
  showProblem("");
  const job = gather();
  if (!job) return;
  busy(true);
  try {
    const { accepted, files } = await send(job);
    key = null;
    noteUsed(job.type.type, files.map((file) => file.name));
    clearFiles(files);
    clearBesideFiles();
    clearText();
    clearOptions();
    forgetDraft();
    tell(`Submitted: ${accepted.name}`);
    onJob(accepted);
  } catch (error) {
    refused(error);
  } finally {
    busy(false);
  }
}

/** `onJob(job)` gets the accepted job. */
export function startSubmit(onJob) {
  startTypeChooser((type) => {
    showProblem("");
    fitType(type);
  });
  startFileList(filesChanged);
  acceptFiles(addFiles);
  acceptPaste();
  showUnfinished();
  form.addEventListener("input", () => {
    key = null;
    drawSummary();
  });
  form.addEventListener("submit", (event) => submitted(event, onJob));
}

/* The submit card: checks, sends, and says what went wrong where it went wrong. */

import { clearBesideFiles, showBesideError } from "/static/form/beside-files.js";
import { acceptFiles } from "/static/form/drop-zone.js";
import { addFiles, chosenFiles, clearFiles, startFileList } from "/static/form/file-list.js";
import { filesProblem, filesToSend, formOf, gather, keptFiles, showFilesProblem, typeForm } from "/static/form/gather.js";
import { noteUsed } from "/static/form/last-used.js";
import { clearOptions, readOptions, showOptionErrors } from "/static/form/more-options.js";
import { acceptPaste } from "/static/form/paste.js";
import { clearText, showTextError } from "/static/form/text-input.js";
import { chosenType, guessFor, showTypeError, startTypeChooser, takesFiles } from "/static/form/type-chooser.js";
import { forgetDraft, showMissingFiles } from "/static/new/draft.js";
import { fitType, hintAboutFiles } from "/static/new/fit.js";
import { drawSummary } from "/static/new/summary.js";
import { fillFromUpload } from "/static/new/taken-back.js";
import { tell } from "/static/shared/announce.js";
import { freshKey, submitJson, submitUpload } from "/static/shared/api.js";
import { find, make, showText } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { loadTray } from "/static/shared/tray.js";
import { noteSubmitted } from "/static/shared/notices.js";
import { texts } from "/static/texts/new.js";

const form = find("[data-submit-form]");
const submit = find("[data-submit]");
let key = null;
/* The job that the tray got last, while the form has nothing new. */
let sending = null;

function filesChanged(files) {
  touched();
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

function touched() {
  key = null;
  sending = null;
}

/* Whether the job has a secret, which the browser may not keep. */
function hasSecret() {
  const all = [typeForm.read(), readOptions()];
  return stringify(all) !== stringify([typeForm.readOpen(), readOptions({ isOpen: true })]);
}

/* The accepted job; null where it has files to upload, which the tray does. */
async function send(job, files, kept) {
  key ??= freshKey();
  if (job.items) return submitJson({ ...job.options, type: job.type.type, items: job.items, params: job.params }, key);
  if (!files.length) return submitUpload(formOf(job, kept), { key });
  const { addEntry } = await loadTray();
  sending = await addEntry({ ...job, hasSecret: hasSecret() }, files, kept);
  return null;
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
  const rest = showOptionErrors(typeForm.showErrors(error.fields ?? [])).filter((wrong) => !shownAtInput(wrong));
  return showProblem(error.fields ? error.message : texts.notSent(error.message), rest);
}

function busy(on) {
  submit.disabled = on;
  form.setAttribute("aria-busy", String(on));
  submit.textContent = on ? texts.submitting : texts.submit;
  /* A disabled button loses the focus. */
  if (!on && document.activeElement === document.body) submit.focus({ preventScroll: true });
}

async function submitted(event, onJob) {
  event.preventDefault();
  showProblem("");
  const job = gather();
  if (!job) return;
  const files = job.items ? [] : filesToSend();
  const kept = job.items ? [] : keptFiles();
  const own = files.map(({ file }) => file);
  busy(true);
  try {
    const accepted = await send(job, files, kept);
    const added = sending;
    noteUsed(job.type.type, [...own, ...kept].map((file) => file.name));
    clearFiles([...own, ...kept]);
    clearBesideFiles();
    clearText();
    clearOptions();
    forgetDraft();
    key = null;
    sending = added;
    if (!accepted) return;
    tell(texts.submitted(accepted.name));
    noteSubmitted(accepted);
    onJob(accepted);
  } catch (error) {
    refused(error);
  } finally {
    busy(false);
  }
}

/* Puts a job whose files were on their way back into the form, with what the server says about it. */
async function takeBack(id) {
  const problem = await fillFromUpload(id);
  if (problem) refused(problem);
}

/* The answer to a form that is still as it was left belongs there, as if the files had not taken their time. */
function takeBackRefused(event) {
  if (event.detail !== sending) return;
  event.preventDefault();
  takeBack(sending);
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
  form.addEventListener("input", () => {
    touched();
    drawSummary();
  });
  form.addEventListener("submit", (event) => submitted(event, onJob));
  /* Who is busy with the next job finds the row without being led to it. */
  window.addEventListener("bellhop:submitted", ({ detail: { id, job } }) => id === sending && onJob(job));
  window.addEventListener("bellhop:refused", takeBackRefused);
  window.addEventListener("bellhop:back", (event) => {
    event.preventDefault();
    takeBack(event.detail);
  });
}

/* The form of a schedule: its times, and the job as on the page New; for a new one and to change one. */

import { clearBesideFiles, fitBesideFiles, showBesideError } from "/static/form/beside-files.js";
import { acceptFiles } from "/static/form/drop-zone.js";
import { addFiles, clearFiles, startFileList } from "/static/form/file-list.js";
import { filesProblem, gather, hasForm, inputForm, showFilesProblem, typeForm } from "/static/form/gather.js";
import { clearOptions, fillOptions, showOptionErrors } from "/static/form/more-options.js";
import { begunWith } from "/static/form/params-form.js";
import { acceptPaste } from "/static/form/paste.js";
import { clearText, fitTextInput, showTextError } from "/static/form/text-input.js";
import { chooseType, chosenType, guessFor, showTypeError, startTypeChooser, takesFiles } from "/static/form/type-chooser.js";
import { cronWords } from "/static/schedules/cron-words.js";
import { beginFiles, beginText, documentOf, filesOf, givenJob, othersOf } from "/static/schedules/job-document.js";
import { showNextRuns } from "/static/schedules/next-runs.js";
import { changedNotify, fillNotify } from "/static/schedules/notify.js";
import { sendAll } from "/static/schedules/sending.js";
import { tell } from "/static/shared/announce.js";
import { addSchedule, changeSchedule } from "/static/shared/api.js";
import { find, make, markWrong, setText, showText } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { texts as newTexts } from "/static/texts/new.js";
import { texts } from "/static/texts/schedules.js";
import { noteSent } from "/static/uploads/known-uploads.js";

const form = find("[data-schedule-form]");
const TIMES = ["name", "cron", "timezone"];
const NOTIFY = ["notify.wants", "notify.address"];
let edited = null;
/* How often the form was opened. */
let opened = 0;
let done = () => {};

const field = (name) => form.elements.namedItem(name);

function fitFiles(type) {
  find("[data-files-part]").hidden = !type || !takesFiles(type);
  const isOneItem = type?.input === "files";
  setText(find("[data-drop-help]"), type?.accepts?.length ? newTexts.expected(type.accepts, isOneItem) : newTexts.anywhere(isOneItem));
  setText(find("[data-drop-name]"), type?.inputs.length > 1 ? newTexts.inputName(type.inputs[0].name) : "");
  showFilesProblem("");
  fitBesideFiles(type);
}

function fitType(type) {
  const job = givenJob()?.type === type?.type ? givenJob() : null;
  const name = `${type?.type} ${opened}`;
  fitFiles(type);
  fitTextInput(hasForm(type) ? null : type);
  inputForm.draw(name, hasForm(type) ? begunWith(type.inputs[0].schema, othersOf(job)[0]?.json) : undefined);
  typeForm.draw(name, begunWith(type?.params, job?.params));
  beginText(type);
}

function clearTimeErrors() {
  for (const name of ["cron", "timezone"]) showFieldError(name, "");
}

function showTimes(atOnce = false) {
  const [cron, zone] = ["cron", "timezone"].map((name) => field(name).value.trim());
  const words = cronWords(cron);
  showText(find("[data-cron-words]"), words && texts.inWords(words, zone));
  const onWrong = (fields) => {
    clearTimeErrors();
    for (const wrong of fields) showFieldError(wrong.field, wrong.message);
  };
  showNextRuns(cron, zone, { onWrong, onRight: clearTimeErrors }, { atOnce });
}

function showProblem(text, rest = []) {
  const alert = find("[data-form-error]");
  const lines = rest.map(({ field: name, message }) => make("li", {}, texts.wrongField(name, message)));
  alert.replaceChildren(...(text ? [make("p", {}, text)] : []), ...(lines.length ? [make("ul", {}, ...lines)] : []));
  alert.hidden = !text;
}

function showFieldError(name, message) {
  const node = find(`[data-error-of="${name}"]`);
  if (!node) return false;
  showText(node, message);
  markWrong(field(name), message);
  return true;
}

function clearErrors() {
  showProblem("");
  for (const name of [...TIMES, ...NOTIFY]) showFieldError(name, "");
}

/* The server's words about files, text or type belong where these are chosen. */
function isShownAtInput({ field: name, message }) {
  const part = String(name).split(/[.[/]/)[0];
  if (showBesideError(part, message)) return true;
  if (part === "type") showTypeError(message);
  else if (["files", "upload"].includes(part) || (part === "items" && takesFiles(chosenType()))) showFilesProblem(message);
  else if (["items", "url", "text", "data"].includes(part)) showTextError(message);
  else return false;
  return true;
}

function refused(error) {
  const unprefixed = (error.fields ?? []).map((wrong) => ({ ...wrong, field: String(wrong.field).replace(/^job\./, "") }));
  const elsewhere = unprefixed.filter((wrong) => !showFieldError(wrong.field, wrong.message));
  const rest = showOptionErrors(typeForm.showErrors(elsewhere)).filter((wrong) => !isShownAtInput(wrong));
  showProblem(error.message, rest);
  form.querySelector("[aria-invalid=true]")?.focus();
}

/* What stays as it is does not move the next run. */
const changedTimes = (times) => Object.fromEntries(TIMES.filter((name) => times[name] !== edited[name]).map((name) => [name, times[name]]));

async function save(times, job) {
  const { toSend, kept } = filesOf(job.type);
  const ids = await sendAll(toSend.map(({ file }) => file));
  if (!ids) return null;
  const fresh = toSend.map(({ field: name }, place) => ({ upload: ids[place], ...(name ? { field: name } : {}) }));
  const rest = { ...changedNotify(), job: documentOf(job, [...kept, ...fresh]) };
  const saved = edited
    ? await changeSchedule(edited.id, { ...changedTimes(times), ...rest })
    : await addSchedule({ ...times, ...rest });
  noteSent(toSend.map(({ file }) => file));
  return saved;
}

function busy(on) {
  find("[data-save]").disabled = on;
  form.setAttribute("aria-busy", String(on));
  if (!on && document.activeElement === document.body) find("[data-save]").focus({ preventScroll: true });
}

async function submitted(event) {
  event.preventDefault();
  clearErrors();
  const missing = TIMES.map(field).find((control) => !control.value.trim());
  if (missing) {
    showFieldError(missing.name, texts.fillIn);
    return missing.focus();
  }
  const job = gather();
  if (!job) return undefined;
  busy(true);
  try {
    const saved = await save(Object.fromEntries(TIMES.map((name) => [name, field(name).value.trim()])), job);
    if (!saved) return undefined;
    tell(saved.paused ? texts.saved(saved.name) : texts.runsNext(saved.name, dayAndTime(saved.next_at)));
    begin(null);
    return done();
  } catch (error) {
    return refused(error);
  } finally {
    busy(false);
  }
}

/* As on a fresh page. */
function clear() {
  form.reset();
  clearErrors();
  clearText();
  clearOptions();
  clearFiles();
  clearBesideFiles();
}

/** Opens the form for a schedule, or for a new one. */
export function begin(schedule) {
  edited = schedule;
  opened += 1;
  clear();
  field("timezone").value = schedule?.timezone ?? (Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
  if (schedule) {
    field("name").value = schedule.name;
    field("cron").value = schedule.cron;
  }
  setText(find("#form-title"), schedule ? texts.edit(schedule.name) : texts.newSchedule);
  setText(find("[data-save]"), schedule ? texts.save : texts.add);
  find("[data-stop-edit]").hidden = !schedule;
  fillNotify(schedule?.notify);
  beginFiles(null, null);
  chooseType(schedule?.job?.type ?? "");
  beginFiles(schedule, chosenType());
  if (schedule) fillOptions(schedule.job);
  fitType(chosenType());
  showTimes(true);
  if (!schedule) return;
  form.closest("section").scrollIntoView({ block: "nearest" });
  field("name").focus();
}

function filesChanged(files) {
  if (files.length && !files[0].kept) guessFor(files[0].name);
  showFilesProblem(files.length ? filesProblem() : "");
}

/** `onDone()` is called when a schedule was added or changed. */
export function startForm(onDone) {
  done = onDone;
  startTypeChooser(fitType);
  startFileList(filesChanged);
  acceptFiles(addFiles);
  acceptPaste();
  form.addEventListener("submit", submitted);
  for (const name of ["cron", "timezone"]) field(name).addEventListener("input", () => showTimes());
  find("[data-stop-edit]").addEventListener("click", () => {
    begin(null);
    field("name").focus();
  });
  begin(null);
}

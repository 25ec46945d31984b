/* The form of a schedule: its times, and the job as on the first page; for a new one and to change one. */

import { gather, hasForm, inputForm, typeForm } from "/static/form/gather.js";
import { clearOptions, fillOptions, showOptionErrors } from "/static/form/more-options.js";
import { begunWith } from "/static/form/params-form.js";
import { clearText, fillText, fitTextInput, showTextError } from "/static/form/text-input.js";
import { chooseType, chosenType, startTypeChooser } from "/static/form/type-chooser.js";
import { cronWords } from "/static/schedules/cron-words.js";
import { tell } from "/static/shared/announce.js";
import { addSchedule, changeSchedule } from "/static/shared/api.js";
import { find, make, setText, showText } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";

const form = find("[data-schedule-form]");
const TIMES = ["name", "cron", "timezone"];
/* What the job of the schedule has beyond what the form shows. */
const UNSHOWN = ["webhook_events"];
let edited = null;
let given = null;
/* How often the form was opened. */
let opened = 0;
let done = () => {};

const field = (name) => form.elements.namedItem(name);

function fitType(type) {
  const job = given?.type === type?.type ? given : null;
  const name = `${type?.type} ${opened}`;
  fitTextInput(hasForm(type) ? null : type);
  inputForm.draw(name, hasForm(type) ? begunWith(type.inputs[0].schema, job?.items?.[0]?.json) : undefined);
  typeForm.draw(name, begunWith(type?.params, job?.params));
  if (job && !hasForm(type)) fillText(type.input, job.items ?? []);
}

function showWords() {
  const words = cronWords(field("cron").value);
  showText(find("[data-cron-words]"), words && `${words}, ${field("timezone").value}`);
}

function showProblem(text, rest = []) {
  const alert = find("[data-form-error]");
  const lines = rest.map(({ field: name, message }) => make("li", {}, `${name}: ${message}`));
  alert.replaceChildren(...(text ? [make("p", {}, text)] : []), ...(lines.length ? [make("ul", {}, ...lines)] : []));
  alert.hidden = !text;
}

function showFieldError(name, message) {
  const node = find(`[data-error-of="${name}"]`);
  if (!node) return false;
  showText(node, message);
  field(name).setAttribute("aria-invalid", "true");
  return true;
}

function clearErrors() {
  showProblem("");
  for (const name of TIMES) {
    showText(find(`[data-error-of="${name}"]`), "");
    field(name).removeAttribute("aria-invalid");
  }
}

/* The server's words belong where the fields are. */
function refused(error) {
  const unprefixed = (error.fields ?? []).map((wrong) => ({ ...wrong, field: String(wrong.field).replace(/^job\./, "") }));
  const elsewhere = unprefixed.filter((wrong) => !showFieldError(wrong.field, wrong.message));
  const rest = showOptionErrors(typeForm.showErrors(elsewhere)).filter((wrong) => {
    if (!/^items|^(url|text|data)$/.test(wrong.field)) return true;
    showTextError(wrong.message);
    return false;
  });
  showProblem(error.message, rest);
  form.querySelector("[aria-invalid=true]")?.focus();
}

function jobOf({ type, items, params, options }) {
  const unshown = given ? UNSHOWN.filter((name) => name in given).map((name) => [name, given[name]]) : [];
  return { ...Object.fromEntries(unshown), ...options, type: type.type, params, ...(items.length ? { items } : {}) };
}

async function submitted(event) {
  event.preventDefault();
  clearErrors();
  const missing = TIMES.map(field).find((control) => !control.value.trim());
  if (missing) {
    showFieldError(missing.name, "Fill in this field.");
    return missing.focus();
  }
  const job = gather();
  if (!job) return undefined;
  const times = Object.fromEntries(TIMES.map((name) => [name, field(name).value.trim()]));
  try {
    const changed = edited
      ? await changeSchedule(edited.id, { ...changedTimes(times), job: jobOf(job) })
      : await addSchedule({ ...times, job: jobOf(job) });
    tell(changed.paused ? `Saved ${changed.name}, which is paused.` : `${changed.name} runs next ${dayAndTime(changed.next_at)}.`);
    begin(null);
    return done();
  } catch (error) {
    return refused(error);
  }
}

/* What stays as it is does not move the next run. */
const changedTimes = (times) => Object.fromEntries(TIMES.filter((name) => times[name] !== edited[name]).map((name) => [name, times[name]]));

/** Opens the form for a schedule, or for a new one. */
export function begin(schedule) {
  edited = schedule;
  opened += 1;
  given = schedule?.job ?? null;
  form.reset();
  clearErrors();
  clearText();
  clearOptions();
  field("timezone").value = schedule?.timezone ?? (Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
  if (schedule) {
    field("name").value = schedule.name;
    field("cron").value = schedule.cron;
    fillOptions(given);
  }
  setText(find("#form-title"), schedule ? `Edit ${schedule.name}` : "New schedule");
  setText(find("[data-save]"), schedule ? "Save changes" : "Add schedule");
  find("[data-stop-edit]").hidden = !schedule;
  chooseType(given?.type ?? "");
  fitType(chosenType());
  showWords();
  if (!schedule) return;
  form.closest("section").scrollIntoView({ block: "nearest" });
  field("name").focus();
}

/** `onDone()` is called when a schedule was added or changed. */
export function startForm(onDone) {
  done = onDone;
  startTypeChooser(fitType);
  form.addEventListener("submit", submitted);
  form.addEventListener("input", showWords);
  find("[data-stop-edit]").addEventListener("click", () => {
    begin(null);
    field("name").focus();
  });
  begin(null);
}

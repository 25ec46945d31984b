/* The page of schedules: jobs that come again and again, and the form for a new one. */

import { tell } from "/static/shared/announce.js";
import { addSchedule, deleteSchedule, getSchedules, getTypes } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make, showText } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { parse } from "/static/shared/json.js";
import { poll } from "/static/shared/poll.js";
import { known, maySubmit, mayChange } from "/static/shared/user.js";

const EVERY_MS = 10_000;
const KINDS = { text: "One text per line", url: "One address per line", none: "It takes no input" };
const form = find("[data-schedule-form]");
const list = find("[data-schedules]");
let types = [];

async function remove(schedule) {
  const question = { title: "Delete this schedule?", text: `“${schedule.name}” will not run again. The jobs it made stay.`, yes: "Delete", no: "Don’t delete" };
  if (!(await confirmed(question))) return;
  try {
    await deleteSchedule(schedule.id);
    tell(`Deleted ${schedule.name}.`);
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
  now();
}

function node(schedule) {
  const last = schedule.last_job_id
    ? make("p", { className: "job-meta" }, `Last run ${dayAndTime(schedule.last_at)}: `, make("a", { href: `/jobs/${schedule.last_job_id}` }, "open"))
    : make("p", { className: "job-meta" }, "It has not run yet.");
  const button = make("button", { type: "button", className: "button small", "aria-label": `Delete ${schedule.name}` }, "Delete");
  button.addEventListener("click", () => remove(schedule));
  return make("li", { className: "schedule", "data-schedule": schedule.id },
    make("div", { className: "job-head" }, make("h3", { dir: "auto" }, schedule.name), mayChange(schedule) ? button : null),
    make("p", {}, "Next run ", make("strong", {}, dayAndTime(schedule.next_at)), make("span", { className: "quiet" }, ` · ${schedule.cron} · ${schedule.timezone} · ${schedule.job?.type ?? "a job too large to show"}`)),
    last,
    schedule.error ? make("p", { className: "job-error", dir: "auto" }, schedule.error) : null);
}

async function refresh() {
  const { schedules } = await getSchedules();
  find("[data-loading]").hidden = true;
  find("[data-empty]").hidden = schedules.length > 0;
  list.replaceChildren(...schedules.map(node));
}

function drawTypes() {
  const select = find("[data-schedule-type]");
  const fit = types.filter((type) => type.available && type.input in KINDS);
  select.replaceChildren(...fit.map((type) => make("option", { value: type.type }, type.label || type.type)));
  drawHelp();
}

function drawHelp() {
  const type = types.find((each) => each.type === find("[data-schedule-type]").value);
  const inputs = form.elements.namedItem("inputs");
  inputs.hidden = type?.input === "none";
  inputs.required = !inputs.hidden;
  showText(find("[data-schedule-inputs-help]"), type ? `${KINDS[type.input]}. ${type.description}` : "No job type takes texts or addresses.");
}

function paramsOf(text) {
  return text.trim() ? parse(text) : {};
}

async function submit(event) {
  event.preventDefault();
  const value = (name) => form.elements.namedItem(name).value;
  const type = types.find((each) => each.type === value("type"));
  const lines = type?.input === "none" ? [] : value("inputs").split("\n").map((line) => line.trim()).filter(Boolean);
  try {
    const job = { type: type?.type, params: paramsOf(value("params")), items: lines.map((line) => ({ [type?.input]: line })) };
    const added = await addSchedule({ name: value("name"), cron: value("cron"), timezone: value("timezone"), job });
    form.reset();
    setZone();
    showText(find("[data-form-error]"), "");
    tell(`${added.name} runs next ${dayAndTime(added.next_at)}.`);
    now();
  } catch (error) {
    showText(find("[data-form-error]"), error instanceof SyntaxError ? "Parameters must be JSON, such as {\"minimum\": 3}." : error.message);
  }
}

function setZone() {
  form.elements.namedItem("timezone").value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

form.addEventListener("submit", submit);
find("[data-schedule-type]").addEventListener("change", drawHelp);
setZone();
getTypes().then((found) => {
  types = found.types;
  drawTypes();
}, (error) => tell(error.message, { isProblem: true }));
await known;
form.closest("section").hidden = !maySubmit();
const now = poll(refresh, () => EVERY_MS);

/* The schedules: what each repeats, when it runs next, how its last runs ended, and what can be done with it. */

import { cronWords } from "/static/schedules/cron-words.js";
import { at } from "/static/shared/address.js";
import { tell } from "/static/shared/announce.js";
import { changeSchedule, deleteSchedule, runSchedule } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make, setText, showText } from "/static/shared/dom.js";
import { dayAndTime, fullTime } from "/static/shared/format.js";
import { jobsAddress } from "/static/shared/jobs-address.js";
import { stringify } from "/static/shared/json.js";
import { pausedWords } from "/static/shared/pause.js";
import { mayChange } from "/static/shared/user.js";
import { statusWord } from "/static/shared/words.js";
import { texts } from "/static/texts/schedules.js";
import { texts as common } from "/static/texts/shared.js";

const FILES_SHOWN = 3;
const list = find("[data-schedules]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const rows = new Map();
let labels = new Map();
let edit = () => {};
let refresh = () => {};

const ACTIONS = {
  async run(schedule) {
    const job = await runSchedule(schedule.id);
    tell(texts.submitted(job.name));
  },
  async pause(schedule) {
    const changed = await changeSchedule(schedule.id, { paused: !schedule.paused });
    tell(changed.paused ? texts.paused(changed.name) : texts.runsNext(changed.name, dayAndTime(changed.next_at)));
  },
  edit: (schedule) => edit(schedule),
  async delete(schedule) {
    const text = texts.deleteText(schedule.name, schedule.files.length);
    const question = { title: texts.deleteTitle, text, yes: texts.deleteYes, no: texts.deleteNo };
    if (!(await confirmed(question))) return;
    await deleteSchedule(schedule.id);
    tell(texts.deleted(schedule.name));
  },
};

async function act(button, schedule) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await ACTIONS[button.dataset.do](schedule);
  } catch (error) {
    tell(error.message, { isProblem: true });
  } finally {
    button.removeAttribute("aria-disabled");
  }
  refresh();
}

function button(name, row) {
  const node = make("button", { type: "button", className: "button small", "data-do": name }, texts.actions[name]);
  node.addEventListener("click", () => act(node, row.schedule));
  return node;
}

function newRow() {
  const row = {};
  row.name = make("h3", { dir: "auto" });
  row.badge = make("span", { className: "badge", "data-level": "warn" }, texts.isPaused);
  row.when = make("p", { className: "schedule-when" });
  row.what = make("p", { className: "quiet", dir: "auto" });
  row.files = make("p", { className: "quiet", dir: "auto" });
  row.next = make("p", { className: "schedule-next" });
  row.notify = make("p", { className: "quiet", dir: "auto" });
  row.runs = make("ul", { className: "dots" });
  row.all = make("a", { className: "button link small" }, common.allJobs);
  row.error = make("p", { className: "job-error", dir: "auto" });
  row.buttons = ["run", "pause", "edit", "delete"].map((name) => button(name, row));
  row.node = make("li", { className: "schedule" },
    make("div", { className: "job-head" }, row.name, row.badge),
    row.when, row.what, row.files, row.next, row.notify, row.runs, row.error,
    make("div", { className: "schedule-actions" }, ...row.buttons, row.all));
  return row;
}

function dot(run) {
  const text = texts.run(statusWord(run), fullTime(run.created_at));
  const kind = run.status === "failed" && run.completed_items ? "partly_failed" : run.status;
  return make("li", {}, make("a", { href: at(`/jobs/${encodeURIComponent(run.job_id)}`), className: "dot", "data-run": kind, title: text, "aria-label": text }));
}

/* The oldest first, as one reads; drawn again only when a run came or changed, so that the focus stays. */
function drawRuns(row, schedule) {
  const text = stringify(schedule.runs.map((run) => [run.job_id, run.status]));
  if (row.drawnRuns === text) return;
  row.drawnRuns = text;
  const focused = document.activeElement?.getAttribute("href");
  const isFocused = row.runs.contains(document.activeElement);
  row.runs.setAttribute("aria-label", texts.lastRuns(schedule.name));
  row.runs.replaceChildren(...schedule.runs.toReversed().map(dot));
  if (isFocused) ([...row.runs.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused) ?? row.buttons[0]).focus();
}

function nextWords(schedule) {
  if (schedule.paused) return pausedWords(schedule);
  return texts.next(schedule.next_runs.map(dayAndTime), schedule.timezone !== zone);
}

function filesWords({ files }) {
  const gone = files.filter(({ filename }) => filename === null).length;
  const names = files.map(({ filename }) => filename).filter(Boolean);
  const there = names.length ? texts.files(names.slice(0, FILES_SHOWN), Math.max(0, names.length - FILES_SHOWN)) : "";
  return [there, gone ? texts.filesGone(gone) : ""].filter(Boolean).join(". ");
}

function update(row, schedule) {
  row.schedule = schedule;
  row.node.dataset.schedule = schedule.id;
  setText(row.name, schedule.name);
  row.all.href = jobsAddress({ schedule: String(schedule.id) });
  row.all.setAttribute("aria-label", common.allJobsOf(schedule.name));
  row.badge.hidden = !schedule.paused;
  const words = cronWords(schedule.cron);
  setText(row.when, texts.inZone(words || schedule.cron, schedule.timezone));
  row.when.title = schedule.cron;
  const type = schedule.job?.type;
  const then = (schedule.job?.then ?? []).map((step) => labels.get(step.type) ?? step.type);
  setText(row.what, type ? texts.steps([labels.get(type) ?? type, ...then]) : texts.tooLarge);
  showText(row.files, filesWords(schedule));
  setText(row.next, nextWords(schedule));
  showText(row.notify, schedule.notify ? texts.notify(schedule.notify) : "");
  drawRuns(row, schedule);
  showText(row.error, schedule.error);
  const may = mayChange(schedule);
  for (const node of row.buttons) {
    if (node.dataset.do === "pause") setText(node, schedule.paused ? texts.actions.resume : texts.actions.pause);
    node.hidden = !may || (node.dataset.do === "edit" && !type);
    node.setAttribute("aria-label", texts.action(node.textContent, schedule.name));
  }
}

function remove(id) {
  const { node } = rows.get(id);
  const neighbour = node.nextElementSibling ?? node.previousElementSibling;
  if (node.contains(document.activeElement)) (neighbour ? find("button", neighbour) : find("#list-title")).focus();
  node.remove();
  rows.delete(id);
}

export function setLabels(types) {
  labels = new Map(types.map((type) => [type.type, type.label || type.type]));
  for (const row of rows.values()) update(row, row.schedule);
}

/** The schedules in the order of their names, so that a run moves none of them. */
export function drawSchedules(schedules) {
  const ids = new Set(schedules.map(({ id }) => id));
  [...rows.keys()].filter((id) => !ids.has(id)).forEach(remove);
  const sorted = schedules.toSorted((a, b) => a.name.localeCompare(b.name) || a.id - b.id);
  sorted.forEach((schedule, place) => {
    if (!rows.has(schedule.id)) rows.set(schedule.id, newRow());
    const row = rows.get(schedule.id);
    update(row, schedule);
    if (list.children[place] !== row.node) list.insertBefore(row.node, list.children[place] ?? null);
  });
}

/** `onEdit(schedule)` opens the form, `onChange()` asks again. */
export function startRows({ onEdit, onChange }) {
  edit = onEdit;
  refresh = onChange;
}

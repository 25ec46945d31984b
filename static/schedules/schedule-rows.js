/* The schedules: what each repeats, when it runs next, how its last runs ended, and what can be done with it. */

import { cronWords } from "/static/schedules/cron-words.js";
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
import { texts } from "/static/texts/shared.js";

const list = find("[data-schedules]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const rows = new Map();
let labels = new Map();
let edit = () => {};
let refresh = () => {};

const ACTIONS = {
  async run(schedule) {
    const job = await runSchedule(schedule.id);
    tell(`Submitted: ${job.name}`);
  },
  async pause(schedule) {
    const changed = await changeSchedule(schedule.id, { paused: !schedule.paused });
    tell(changed.paused ? `Paused ${changed.name}.` : `${changed.name} runs next ${dayAndTime(changed.next_at)}.`);
  },
  edit: (schedule) => edit(schedule),
  async delete(schedule) {
    const question = { title: "Delete this schedule?", text: `“${schedule.name}” will not run again. The jobs it made stay.`, yes: "Delete", no: "Don’t delete" };
    if (!(await confirmed(question))) return;
    await deleteSchedule(schedule.id);
    tell(`Deleted ${schedule.name}.`);
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

function button(name, text, row) {
  const node = make("button", { type: "button", className: "button small", "data-do": name }, text);
  node.addEventListener("click", () => act(node, row.schedule));
  return node;
}

function newRow() {
  const row = {};
  row.name = make("h3", { dir: "auto" });
  row.badge = make("span", { className: "badge", "data-level": "warn" }, "Paused");
  row.when = make("p", { className: "schedule-when" });
  row.what = make("p", { className: "quiet", dir: "auto" });
  row.next = make("p", { className: "schedule-next" });
  row.runs = make("ul", { className: "dots" });
  row.all = make("a", { className: "button link small" }, texts.allJobs);
  row.error = make("p", { className: "job-error", dir: "auto" });
  row.buttons = [["run", "Run now"], ["pause", "Pause"], ["edit", "Edit"], ["delete", "Delete"]].map(([name, text]) => button(name, text, row));
  row.node = make("li", { className: "schedule" },
    make("div", { className: "job-head" }, row.name, row.badge),
    row.when, row.what, row.next, row.runs, row.error,
    make("div", { className: "schedule-actions" }, ...row.buttons, row.all));
  return row;
}

const runWord = (run) => (run.status === "failed" && run.completed_items ? "Partly failed" : statusWord(run));

function dot(run) {
  const text = `${runWord(run)}, ${fullTime(run.created_at)}`;
  const kind = run.status === "failed" && run.completed_items ? "partly_failed" : run.status;
  return make("li", {}, make("a", { href: `/jobs/${encodeURIComponent(run.job_id)}`, className: "dot", "data-run": kind, title: text, "aria-label": text }));
}

/* The oldest first, as one reads; drawn again only when a run came or changed, so that the focus stays. */
function drawRuns(row, schedule) {
  const text = stringify(schedule.runs.map((run) => [run.job_id, run.status]));
  if (row.drawnRuns === text) return;
  row.drawnRuns = text;
  const focused = document.activeElement?.getAttribute("href");
  const isFocused = row.runs.contains(document.activeElement);
  row.runs.setAttribute("aria-label", `Last runs of ${schedule.name}, the oldest first`);
  row.runs.replaceChildren(...schedule.runs.toReversed().map(dot));
  if (isFocused) ([...row.runs.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused) ?? row.buttons[0]).focus();
}

function nextWords(schedule) {
  if (schedule.paused) return pausedWords(schedule).replace(/^p/, "P");
  const [next, ...later] = schedule.next_runs.map(dayAndTime);
  const whose = schedule.timezone === zone ? "" : " in your time zone";
  return `Next ${next}${later.length ? `, then ${later.join(" and ")}` : ""}${whose}`;
}

function update(row, schedule) {
  row.schedule = schedule;
  row.node.dataset.schedule = schedule.id;
  setText(row.name, schedule.name);
  row.all.href = jobsAddress({ schedule: String(schedule.id) });
  row.all.setAttribute("aria-label", texts.allJobsOf(schedule.name));
  row.badge.hidden = !schedule.paused;
  const words = cronWords(schedule.cron);
  setText(row.when, `${words || schedule.cron} (${schedule.timezone})`);
  row.when.title = schedule.cron;
  const type = schedule.job?.type;
  const then = (schedule.job?.then ?? []).map((step) => labels.get(step.type) ?? step.type);
  setText(row.what, type ? [labels.get(type) ?? type, ...then].join(", then ") : "a job too large to show");
  setText(row.next, nextWords(schedule));
  drawRuns(row, schedule);
  showText(row.error, schedule.error);
  const may = mayChange(schedule);
  for (const node of row.buttons) {
    if (node.dataset.do === "pause") setText(node, schedule.paused ? "Resume" : "Pause");
    node.hidden = !may || (node.dataset.do === "edit" && !type);
    node.setAttribute("aria-label", `${node.textContent} ${schedule.name}`);
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

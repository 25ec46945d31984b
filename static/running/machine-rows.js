/* The machines, where there are several: a row for each, and the commands that change them. */

import { find, make, redraw, setData, setText, showText } from "/static/shared/dom.js";
import { dayAndTime, relative } from "/static/shared/format.js";
import { jobsAddress } from "/static/shared/jobs-address.js";
import { isAdmin } from "/static/shared/user.js";
import { ACTIVE } from "/static/shared/words.js";
import { texts } from "/static/texts/running.js";

const section = find("[data-machines-part]");
const list = find("[data-machines]");
const rows = new Map();

/* {level, text} of the badge, and a sentence where there is more to say. */
function stateOf({ version, consumers, state, seen_at: seenAt, warnings }) {
  if (!version) return { level: "warn", text: texts.machineNew, sentence: texts.machineNotStarted };
  if (!consumers.length) return { level: "critical", text: texts.machineAway, sentence: texts.machineSilent(dayAndTime(seenAt), relative(seenAt)) };
  if (state !== "works") return { level: "warn", text: texts.machineIdle, sentence: texts.problem(state) };
  return warnings.length ? { level: "warn", text: texts.machineWarns } : { level: "ok", text: texts.machineWorks };
}

function newRow(name) {
  const row = {};
  row.badge = make("span", { className: "badge" });
  row.about = make("p", { className: "quiet" });
  row.state = make("p", { className: "queue-sentence" });
  row.queues = make("ul", { className: "machine-queues" });
  row.warnings = make("div", { className: "machine-warnings" });
  row.typesHead = make("summary", {});
  row.typesList = make("ul", { className: "machine-types" });
  row.types = make("details", { className: "quiet" }, row.typesHead, row.typesList);
  row.node = make("li", { className: "machine", "data-machine": name },
    make("div", { className: "queue-head" }, make("h3", { dir: "auto" }, name), row.badge),
    make("div", {}, row.state, row.about, row.types),
    row.queues,
    row.warnings);
  return row;
}

function queueItem(queue) {
  const link = make("a", { href: jobsAddress({ status: ACTIVE.join(","), queue: queue.name }), dir: "auto" }, queue.name);
  return make("li", {}, link, make("span", { className: "quiet" }, texts.machineQueue(queue)));
}

function update(row, machine) {
  const { level, text, sentence } = stateOf(machine);
  setData(row.badge, "level", level);
  setText(row.badge, text);
  showText(row.state, sentence ?? "");
  setText(row.about, texts.machineAbout(machine));
  redraw(row.queues, machine.queues.map((queue) => queue.name + texts.machineQueue(queue)), () => machine.queues.map(queueItem));
  redraw(row.warnings, machine.warnings, () => machine.warnings.map((warning) => make("p", { dir: "auto" }, texts.problem(warning))));
  /* What does not run needs a line. */
  const sorted = [...machine.types].sort((one, other) => Boolean(one.problem) - Boolean(other.problem));
  const types = sorted.map(texts.machineType);
  row.types.hidden = !types.length;
  setText(row.typesHead, texts.machineTypes(machine.types));
  redraw(row.typesList, types, () => types.map((type, place) => make("li", { dir: "auto", "data-idle": Boolean(sorted[place].problem) }, type)));
}

/** Shows them where there is more than one. */
export function drawMachines(machines) {
  section.hidden = machines.length < 2;
  find("[data-machine-commands]").hidden = !isAdmin();
  const names = new Set(machines.map(({ name }) => name));
  for (const [name, row] of rows) {
    if (names.has(name)) continue;
    row.node.remove();
    rows.delete(name);
  }
  for (const machine of machines) {
    if (!rows.has(machine.name)) {
      rows.set(machine.name, newRow(machine.name));
      list.append(rows.get(machine.name).node);
    }
    update(rows.get(machine.name), machine);
  }
}

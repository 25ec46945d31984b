/* The queues: a row for each, drawn once and then changed in place, so that the focus stays. */

import { absentWords, busyWords, flowWords, queueBadge, queueSentence, workersWords } from "/static/running/queue-words.js";
import { tell } from "/static/shared/announce.js";
import { pauseQueue, resumeQueue, setWorkers } from "/static/shared/api.js";
import { find, make, redraw, setData, setText, showText } from "/static/shared/dom.js";
import { jobsAddress } from "/static/shared/jobs-address.js";
import { isAdmin } from "/static/shared/user.js";
import { ACTIVE } from "/static/shared/words.js";
import { texts } from "/static/texts/running.js";

/* As the server has it. */
const MOST_WORKERS = 256;
const list = find("[data-queues]");
const rows = new Map();

/* `act(queue)` gets the queue as it was drawn last. */
function button(text, label, act, row) {
  const node = make("button", { type: "button", className: "button small", "aria-label": label }, text);
  node.addEventListener("click", async () => {
    if (node.getAttribute("aria-disabled") === "true") return;
    try {
      await act(row.queue);
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
    row.refresh();
  });
  return node;
}

const toggle = (queue) => (queue.paused ? resumeQueue(queue.name) : pauseQueue(queue.name));

function workersControl(name, row) {
  row.fewer = button("−", texts.fewerWorkers(name), (queue) => setWorkers(name, queue.workers - 1), row);
  row.count = make("span", { className: "workers-count", title: texts.workersBounds(MOST_WORKERS) });
  row.more = button("+", texts.moreWorkers(name), (queue) => setWorkers(name, queue.workers + 1), row);
  row.reset = button("", "", () => setWorkers(name, null), row);
  return make("span", { className: "workers-control", role: "group", "aria-label": texts.workersOf(name) }, row.fewer, row.count, row.more, row.reset);
}

function newRow(name, refresh) {
  const row = { refresh };
  row.badge = make("span", { className: "badge" });
  row.sentence = make("p", { className: "queue-sentence", dir: "auto" });
  row.absent = make("p", { dir: "auto", hidden: true });
  row.rest = make("p", { className: "quiet", hidden: true });
  row.flow = make("p", { className: "quiet" });
  row.busy = make("p", { className: "quiet" });
  row.where = make("p", { className: "quiet queue-where" });
  row.toggle = button("", "", toggle, row);
  row.node = make("li", { className: "queue", "data-queue": name },
    make("div", { className: "queue-head" }, make("h3", { dir: "auto" }, make("a", { href: jobsAddress({ status: ACTIVE.join(","), queue: name }) }, name)), row.badge),
    make("div", { className: "queue-state" }, row.sentence, row.absent, row.rest),
    make("div", { className: "queue-flow" }, row.flow, row.busy, row.where),
    isAdmin() ? make("div", { className: "queue-switches" }, row.control = workersControl(name, row), row.toggle) : null);
  return row;
}

function drawSwitches(row, queue, machines) {
  /* Workers that nobody has cannot be changed. */
  row.control.hidden = !queue.consumers && !queue.workers_configured;
  setText(row.count, workersWords(queue, machines));
  row.fewer.setAttribute("aria-disabled", String(queue.workers <= 1));
  row.more.setAttribute("aria-disabled", String(queue.workers >= MOST_WORKERS));
  const isChanged = queue.workers_changed && (machines.length > 0 || queue.workers !== queue.workers_configured);
  /* The focus must not go with the button. */
  if (!isChanged && document.activeElement === row.reset) row.more.focus();
  row.reset.hidden = !isChanged;
  setText(row.reset, machines.length ? texts.resetAll : texts.reset(queue.workers_configured));
  row.reset.setAttribute("aria-label", machines.length ? texts.resetAllWorkers(queue.name) : texts.resetWorkers(queue.name, queue.workers_configured));
  const word = queue.paused ? texts.resume : texts.pause;
  setText(row.toggle, word);
  row.toggle.setAttribute("aria-label", texts.actOn(word, queue.name));
}

function update(row, queue, machines) {
  row.queue = queue;
  const { level, text } = queueBadge(queue);
  setData(row.badge, "level", level);
  setText(row.badge, text);
  setText(row.sentence, queueSentence(queue));
  showText(row.rest, texts.rest(queue.pending, queue.failed));
  setText(row.flow, flowWords(queue));
  setText(row.busy, busyWords(queue));
  showText(row.absent, absentWords(queue, machines));
  const where = machines.length ? queue.machines : [];
  redraw(row.where, where, () => where.flatMap((machine, place) => [place ? ", " : texts.on, make("span", {}, machine)]));
  if (isAdmin()) drawSwitches(row, queue, machines);
}

/** `machines`: all, where there are several; `refresh()` asks again, after somebody changed a queue. */
export function drawQueues(queues, machines, refresh) {
  const names = new Set(queues.map((queue) => queue.name));
  for (const [name, row] of rows) {
    if (names.has(name)) continue;
    row.node.remove();
    rows.delete(name);
  }
  for (const queue of queues) {
    if (!rows.has(queue.name)) {
      const row = newRow(queue.name, refresh);
      rows.set(queue.name, row);
      list.append(row.node);
    }
    update(rows.get(queue.name), queue, machines);
  }
}

/* What happened to the job, in order. */

import { moveWord } from "/static/job/moves.js";
import { find, make, setData, setText } from "/static/shared/dom.js";
import { clockTime, fullTime } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { withLocalTimes } from "/static/shared/words.js";
import { texts } from "/static/texts/job.js";

const list = find("[data-timeline]");
const box = find("[data-timeline-items]");

/* Closed at first, and kept as it is for as long as its event: an event never changes. */
function tracebackNode(event, job) {
  const label = texts.tracebackOf(job.total_items > 1 ? event.item + 1 : null, event.attempt);
  return make("details", { className: "traceback" },
    make("summary", {}, texts.traceback),
    make("pre", { className: "printed", tabIndex: 0, role: "group", "aria-label": label }, event.traceback));
}

function eventNode(event, job) {
  const text = event.text && event.text !== moveWord(event) ? withLocalTimes(event.text) : null;
  return make("li", { className: "event", "data-move": event.move },
    make("p", { className: "event-head" },
      make("strong", {}, moveWord(event)),
      make("time", { dateTime: event.at, title: fullTime(event.at) }, clockTime(event.at))),
    text && make("p", { className: "event-text", dir: "auto" }, text),
    event.traceback ? tracebackNode(event, job) : null);
}

/* A list that only ever gets more: an event never changes. */
function growing(list) {
  let drawn = [];
  return (events, job) => {
    const written = events.map((event) => stringify(event));
    const kept = written.findIndex((text, place) => drawn[place] !== text);
    const from = kept === -1 ? written.length : kept;
    while (list.children.length > from) list.lastElementChild.remove();
    list.append(...events.slice(from).map((event) => eventNode(event, job)));
    drawn = written;
  };
}

const drawOwn = growing(list);
const folds = new Map();

/* The events of one item, folded: its last one is said by the fold. */
function foldOf(index) {
  if (folds.has(index)) return folds.get(index);
  const summary = make("summary", {});
  const inner = make("ol", { className: "timeline" });
  const node = make("details", { className: "timeline-fold", "data-timeline-item": index }, summary, inner);
  folds.set(index, { node, summary, draw: growing(inner) });
  return folds.get(index);
}

/** `nameOf(index)` is what an item is called. */
export function drawTimeline(events, job, nameOf) {
  const isFolded = (event) => job.total_items > 1 && Number.isInteger(event.item);
  drawOwn(events.filter((event) => !isFolded(event)), job);
  const ofItem = new Map();
  for (const event of events.filter(isFolded)) ofItem.set(event.item, [...(ofItem.get(event.item) ?? []), event]);
  const indexes = [...ofItem.keys()].sort((a, b) => a - b);
  for (const index of indexes) {
    const { node, summary, draw } = foldOf(index);
    const last = ofItem.get(index).at(-1);
    setData(node, "move", last.move);
    setText(summary, texts.itemMove(index + 1, nameOf(index), moveWord(last)));
    draw(ofItem.get(index), job);
  }
  const nodes = indexes.map((index) => folds.get(index).node);
  nodes.forEach((node, place) => box.children[place] === node || box.insertBefore(node, box.children[place] ?? null));
}

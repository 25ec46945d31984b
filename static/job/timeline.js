/* What happened to the job, in order. */

import { moveWord } from "/static/job/moves.js";
import { find, make } from "/static/shared/dom.js";
import { clockTime, fullTime } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { withLocalTimes } from "/static/shared/words.js";

const list = find("[data-timeline]");
let drawn = [];

function about(event, job) {
  return job.total_items > 1 && Number.isInteger(event.item) ? `item ${event.item + 1}` : null;
}

/* Closed at first, and kept as it is for as long as its event: an event never changes. */
function tracebackNode(event, job) {
  const label = ["Traceback", about(event, job), `attempt ${event.attempt}`].filter(Boolean).join(", ");
  return make("details", { className: "traceback" },
    make("summary", {}, "Traceback"),
    make("pre", { className: "printed", tabIndex: 0, role: "region", "aria-label": label }, event.traceback));
}

function eventNode(event, job) {
  const item = about(event, job);
  const text = event.text && event.text !== moveWord(event) ? withLocalTimes(event.text) : null;
  return make("li", { className: "event", "data-move": event.move },
    make("p", { className: "event-head" },
      make("strong", {}, moveWord(event)),
      item && make("span", { className: "event-item" }, item),
      make("time", { dateTime: event.at, title: fullTime(event.at) }, clockTime(event.at))),
    text && make("p", { className: "event-text", dir: "auto" }, text),
    event.traceback ? tracebackNode(event, job) : null);
}

export function drawTimeline(events, job) {
  const texts = events.map((event) => stringify(event));
  const kept = texts.findIndex((text, place) => drawn[place] !== text);
  const from = kept === -1 ? texts.length : kept;
  while (list.children.length > from) list.lastElementChild.remove();
  list.append(...events.slice(from).map((event) => eventNode(event, job)));
  drawn = texts;
}

/* What happened to the job, in order. */

import { find, make } from "/static/dom.js";
import { clockTime, fullTime } from "/static/format.js";
import { moveWord, withLocalTimes } from "/static/words.js";

const list = find("[data-timeline]");
let drawn = [];

function about(event, job) {
  return job.total_items > 1 && Number.isInteger(event.item) ? `item ${event.item + 1}` : null;
}

function eventNode(event, job) {
  const item = about(event, job);
  const text = event.text && event.text !== moveWord(event) ? withLocalTimes(event.text) : null;
  return make("li", { className: "event", "data-move": event.move },
    make("p", { className: "event-head" },
      make("strong", {}, moveWord(event)),
      item && make("span", { className: "event-item" }, item),
      make("time", { dateTime: event.at, title: fullTime(event.at) }, clockTime(event.at))),
    text && make("p", { className: "event-text", dir: "auto" }, text));
}

export function drawTimeline(events, job) {
  const texts = events.map((event) => JSON.stringify(event));
  const kept = texts.findIndex((text, place) => drawn[place] !== text);
  const from = kept === -1 ? texts.length : kept;
  while (list.children.length > from) list.lastElementChild.remove();
  list.append(...events.slice(from).map((event) => eventNode(event, job)));
  drawn = texts;
}

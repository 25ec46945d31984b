/* What a job type decided where its input has several readings: what it took, why, and what else there is. */

import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/shared.js";

const isReading = (entry) => typeof entry?.what === "string" && typeof entry.chosen === "string";
const words = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

/** The readings in `found`, [{what, chosen, others, why}]; what has another shape has none. */
export const readingsIn = (found) => (Array.isArray(found) ? found.filter(isReading) : []);

/* Another reading is a text, or {text, …} with what its type needs to take it. */
function other(option, choose) {
  const text = typeof option === "string" ? option : String(option?.text ?? "");
  const button = choose?.(option, text) ?? null;
  return make("li", {}, make("span", { dir: "auto" }, text), button && " ", button);
}

function reading({ what, chosen, others, why }, choose) {
  const options = Array.isArray(others) ? others : [];
  return make("li", {},
    make("p", {}, make("strong", {}, texts.reading(words(what))), make("span", { dir: "auto" }, chosen)),
    why ? make("p", { className: "reading-why", dir: "auto" }, why) : null,
    options.length ? make("p", { className: "reading-why" }, texts.otherReadings) : null,
    options.length ? make("ul", { className: "reading-others" }, ...options.map((option) => other(option, choose))) : null);
}

/** A notice of them, null without any; `choose(option, text)` makes what takes another one. */
export function readingsNotice(readings, choose = null) {
  if (!readings.length) return null;
  return make("ul", { className: "readings", "aria-label": texts.readings }, ...readings.map((each) => reading(each, choose)));
}

/* When the jobs were submitted: since an hour, a day or a week, or between two times. */

import { addressWith, chosenOf, go, PERIODS, timeOf } from "/static/jobs/filters.js";
import { find, make } from "/static/shared/dom.js";
import { texts } from "/static/texts/jobs.js";

const list = find("[data-periods]");
const fields = { from: find("[data-from]"), to: find("[data-to]") };
const links = new Map();

for (const name of Object.keys(PERIODS)) {
  const link = make("a", { className: "facet-value", "data-value": name }, make("span", {}, texts.periods[name]));
  links.set(name, link);
  list.append(make("li", {}, link));
}

/* A field shows minutes of the reader's own clock. */
function local(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const utc = (text) => (text ? new Date(text).toISOString().replace(".000Z", "Z") : "");

export function drawPeriod() {
  for (const [name, link] of links) {
    const isChosen = chosenOf("from") === name && !chosenOf("to");
    link.href = addressWith({ from: isChosen ? "" : name, to: "" });
    if (isChosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const [name, field] of Object.entries(fields)) {
    if (field.value !== local(timeOf(name))) field.value = local(timeOf(name));
  }
}

export function startPeriod(onChange) {
  for (const [name, field] of Object.entries(fields)) {
    field.addEventListener("change", () => {
      if (field.validity.badInput) return;
      go(addressWith({ [name]: utc(field.value) }), { isTyped: true });
      onChange();
    });
  }
}

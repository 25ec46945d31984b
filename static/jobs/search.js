/* The search in names, parameters and errors: a filter that is typed. */

import { addressWith, chosenOf, go } from "/static/jobs/filters.js";
import { find } from "/static/shared/dom.js";

const PAUSE_MS = 300;
const field = find("[data-search]");

/** Shows what is searched for, unless somebody is typing it. */
export function drawSearch() {
  if (field.value.trim() !== chosenOf("q")) field.value = chosenOf("q");
}

export function startSearch(onChange) {
  let timer = null;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      go(addressWith({ q: field.value.trim() }), { isTyped: true });
      onChange();
    }, PAUSE_MS);
  });
}

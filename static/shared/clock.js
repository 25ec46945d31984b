/* Keeps "2 min ago" true without asking the server. */

import { setText } from "/static/shared/dom.js";
import { relative } from "/static/shared/format.js";

const EVERY_MS = 15_000;

export function keepTimesFresh() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-relative]")) {
      if (node.dateTime) setText(node, relative(node.dateTime));
    }
  }, EVERY_MS);
}

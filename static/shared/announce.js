/* Tells what happened: spoken by screen readers, and as a short message at the edge of the page. */

import { find, setText, visible } from "/static/shared/dom.js";

const SHOWN_MS = 6000;
let timer = null;

export function announce(text) {
  const node = find("[data-announce]");
  node.textContent = "";
  /* A live region speaks on change only; the pause makes the same words count as one. */
  setTimeout(() => (node.textContent = visible(text)), 50);
}

function hide() {
  clearTimeout(timer);
  find("[data-toast]").hidden = true;
}

/** A message that stays when `isProblem`, because a problem must not vanish while it is read. */
export function tell(text, { isProblem = false } = {}) {
  const toast = find("[data-toast]");
  setText(find("[data-toast-text]"), text);
  toast.dataset.kind = isProblem ? "problem" : "done";
  toast.hidden = false;
  announce(text);
  clearTimeout(timer);
  if (!isProblem) timer = setTimeout(hide, SHOWN_MS);
}

find("[data-toast-close]").addEventListener("click", hide);

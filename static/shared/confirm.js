/* Asks before something is gone for good. */

import { find, setText } from "/static/shared/dom.js";

let last = Promise.resolve();

/** Resolves to true only when the user says so; Escape and `no`, which names what happens then, are no. */
export function confirmed(question) {
  /* A dialog says only some time after it closed that it did: the answer to one question is none to the next. */
  last = last.then(() => ask(question));
  return last;
}

function ask({ title, text, yes, no }) {
  const dialog = find("[data-confirm]");
  setText(find("[data-confirm-title]"), title);
  setText(find("[data-confirm-text]"), text);
  setText(find("[data-confirm-yes]"), yes);
  setText(find("[data-confirm-no]"), no);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/* Asks before something is gone for good. */

import { find } from "/static/shared/dom.js";

/** Resolves to true only when the user says so; Escape and `no`, which names what happens then, are no. */
export function confirmed({ title, text, yes, no }) {
  const dialog = find("[data-confirm]");
  find("[data-confirm-title]").textContent = title;
  find("[data-confirm-text]").textContent = text;
  find("[data-confirm-yes]").textContent = yes;
  find("[data-confirm-no]").textContent = no;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

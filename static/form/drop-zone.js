/* Brings files in: by drop anywhere on the page, by dialog. */

import { filesOf } from "/static/form/dropped-files.js";
import { find } from "/static/shared/dom.js";

/* A field for files takes what is dropped on it by itself. */
const isForField = (event) => Boolean(event.target.closest?.("[data-beside-input]"));
const hasFiles = (transfer) => [...(transfer?.types ?? [])].includes("Files");

function showDragging(on) {
  find("[data-drop-overlay]").hidden = !on;
  find("[data-drop-zone]").toggleAttribute("data-over", on);
}

function acceptDrops(onFiles) {
  /* Leaving one element enters another: only the count tells when the pointer left the window. */
  let depth = 0;
  const step = (by) => {
    depth = Math.max(0, depth + by);
    showDragging(depth > 0);
  };
  window.addEventListener("dragenter", (event) => hasFiles(event.dataTransfer) && step(1));
  window.addEventListener("dragleave", (event) => hasFiles(event.dataTransfer) && step(-1));
  window.addEventListener("dragover", (event) => hasFiles(event.dataTransfer) && !isForField(event) && event.preventDefault());
  window.addEventListener("drop", async (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    step(-depth);
    if (isForField(event)) return;
    event.preventDefault();
    onFiles(await filesOf(event.dataTransfer));
  });
}

/* Files from a dialog: its input is emptied, so that choosing the same again is a change again. */
function acceptChoice(input, onFiles) {
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    onFiles(files);
  });
}

export function acceptFiles(onFiles) {
  const input = find("[data-file-input]");
  const folder = find("[data-folder-input]");
  acceptChoice(input, onFiles);
  acceptChoice(folder, onFiles);
  folder.parentElement.hidden = !("webkitdirectory" in folder);
  /* The whole zone is a large button for who points at it. */
  find("[data-drop-zone]").addEventListener("click", ({ target }) => target.closest("label, input") || input.click());
  acceptDrops(onFiles);
}

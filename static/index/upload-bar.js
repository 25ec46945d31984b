/* Upload progress and the button that stops it. */

import { find, setText } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";

const part = find("[data-upload]");
let allSent = false;
const bar = find("[data-upload-progress]");

/* The browser asks before a half-sent upload is thrown away by closing the page. */
const askBeforeLeaving = (event) => event.preventDefault();

export function showUpload(onStop) {
  part.hidden = false;
  bar.value = 0;
  allSent = false;
  setText(find("[data-stop-upload]"), "Stop upload");
  setText(find("[data-upload-text]"), "Starting the upload…");
  find("[data-stop-upload]").onclick = onStop;
  window.addEventListener("beforeunload", askBeforeLeaving);
}

export function drawUpload(sent, total) {
  const percent = total ? Math.floor((sent / total) * 100) : 0;
  bar.value = percent;
  const words = sent >= total ? "Uploaded, being saved…" : `Uploading: ${percent} %, ${bytes(sent)} of ${bytes(total)}`;
  setText(find("[data-upload-text]"), words);
  /* When all is sent, the job may come to be whether we wait for the answer or not. */
  allSent = sent >= total;
  setText(find("[data-stop-upload]"), allSent ? "Close" : "Stop upload");
}

export const stoppedWords = () =>
  allSent ? "The job may still appear in the list." : "Upload stopped. Nothing was submitted.";

export function hideUpload() {
  part.hidden = true;
  window.removeEventListener("beforeunload", askBeforeLeaving);
}

/* Upload progress, and the buttons that pause and stop it. */

import { find, setText } from "/static/shared/dom.js";
import { bytes, duration } from "/static/shared/format.js";

const part = find("[data-upload]");
const bar = find("[data-upload-progress]");
const stop = find("[data-stop-upload]");
const hold = find("[data-pause-upload]");
let allSent = false;
let isPaused = false;
let isWaiting = false;
let began = null;

/* The browser asks before a half-sent upload is interrupted by closing the page. */
const askBeforeLeaving = (event) => event.preventDefault();

export function showUpload(control) {
  part.hidden = false;
  hold.hidden = false;
  bar.value = 0;
  allSent = isPaused = isWaiting = false;
  began = null;
  setText(stop, "Stop upload");
  setText(hold, "Pause");
  setText(find("[data-upload-text]"), "Starting the upload…");
  stop.onclick = () => control.stop();
  hold.onclick = () => {
    isPaused = !isPaused;
    began = null;
    setText(hold, isPaused ? "Continue" : "Pause");
    if (isPaused) setText(find("[data-upload-text]"), `Paused at ${bar.value} %`);
    isPaused ? control.pause() : control.resume();
  };
  window.addEventListener("beforeunload", askBeforeLeaving);
}

/* How fast it is since it last began, and so how long it will take; nothing in the first second. */
function pace(sent, total) {
  began ??= { at: performance.now(), sent };
  const seconds = (performance.now() - began.at) / 1000;
  const rate = (sent - began.sent) / seconds;
  if (seconds < 1 || !(rate > 0)) return "";
  const left = Math.ceil((total - sent) / rate);
  return `, ${bytes(Math.round(rate))}/s, about ${left < 10 ? `${left} s` : duration(left)} left`;
}

export function drawUpload(sent, total) {
  const percent = total ? Math.floor((sent / total) * 100) : 0;
  bar.value = percent;
  if (isPaused || isWaiting) return;
  setText(find("[data-upload-text]"), `Uploading: ${percent} %, ${bytes(sent)} of ${bytes(total)}${pace(sent, total)}`);
}

/** That Bellhop does not answer, or has to do something else first; or that it does again. */
export function drawWaiting(on) {
  if (on === isWaiting) return;
  isWaiting = on;
  began = null;
  if (on) setText(find("[data-upload-text]"), `Waiting for Bellhop. The upload continues by itself from ${bar.value} %.`);
}

/** All is there: the job may come to be whether we wait for the answer or not. */
export function drawSaving() {
  allSent = true;
  hold.hidden = true;
  bar.value = 100;
  setText(find("[data-upload-text]"), "Uploaded, being saved…");
  setText(stop, "Close");
}

export const stoppedWords = () =>
  allSent ? "The job may still appear in the list." : "Upload stopped. Nothing was submitted; if you submit again, it continues.";

export function hideUpload() {
  part.hidden = true;
  window.removeEventListener("beforeunload", askBeforeLeaving);
}

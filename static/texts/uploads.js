/* What the tray of uploads says. A text is a whole sentence or label: who translates it sees all of it. */

import { bytes, duration, many } from "/static/shared/format.js";

const HOUR_S = 3600;

/* As coarse as anybody needs it, so that it does not flicker. */
function timeLeft(seconds) {
  if (seconds < 10) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5} s`;
  if (seconds < HOUR_S) return `${Math.ceil(seconds / 60)} min`;
  return duration(seconds);
}

const percent = ({ sent, total }) => `${total ? Math.floor((100 * sent) / total) : 100} %`;
const left = (seconds) => (seconds === null ? "" : `, about ${timeLeft(seconds)} left`);

export const texts = {
  tray: "Uploads",
  uploading: (count, progress, seconds) => `${many(count, "upload")}, ${percent(progress)}${left(seconds)}`,
  failed: (count) => `${count} failed`,
  submittedCount: (count) => `${count} submitted`,
  several: (parts) => parts.join(" · "),
  nameOf: (first, others) => (others ? `${first} and ${others} more` : first),

  starting: "Starting the upload…",
  progress: (progress, rate, seconds) =>
    `${percent(progress)}, ${bytes(progress.sent)} of ${bytes(progress.total)}${rate === null ? "" : `, ${bytes(Math.round(rate))}/s`}${left(seconds)}`,
  paused: (progress) => `Paused at ${percent(progress)}, ${bytes(progress.sent)} of ${bytes(progress.total)}`,
  waiting: (progress) => `Waiting for Bellhop. The upload continues by itself from ${percent(progress)}.`,
  saving: "Uploaded, being saved…",
  moreFiles: (count) => `and ${many(count, "more file")}`,
  progressOf: (name) => `Upload of ${name}`,
  submitted: (name) => `Submitted: ${name}`,
  begun: (name) => `Uploading ${name}`,
  stoppedBy: (name, message) => `${name} was not submitted: ${message}`,

  actions: {
    pause: "Pause",
    goOn: "Continue",
    stop: "Stop",
    discard: "Delete",
    again: "Try again",
    back: "Back to the form",
    choose: "Choose again",
    close: "Close",
  },
  of: (label, name) => `${label}: ${name}`,

  elsewhere: (owner) => `The uploads of ${owner} wait until ${owner} is logged in again.`,
  unknown: "The page could not send it.",
  missing: (names) =>
    names.length === 1
      ? `This browser cannot read “${names[0]}” any more. Choose it again: the upload continues where it was, if the file is still the same.`
      : `This browser cannot read ${many(names.length, "file")} any more. Choose them again: the upload continues where it was, if the files are still the same.`,
  otherFiles: (names) =>
    names.length === 1 ? `“${names[0]}” is not among the files that you chose.` : `${many(names.length, "file")} of this job are not among those that you chose, such as “${names[0]}”.`,

  stopTitle: "Stop this upload?",
  stopText: (name) => `Bellhop deletes what has arrived of ${name}, and submits nothing.`,
  stopSaved: (name) => `All of ${name} has arrived. Bellhop may have accepted the job already; it is in the list then.`,
  stopYes: "Stop upload",
  stopNo: "Continue upload",
  discardTitle: "Delete this upload?",
  discardYes: "Delete upload",
  discardNo: "Keep it here",
  logOutTitle: "Log out and stop the uploads?",
  logOutText: (count) => `${many(count, "upload is", "uploads are")} not submitted yet. A logout deletes what has arrived of them.`,
  logOutYes: "Log out",
  logOutNo: "Stay logged in",
};

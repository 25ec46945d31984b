/* What the page of schedules says. */

import { bytes, many } from "/static/shared/format.js";

export const texts = {
  newSchedule: "New schedule",
  edit: (name) => `Edit ${name}`,
  add: "Add schedule",
  save: "Save changes",
  fillIn: "Fill in this field.",
  inWords: (words, zone) => `${words}, ${zone}`,
  nextRuns: "It runs next:",
  thereAndHere: (there, here) => `${there} (${here} in your time zone)`,
  saved: (name) => `Saved ${name}, which is paused.`,
  runsNext: (name, time) => `${name} runs next ${time}.`,
  wrongField: (field, message) => `${field}: ${message}`,

  sending: (percent, sent, total) => `Uploading: ${percent} %, ${bytes(sent)} of ${bytes(total)}`,
  waiting: "Waiting for Bellhop. The upload continues by itself.",
  stopped: "Upload stopped. The schedule was not saved.",
  filesGone: (count) => `${many(count, "file")} of this schedule ${count === 1 ? "is" : "are"} gone. Choose ${count === 1 ? "it" : "them"} again.`,

  submitted: (name) => `Submitted: ${name}`,
  paused: (name) => `Paused ${name}.`,
  deleted: (name) => `Deleted ${name}.`,
  deleteTitle: "Delete this schedule?",
  deleteText: (name, files) => `“${name}” will not run again${files ? `, and Bellhop deletes its ${many(files, "file")}` : ""}. The jobs it made stay.`,
  deleteYes: "Delete",
  deleteNo: "Don’t delete",
  isPaused: "Paused",
  actions: { run: "Run now", pause: "Pause", resume: "Resume", edit: "Edit", delete: "Delete" },
  action: (label, name) => `${label} ${name}`,
  run: (status, time) => `${status}, ${time}`,
  lastRuns: (name) => `Last runs of ${name}, the oldest first`,
  inZone: (when, zone) => `${when} (${zone})`,
  steps: (labels) => labels.join(", then "),
  tooLarge: "a job too large to show",
  files: (names, more) => `Files: ${names.join(", ")}${more ? ` and ${more} more` : ""}`,
  notify: ({ address, wants }) => {
    if (wants === "nothing") return "No mails";
    return `Mail to ${address || "the owner"} when a job ${wants === "every" ? "ends" : "fails"}`;
  },
  next: (times, isElsewhere) => {
    const [first, ...later] = times;
    return `Next ${first}${later.length ? `, then ${later.join(" and ")}` : ""}${isElsewhere ? " in your time zone" : ""}`;
  },
};

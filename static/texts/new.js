/* What the page New says. */

import { bytes, many } from "/static/shared/format.js";

export const texts = {
  title: (active) => (active ? `(${active}) Bellhop` : "Bellhop"),
  filesTo: (count, size, label) => `${many(count, "file")}, ${bytes(size)} → ${label}`,
  nothing: "Add files or choose a job type",
  filesToNone: (count, size) => `${many(count, "file")}, ${bytes(size)}: choose a job type`,
  urlsTo: (count, label) => `${many(count, "URL")} → ${label}`,
  textTo: (count, label) => `${many(count, "character")} → ${label}`,
  nothingTo: (label) => `Nothing yet → ${label}`,
  expected: (suffixes, isOneItem) => `Expected: ${suffixes.join(", ")}.${isOneItem ? " All files make one item." : ""}`,
  anywhere: (isOneItem) => `Anywhere on this page works.${isOneItem ? " All files make one item." : ""}`,
  inputName: (name) => `${name}: `,
  needsNothing: (label) => `${label} needs no input.`,
  needsFields: (label) => `${label} takes no files. Fill in its fields below.`,
  chooseAgain: (names) => {
    const shown = names.slice(0, 3).map((name) => `“${name}”`).join(", ");
    return `Choose the files of your draft again: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ""}.`;
  },
  cleared: "Cleared the form.",
  pastedImage: (time) => `Pasted image ${time}.png`,
  noTypeForText: "To use pasted text, choose a job type that takes text or URLs, and paste again.",
  typeTakesNoText: (label) => `${label} takes no text. Choose a job type that does, and paste again.`,
  notAllInputs: (here, all, most) => `The form has ${here} of the ${many(all, "input")} of this job; it holds ${most} at a time.`,
  takesNoFiles: (label) => `${label} takes no files; the chosen ones will not be sent.`,
  unexpected: (label, suffixes, names) => {
    const which = names.length === 1 ? `“${names[0]}” does` : `${names.length} of the files do`;
    return `${label} expects ${suffixes.join(", ")}; ${which} not look like that. This will probably fail.`;
  },
  filesDeleted: "Bellhop has deleted the files of this job. Choose them again.",
  typeMissing: (type) => `The job type ${type} is not available.`,
  submit: "Submit job",
  submitting: "Submitting…",
  notSent: (why) => `${why} Nothing is lost: the form is as you left it. Try again in a moment.`,
  submitted: (name) => `Submitted: ${name}`,
  notInForm: (names) => `This browser cannot read ${names.join(", ")} any more. Choose again what is missing.`,
  replaceTitle: "Replace what is in the form?",
  replaceText: "The form has another job in it. This one would take its place.",
  replaceYes: "Replace it",
  replaceNo: "Keep the form",
};

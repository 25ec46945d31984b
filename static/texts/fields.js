/* What the fields of a form say, which are drawn from the parameters of a job type. */

import { many } from "/static/shared/format.js";

const NOUNS = { integer: "a whole number", number: "a number", boolean: "true or false", null: "nothing", string: "a text" };

export const texts = {
  choice: new Map([[true, "Yes"], [false, "No"], ["", "Empty"], [" ", "Space"], ["\t", "Tab"]]),
  choose: "Choose…",
  none: "None",
  onePerLine: "One per line.",
  duration: "Such as 1:30:00, PT90M or 90 (seconds).",
  /** `kinds` are {choices}, {format} or {type} of JSON Schema. */
  oneOf: (kinds) => {
    const words = kinds.map(({ choices, format, type }) => choices?.join(", ") ?? (format ? `a ${format}` : NOUNS[type]));
    return `This can be ${words.join(" or ")}.`;
  },
  required: "required",
  more: (bound) => `Must be more than ${bound}.`,
  less: (bound) => `Must be less than ${bound}.`,
  otherForm: "Does not have the expected form.",
  numbers: "Each line must be a number.",

  fillIn: "Fill in",
  value: "Value",
  name: "Name",
  addRow: "Add a row",
  addValue: "Add a value",
  removeRow: "Remove this row",
  notJson: (why) => `Must be JSON: ${why}`,
  json: "As JSON",
  jsonOrText: "JSON or text.",

  jobs: {
    find: "Find a job by its name",
    list: "Jobs that were found",
    found: (count) => (count ? `${many(count, "job")} found` : "No job found"),
    chosen: "Chosen jobs",
    remove: (name) => `Remove ${name}`,
    unknown: (text) => `“${text}” is not a job. Choose one from the list.`,
  },

  option: {
    runAt: { title: "Not before", description: "Your local time. Empty = now." },
    priority: { title: "Priority", description: "0 is usual; higher is first. Only admins can go above 0." },
    dependsOn: { title: "After these jobs", description: "Jobs that must complete first. You can also paste their ids or addresses." },
    webhook: { title: "Webhook", description: "Bellhop sends a POST here when the job ends." },
    reuse: { title: "Reuse an earlier result if the input is the same" },
  },
  moreOptions: (set) => (set ? `More options (${set} set)` : "More options"),
  then: "Then",
  andThen: "And then",
  remove: "Remove",
  removeStep: "Remove this step",
};

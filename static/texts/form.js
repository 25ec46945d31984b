/* What the form of a job says. */

import { many, number } from "/static/shared/format.js";

const SUFFIXES_SHOWN = 5;

export const texts = {
  chooseType: "Choose what should be done.",
  noTypes: "Bellhop has no job types yet.",
  noTypeFound: "No job type matches.",
  allTypes: (count, unavailable) => `Show all ${many(count, "job type")}${unavailable ? `, ${unavailable} of them not available` : ""}`,
  notNow: (label, reason) => `${label} is not available now: ${reason}`,
  unavailable: (reason) => `Not available: ${reason || "No reason given."}`,
  keeps: (names) => `The schedule keeps ${names.join(", ")}. Choose another file to replace ${names.length === 1 ? "it" : "them"}.`,
  takes: { url: "URLs", text: "Text", data: "JSON", fields: "Fields", none: "No input" },
  several: {
    text: (count) => `${count} texts, an item each; if you change something here, they become one text.`,
    data: (count) => `${count} JSON objects, an item each; to change something here, leave one of them.`,
  },
  takesFiles: (suffixes) => {
    if (!suffixes.length) return "Any files";
    const more = suffixes.length - SUFFIXES_SHOWN;
    return suffixes.slice(0, SUFFIXES_SHOWN).join(" ") + (more > 0 ? ` and ${more} more` : "");
  },

  removeFile: (name) => `Remove ${name}`,
  fileRemoved: (name) => `Removed ${name}`,
  filesChosen: (count, size) => `${many(count, "file")}, ${size}`,
  moreFiles: (count) => `and ${many(count, "more file")}`,
  filesAdded: (added, all) => `${many(added, "file")} added, ${number(all)} chosen`,
  leftOut: (count, names) => `Left out ${many(count, "system file")}: ${names.join(", ")}`,
  required: "required",
  noFileInField: "No file chosen yet. Drop one on this field or choose it.",
  noFile: "No file chosen yet. Drop one here or choose it.",
  tooManyFiles: (count, most) => `${many(count, "file")} are too many for one job; at most ${number(most)} are allowed.`,
  tooManyItems: (count, most) => `${many(count, "item")} are too many for one job; at most ${number(most)} are allowed.`,
  tooLarge: (name, size, most) => `“${name}” is ${size}; a file can be at most ${most}.`,

  textInput: {
    url: { label: "URLs", help: "One URL per line; each becomes an item." },
    text: { label: "Text", help: "The whole text is one item." },
    data: { label: "JSON data", help: "One JSON object; it is one item." },
  },
  notUrl: (text) => `“${text}” is not a URL. It should look like https://example.org/page.`,
  notJson: (why) => `This is not JSON: ${why}`,
  notObject: "This must be one JSON object: {…}.",
  nothingFilledIn: (input) =>
    input === "url" ? "Nothing to submit yet: fill in a URL." : "Nothing to submit yet: fill in the text.",
};

/* What the form of a job says. */

import { many } from "/static/shared/format.js";

const SUFFIXES_SHOWN = 5;

export const texts = {
  chooseType: "Choose what should be done.",
  noTypes: "Bellhop has no job types yet.",
  noTypeFound: "No job type matches.",
  allTypes: (count, unavailable) => `Show all ${many(count, "job type")}${unavailable ? `, ${unavailable} of them not available` : ""}`,
  notNow: (label, reason) => `${label} is not available now: ${reason}`,
  unavailable: (reason) => `Not available: ${reason || "No reason given."}`,
  takes: { url: "URLs", text: "Text", data: "JSON", fields: "Fields", none: "No input" },
  takesFiles: (suffixes) => {
    if (!suffixes.length) return "Any files";
    const more = suffixes.length - SUFFIXES_SHOWN;
    return suffixes.slice(0, SUFFIXES_SHOWN).join(" ") + (more > 0 ? ` and ${more} more` : "");
  },
};

/* What the lists of jobs say. A text is a whole sentence or label: who translates it sees all of it. */

import { many } from "/static/shared/format.js";

export const texts = {
  title: (active) => (active ? `(${active}) Jobs – Bellhop` : "Jobs – Bellhop"),
  noJobs: "No jobs yet",
  noJobsYet: "Submit one on the page New. It appears here at once, and its result when it is done.",
  noMatch: "No jobs match",
  noneFound: "No job matches the search.",
  noneOf: (shown) => `There are no ${shown} jobs at the moment.`,
  full: (count) => `These are the newest ${many(count, "job")}. Search or choose a filter to see older ones.`,
  old: (time) => `This list is from ${time} and may be out of date.`,
};

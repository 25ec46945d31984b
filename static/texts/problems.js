/* What the page of problems says. */

import { many, number } from "/static/shared/format.js";

const jobs = (count) => many(count, "job");

export const texts = {
  bars: { 300: "Each bar is 5 minutes.", 3600: "Each bar is an hour.", 86_400: "Each bar is a day in UTC." },
  ended: (completed, failed) => `${many(completed, "item")} completed, ${number(failed)} failed.`,
  onlyYours: "Only your jobs.",
  behind: (queue, time, length) => `Queue ${queue} has been behind since ${time}: an item waited for more than ${length}.`,
  countedSince: (time) => `Bellhop has counted since ${time}.`,

  slot: (time, completed, failed) => `${time}: ${number(completed)} completed, ${number(failed)} failed`,
  picture: (worst) =>
    `Bars of completed and failed items. ${worst ? `Most failed: ${worst}.` : "No item failed."} The table below has all numbers.`,
  completed: "Completed",
  failed: "Failed",
  longestBar: (items) => `Longest bar: ${many(items, "item")}`,

  rising: "rising",
  falling: "falling",
  steady: "steady",
  noJobHasIt: "No job has this error any more: they were retried or deleted.",
  retryTitle: (count) => `Retry ${jobs(count)}?`,
  retryText: "Every failed item of these jobs runs again, also those that failed with another error.",
  retryYes: (count) => `Retry ${jobs(count)}`,
  retryNo: "Don’t retry",
  retrying: (done) => `Retrying ${jobs(done)}.`,
  cannotRetry: (count, why) => `${jobs(count)} cannot run again: ${why}`,
  jobs: "Jobs",
  jobsWith: (code, type) => `Jobs with ${code} of ${type}`,
  retry: "Retry",
  retryWith: (code, type) => `Retry jobs with ${code} of ${type}`,
  columnType: "Job type",
  columnFailed: "Failed items",
  columnTrend: "Trend",
  columnFirst: "First",
  columnLast: "Last",
  fewer: (count) => `Show the ${number(count)} most frequent`,
  all: (count) => `Show all ${number(count)} errors`,
  mostFrequent: (count) => `The ${number(count)} most frequent; there are more.`,

  failedJobsOf: (type, share) => `${share}: failed jobs of ${type}`,
  median: (time) => `median ${time}`,
  most: (time) => `95 %: ${time}`,
  memory: (used, limit) => `${used} of ${limit}`,
  failedShare: (failed, percent) => `${number(failed)} (${percent} %)`,
};

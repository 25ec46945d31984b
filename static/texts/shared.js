/* What every page says: statuses, actions, the connection to the server. */

import { many } from "/static/shared/format.js";

const TIMES = { 1: "once", 2: "twice" };
const failed = (count) => `Failed ${TIMES[count] ?? many(count, "time")}`;

export const texts = {
  status: {
    pending: "Pending",
    queued: "Queued",
    running: "Running",
    completed: "Completed",
    failed: "Failed",
    cancelled: "Cancelled",
    partly_failed: "Partly failed",
  },
  cancelling: "Cancelling…",
  stopping: "Stopping",
  waitingFor: (what) => `Waiting for ${what}`,
  waiting: (why) => `Waiting: ${why}`,
  waitingForWorker: "Waiting for a free worker",
  failedTimes: failed,
  failedAndNext: (count, time) => `${failed(count)}, next try at ${time}`,
  nextTry: (time) => `Next try at ${time}`,
  beforeCancel: (status) => `${status} before the cancel could stop it`,
  jobFailed: "The job failed.",

  action: (label, name) => `${label} ${name}`,
  retrying: (name) => `Retrying ${name}`,
  tryingNow: (name) => `Retrying ${name} now`,
  givenUp: (name) => `Bellhop stops retrying ${name}.`,
  runningAgain: (name) => `Running ${name} again`,
  isNext: (name) => `${name} is next.`,
  keepForever: "Keep forever",
  dontKeep: "Don’t keep",
  keptForever: "Bellhop keeps this job forever.",
  notKept: "Bellhop deletes this job like all others.",
  delete: "Delete",
  undoDelete: "Undo delete",
  undo: "Undo",
  cancelled: (name) => `Cancelled ${name}.`,
  endedBeforeCancel: (name) => `${name} ended before the cancel could stop it.`,
  runsAgain: (name) => `${name} runs again. Items that the cancel stopped start from the beginning.`,
  deletedSoon: (name, seconds) => `Bellhop deletes ${name} in ${many(seconds, "second")}, with its result and files.`,
  deleteUndone: (name) => `${name} was not deleted.`,
  deleted: (name) => `Deleted ${name}.`,
  listMoved: "The list moved just before that click. Please click again.",

  allJobs: "All its jobs",
  allJobsOf: (name) => `All jobs of ${name}`,

  paused: ({ isByYou, by, since }) => {
    const who = isByYou ? " by you" : by ? ` by ${by}` : "";
    return `Paused${who}${since ? ` since ${since}` : ""}`;
  },

  serverAnswered: (status) => `The server answered ${status}.`,
  noAnswer: "Bellhop does not answer.",
  noAnswerRetry: "Bellhop does not answer. Trying again…",
  retryAfter: (message) => `${message} Trying again…`,
  isBack: "Bellhop is back.",
  notLoggedIn: "You are not logged in.",

  reading: (what) => `${what}: `,
  otherReadings: "It could also be read as:",
  readings: "How it was read",
};

/* What this browser has begun to upload, kept in it: the same file again goes on where it was. */

import { fullName } from "/static/form/dropped-files.js";
import { parse, stringify } from "/static/shared/json.js";

const BEGUN = "bellhop.uploads";
const SIZES = "bellhop.sizes";
const LIFETIME_MS = 24 * 3600 * 1000;
const MOST_KEPT = 1000;
/* Smaller files are sent sooner than looked for. */
const LEAST_BYTES = 1024 * 1024;

const nameOf = (file) => [fullName(file), file.size, file.lastModified].join("\n");

/* A browser may keep nothing, as in a private window: then an upload ends with its page. */
function read(key, otherwise) {
  try {
    return parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, stringify(value));
  } catch {
    return;
  }
}

function begun() {
  const young = Object.entries(read(BEGUN, {})).filter(([, { at }]) => Date.now() - at < LIFETIME_MS);
  return Object.fromEntries(young.slice(-MOST_KEPT));
}

export const remembered = (file) => begun()[nameOf(file)]?.url;
export const remember = (file, url) => write(BEGUN, { ...begun(), [nameOf(file)]: { url, at: Date.now() } });

export function forget(file) {
  const { [nameOf(file)]: gone, ...others } = begun();
  if (gone) write(BEGUN, others);
}

/** Names of files whose upload was begun, and which no job has. */
export const unfinished = () => Object.keys(begun()).map((name) => name.split("\n")[0]);

/** A job has them now: they are found by their content, if one of their size comes again. */
export function noteSent(files) {
  files.forEach(forget);
  const large = files.map(({ size }) => size).filter((size) => size >= LEAST_BYTES);
  write(SIZES, [...new Set([...read(SIZES, []), ...large])].slice(-MOST_KEPT));
}

/** Whether a file of this size was sent before. */
export const wasSent = (file) => file.size >= LEAST_BYTES && read(SIZES, []).includes(file.size);

/* What is known of files that were sent before: where an upload of this page continues, and sizes of what a job has. */

import { own } from "/static/shared/address.js";
import { parse, stringify } from "/static/shared/json.js";

const SIZES = own("bellhop.sizes");
const MOST_KEPT = 1000;
/* Smaller files are sent sooner than looked for. */
const LEAST_BYTES = 1024 * 1024;
/* The uploads of files that came back to the form. */
const begun = new WeakMap();

export const uploadOf = (file) => begun.get(file) ?? null;
export const noteUpload = (file, url) => begun.set(file, url);

/* A browser may keep nothing, as in a private window. */
function sizes() {
  try {
    return parse(localStorage.getItem(SIZES)) ?? [];
  } catch {
    return [];
  }
}

/** A job has them now: they are found by their content, if one of their size comes again. */
export function noteSent(files) {
  const large = files.map(({ size }) => size).filter((size) => size >= LEAST_BYTES);
  try {
    localStorage.setItem(SIZES, stringify([...new Set([...sizes(), ...large])].slice(-MOST_KEPT)));
  } catch {
    /* Then the next one is sent again. */
  }
}

/** Whether a file of this size was sent before. */
export const wasSent = (file) => file.size >= LEAST_BYTES && sizes().includes(file.size);

/* Which job type somebody used last for files of a kind, in this browser. A logout forgets it. */

import { parse, stringify } from "/static/shared/json.js";

const KEY = "bellhop.last-types";
const MOST = 200;

/* "Report.TAR.GZ" and "scan.gz" are two kinds; a name without a dot is one as well. */
const kindOf = (name) => /(\.tar)?\.[^.]*$/.exec(name.toLowerCase())?.[0] ?? "";

/* A browser may keep nothing, and what it kept may be of an earlier version. */
function kept() {
  try {
    return new Map(parse(localStorage.getItem(KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}

/** Notes the type that was used for files of these names. */
export function noteUsed(type, names) {
  const used = kept();
  for (const kind of new Set(names.map(kindOf))) {
    used.delete(kind);
    used.set(kind, type);
  }
  try {
    localStorage.setItem(KEY, stringify([...used].slice(-MOST)));
  } catch {
    /* Then the next guess is made from what the types accept. */
  }
}

/** The name of the type that was used last for a file of such a name, or undefined. */
export const lastUsedFor = (name) => kept().get(kindOf(name));

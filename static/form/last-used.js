/* Which job types somebody used last, and for files of which kind, in this browser. A logout forgets it. */

import { own } from "/static/shared/address.js";
import { parse, stringify } from "/static/shared/json.js";

const KEY = own("bellhop.last-types");
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

/* Stands for the use of a type for anything, as no kind of files begins so. */
const ANY = "/";

/** Notes the type that was used, and for files of these names. */
export function noteUsed(type, names) {
  const used = kept();
  for (const kind of new Set([...names.map(kindOf), ANY + type])) {
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

/** The names of the types that were used, the last one first. */
export const lastUsed = () => [...kept()].filter(([kind]) => kind.startsWith(ANY)).map(([, type]) => type).reverse();

/* Which jobs the list is about. All of it is in the address, so Back and Forward go through it. */

import { jobsAddress } from "/static/shared/jobs-address.js";
import { ACTIVE } from "/static/shared/words.js";

const NAMES = ["status", "type", "owner", "queue", "schedule", "code", "reason", "from", "to", "q"];
/* What `?show=` of an earlier address asked for. */
const EARLIER = { active: ACTIVE.join(","), completed: "completed", failed: "failed" };
/** Times that are so many seconds ago, as `from` of the address names them. */
export const PERIODS = { "1h": 3600, "24h": 86_400, "7d": 604_800 };

let chosen = {};
/* When the list was asked for: "the last hour" stays the same hour until somebody asks again. */
let askedAt = Date.now();

/** The text of a filter, empty when it is not chosen. */
export const chosenOf = (name) => chosen[name] ?? "";
export const chosenStatuses = () => chosenOf("status").split(",").filter(Boolean);
export const isAnyChosen = () => Object.keys(chosen).length > 0;
export const chosenNames = () => NAMES.filter((name) => name in chosen);

/** A time of the filter (RFC 3339), or what somebody wrote for one. */
export function timeOf(name) {
  const given = chosenOf(name);
  return given in PERIODS ? new Date(askedAt - 1000 * PERIODS[given]).toISOString() : given;
}

/** The query of the API, and the filter of a bulk action. */
export const asked = () => (chosenOf("from") ? { ...chosen, from: timeOf("from") } : { ...chosen });

function onlyGiven(filter) {
  const given = Object.fromEntries(NAMES.map((name) => [name, filter[name] ?? ""]).filter(([, text]) => text));
  /* A reason is one of a code. */
  if (!given.code) delete given.reason;
  return given;
}

/** The address of the list with some filters changed; an empty text removes one. */
export const addressWith = (changes) => jobsAddress(onlyGiven({ ...chosen, ...changes }));

export function readAddress() {
  const query = new URLSearchParams(location.search);
  const earlier = { status: EARLIER[query.get("show")] };
  askedAt = Date.now();
  chosen = onlyGiven({ ...earlier, ...Object.fromEntries(query) });
}

/** Each change is a step to go back to; all that is typed at a time is one. */
export function go(address, { isTyped = false } = {}) {
  const step = isTyped && history.state?.isTyped ? "replaceState" : "pushState";
  history[step]({ isTyped }, "", address);
  readAddress();
}


/* Where Bellhop is: at the root of a host name, or under a path. Every address of a page or of the API is made here. */

/* What the server serves this script under: a path without a slash at its end, or nothing. */
const UNDER = /^(.*)\/static\//.exec(new URL(import.meta.url).pathname)[1];

/** The address of a page or of the API, as `at("/jobs")`. */
export const at = (path) => UNDER + path;

/** An address of ours without what Bellhop is served under; null for every other. */
export const within = (path) => (`${path}/`.startsWith(`${UNDER}/`) ? path.slice(UNDER.length) : null);

/** The name of what the browser keeps: another Bellhop under the same host has names of its own. */
export const own = (name) => (UNDER ? `${UNDER} ${name}` : name);
export const isOwn = (name) => name.startsWith(own(""));

/* Where the page Jobs shows the jobs of a filter. */

import { at } from "/static/shared/address.js";

/** `filter` is that of the API; empty members are left out. */
export function jobsAddress(filter) {
  const query = new URLSearchParams(Object.entries(filter).filter(([, text]) => text));
  return at(query.size ? `/jobs?${String(query).replaceAll("%2C", ",")}` : "/jobs");
}

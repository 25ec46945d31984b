/* An earlier job once more, with changes: the address of the form that is filled with it. */

import { at } from "/static/shared/address.js";

const MOST_ADDRESS = 4000;

/** Where the form is filled with a job, or with some of its items; null where these are too many for an address. */
export function againAddress(id, items = null) {
  const query = new URLSearchParams({ again: id, ...(items ? { items: items.join(",") } : {}) });
  return `${query}`.length > MOST_ADDRESS ? null : at(`/?${query}`);
}

/* Which addresses are pages of ours: where somebody may be sent after a login. */

import { at, within } from "/static/shared/address.js";

/* As routes.py has them. */
const PAGES = /^\/(|jobs|problems|running|queues|schedules|docs|account|people|audit|jobs\/[0-9A-Za-z_-]+)\/?$/;

/** The page that `next` names, read as the browser reads an address, where "/.//evil.example" is
 * "//evil.example"; the start page for everything else. */
export function ownPage(next) {
  if (!URL.canParse(next, location.origin)) return at("/");
  const address = new URL(next, location.origin);
  const isOurs = address.origin === location.origin && PAGES.test(within(address.pathname) ?? "");
  return isOurs ? address.pathname + address.search : at("/");
}

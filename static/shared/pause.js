/* Who paused a queue or a schedule, and since when. */

import { shortTime } from "/static/shared/format.js";
import { isMine, isOpen } from "/static/shared/user.js";

/** Of something with paused_by and paused_at, of which an earlier version recorded neither. */
export function pausedWords({ paused_by: by, paused_at: at }) {
  const who = !by || isOpen() ? "" : isMine({ owner: by }) ? " by you" : ` by ${by}`;
  return `paused${who}${at ? ` since ${shortTime(at)}` : ""}`;
}

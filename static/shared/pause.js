/* Who paused a queue or a schedule, and since when. */

import { shortTime } from "/static/shared/format.js";
import { isMine, isOpen } from "/static/shared/user.js";
import { texts } from "/static/texts/shared.js";

/** Of something with paused_by and paused_at, of which an earlier version recorded neither. */
export function pausedWords({ paused_by: by, paused_at: at }) {
  return texts.paused({ isByYou: isMine({ owner: by }) && !isOpen(), by: isOpen() ? "" : by, since: at && shortTime(at) });
}

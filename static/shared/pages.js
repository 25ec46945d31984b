/* A list that the server gives in pages: reads as many as the user asked for, again and again. */

import { tell } from "/static/shared/announce.js";

/**
 * `fetchPage(cursor)` resolves to {rows, next}; `draw(rows)` gets all rows read.
 * Returns `refresh()`. An older answer that arrives late is dropped.
 */
export function startPages(fetchPage, draw, moreButton) {
  let wanted = 1;
  let latest = 0;

  async function refresh() {
    const mine = ++latest;
    const rows = [];
    let cursor = null;
    for (let page = 0; page < wanted; page += 1) {
      const found = await fetchPage(cursor);
      rows.push(...found.rows);
      cursor = found.next;
      if (!cursor) break;
    }
    if (mine !== latest) return;
    moreButton.hidden = !cursor;
    draw(rows);
  }

  moreButton.addEventListener("click", () => {
    wanted += 1;
    refresh().catch((error) => {
      wanted -= 1;
      tell(error.message, { isProblem: true });
    });
  });
  return refresh;
}

/* A click lands on the job that one saw: while the pointer is on the list, its rows stay where they are. */

import { tell } from "/static/shared/announce.js";
import { texts } from "/static/texts/shared.js";

/* A touch ends before its click comes. */
const RELEASE_MS = 400;
/* Shorter than that, nobody has seen that another row is there now. */
const MOVED_MS = 700;

/** Watches the pointer on `list`; `release` is called once rows may move again. */
export function keepSteady(list, release) {
  let isOver = false;
  let timer = null;
  let pointer = null;
  let movedAt = -Infinity;
  const rowUnder = () => pointer && document.elementFromPoint(pointer.clientX, pointer.clientY)?.closest("[data-job-id]");

  list.addEventListener("pointerenter", (event) => {
    clearTimeout(timer);
    isOver = true;
    pointer = event;
  });
  list.addEventListener("pointermove", (event) => (pointer = event));
  list.addEventListener("pointerleave", () => {
    timer = setTimeout(() => {
      isOver = false;
      release();
    }, RELEASE_MS);
  });
  /* A row may still grow or shrink above the pointer. The keyboard needs no place. */
  list.addEventListener("click", (event) => {
    if (!event.detail || performance.now() - movedAt > MOVED_MS) return;
    event.preventDefault();
    event.stopPropagation();
    tell(texts.listMoved);
  }, true);

  return {
    isHeld: () => isOver,
    /** Makes a change, and notes whether another row is under the pointer afterwards. */
    change(act) {
      const before = isOver && rowUnder();
      act();
      if (before && rowUnder() !== before) movedAt = performance.now();
    },
  };
}

/* What plays a sound or a video. */

import { NotShown } from "/static/files/not-shown.js";
import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/files.js";

/* A phone that saves data reads nothing before somebody presses play. */
const WAIT_MS = 3000;

/** An <audio> or <video> once the browser knows how long it is. */
export function player(tag, file) {
  const node = make(tag, { controls: true, preload: "metadata", className: "player", "aria-label": file.name });
  return new Promise((resolve, reject) => {
    node.addEventListener("loadedmetadata", () => resolve(node), { once: true });
    node.addEventListener("error", () => reject(new NotShown(texts.badSound)), { once: true });
    node.src = file.viewUrl;
    setTimeout(resolve, WAIT_MS, node);
  });
}

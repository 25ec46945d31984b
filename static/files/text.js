/* A text as it is: its beginning, if it is long. */

import { textOf } from "/static/files/encoding.js";
import { getStart } from "/static/shared/api.js";
import { make } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";
import { texts } from "/static/texts/files.js";

const MOST = 200 * 1024;

export async function show(file) {
  const text = textOf(await getStart(file.url, MOST));
  const pre = make("pre", { className: "printed file-text", tabIndex: 0, role: "group", "aria-label": texts.textOf(file.name), dir: "auto" }, text);
  if (file.size <= MOST) return pre;
  return make("div", {}, pre, make("p", { className: "quiet" }, texts.firstPart(bytes(MOST), bytes(file.size))));
}

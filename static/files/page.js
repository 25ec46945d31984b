/* An HTML file in a frame where it can run, send and load nothing. */

import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/files.js";

export async function show(file) {
  const frame = make("iframe", { title: texts.pageOf(file.name), className: "file-frame", referrerPolicy: "no-referrer" });
  frame.setAttribute("sandbox", "");
  frame.src = file.viewUrl;
  return make("div", {}, frame,
    make("p", { className: "quiet" }, texts.inactive));
}

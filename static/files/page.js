/* An HTML file in a frame where it can run, send and load nothing. */

import { make } from "/static/shared/dom.js";

export async function show(file) {
  const frame = make("iframe", { title: `Page ${file.name}`, className: "file-frame", referrerPolicy: "no-referrer" });
  frame.setAttribute("sandbox", "");
  frame.src = file.viewUrl;
  return make("div", {}, frame,
    make("p", { className: "quiet" }, "Shown without its scripts and without what it loads. Download the file to see all of it."));
}

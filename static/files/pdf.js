/* A PDF in the viewer of the browser, where it has one. */

import { make } from "/static/shared/dom.js";

export async function show(file) {
  const link = make("a", { href: file.viewUrl, target: "_blank", rel: "noopener" }, "Open it in a new tab");
  if (navigator.pdfViewerEnabled === false) {
    return make("p", {}, "This browser shows no PDF in a page. ", link, ".");
  }
  const frame = make("iframe", { src: file.viewUrl, title: `PDF ${file.name}`, className: "file-frame tall" });
  return make("div", {}, frame, make("p", { className: "quiet" }, link, "."));
}

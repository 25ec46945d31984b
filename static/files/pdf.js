/* A PDF in the viewer of the browser, where it has one. */

import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/files.js";

export async function show(file) {
  const link = make("a", { href: file.viewUrl, target: "_blank", rel: "noopener" }, texts.newTab);
  if (navigator.pdfViewerEnabled === false) {
    return make("p", {}, `${texts.noPdf} `, link);
  }
  const frame = make("iframe", { src: file.viewUrl, title: texts.pdfOf(file.name), className: "file-frame tall" });
  return make("div", {}, frame, make("p", { className: "quiet" }, link));
}

/* An image that the browser can decode, with its size; the link leads to all its pixels. */

import { NotShown } from "/static/files/not-shown.js";
import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/files.js";

export async function show(file) {
  const image = make("img", { src: file.viewUrl, alt: file.name, decoding: "async" });
  try {
    await image.decode();
  } catch {
    throw new NotShown(texts.badImage);
  }
  const size = image.naturalWidth ? texts.pixels(image.naturalWidth, image.naturalHeight) : "";
  const link = make("a", { href: file.viewUrl, target: "_blank", rel: "noopener", className: "picture", title: texts.fullSize }, image);
  return make("figure", { className: "picture-box" }, link, make("figcaption", { className: "quiet" }, size));
}

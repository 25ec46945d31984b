/* An image that the browser can decode, with its size; the link leads to all its pixels. */

import { NotShown } from "/static/files/not-shown.js";
import { make } from "/static/shared/dom.js";

export async function show(file) {
  const image = make("img", { src: file.viewUrl, alt: file.name, decoding: "async" });
  try {
    await image.decode();
  } catch {
    throw new NotShown("The browser cannot read this image.");
  }
  const size = image.naturalWidth ? `${image.naturalWidth} × ${image.naturalHeight} pixels` : "";
  const link = make("a", { href: file.viewUrl, target: "_blank", rel: "noopener", className: "picture", title: "Full size, in a new tab" }, image);
  return make("figure", { className: "picture-box" }, link, make("figcaption", { className: "quiet" }, size));
}

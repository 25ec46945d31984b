/* A page of the web as a card: what it is, where it is, and its text, folded. */

import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/webpage.js";

const FOLDED = 1200;

/** A link, where it is one that may be followed; else its text. */
export function link(address, text) {
  if (!/^https?:\/\//.test(address ?? "")) return address ? make("span", { dir: "auto" }, text ?? address) : null;
  return make("a", { href: address, rel: "noopener noreferrer", target: "_blank", dir: "auto" }, text ?? address);
}

/** Small facts with dots between them; what is not known is left out. */
export function facts(...known) {
  const parts = known.filter(Boolean);
  return parts.length ? make("p", { className: "job-meta" }, ...parts.map((part) => make("span", {}, part))) : null;
}

/** A long text by its paragraphs, closed at first. */
export function folded(text, label) {
  if (!text) return null;
  const body = make("div", { className: "page-text" });
  const details = make("details", { open: text.length <= FOLDED }, make("summary", {}, label), body);
  const fill = () => body.children.length || body.append(...text.split("\n").filter(Boolean).map((line) => make("p", { dir: "auto" }, line)));
  details.addEventListener("toggle", () => details.open && fill());
  if (details.open) fill();
  return details;
}

export const titled = (data) => make("h4", { dir: "auto" }, data.title || data.url || texts.untitled);

export function view(data) {
  const licence = data.licence ? make("span", {}, texts.licence, link(data.licence)) : null;
  return make("article", { className: "page-card" },
    titled(data),
    make("p", {}, link(data.final_url ?? data.url)),
    facts(data.author && texts.by(data.author), data.date, data.language && texts.language(data.language), texts.words(data.word_count ?? 0), licence),
    folded(data.text, texts.pageText));
}

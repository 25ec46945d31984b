/* A summary with its category and tags; the text it was made of is folded. */

import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/webpage.js";
import { facts, folded, link, titled } from "/static/views/webpage.js";

/** Tags as a list. */
export function tagList(tags) {
  return tags?.length ? make("ul", { className: "tags", "aria-label": texts.tags }, ...tags.map((tag) => make("li", { dir: "auto" }, tag))) : null;
}

export function view(data) {
  const made = data.ai_mode === "service" ? texts.writtenBy(data.model) : texts.extracted;
  return make("article", { className: "page-card" },
    data.title || data.url ? titled(data) : null,
    make("p", { className: "summary-text", dir: "auto" }, data.summary),
    tagList(data.tags),
    facts(data.category, made, link(data.final_url ?? data.url, texts.page)),
    folded(data.text, texts.text));
}

/* What was written into Notion, with the way there. */

import { make } from "/static/shared/dom.js";
import { many } from "/static/shared/format.js";
import { tagList } from "/static/views/summary.js";
import { facts, link, titled } from "/static/views/webpage.js";

export function view(data) {
  return make("article", { className: "page-card" },
    titled(data),
    make("p", {}, link(data.page_url, "Open the page in Notion")),
    data.summary ? make("p", { className: "summary-text", dir: "auto" }, data.summary) : null,
    tagList(data.tags),
    facts(data.category, data.created ? "Made now" : "It was there already", many(data.blocks ?? 0, "block"), link(data.url, "The source")));
}

/* What was written into Notion, with the way there. */

import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/webpage.js";
import { tagList } from "/static/views/summary.js";
import { facts, link, titled } from "/static/views/webpage.js";

export function view(data) {
  return make("article", { className: "page-card" },
    titled(data),
    make("p", {}, link(data.page_url, texts.openInNotion)),
    data.summary ? make("p", { className: "summary-text", dir: "auto" }, data.summary) : null,
    tagList(data.tags),
    facts(data.category, data.created ? texts.created : texts.existed, texts.blocks(data.blocks ?? 0), link(data.url, texts.source)));
}

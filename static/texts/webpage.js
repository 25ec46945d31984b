/* What the viewers of web pages, of summaries and of pages in Notion say. */

import { many } from "/static/shared/format.js";

export const texts = {
  untitled: "Untitled",
  licence: "Licence: ",
  by: (author) => `By ${author}`,
  language: (code) => `Language ${code}`,
  words: (count) => many(count, "word"),
  pageText: "Text of the page",

  tags: "Tags",
  writtenBy: (model) => `Written by ${model || "an AI service"}`,
  extracted: "Sentences taken from the text",
  page: "The page",
  text: "The text",

  openInNotion: "Open the page in Notion",
  created: "Created by this job",
  existed: "It was there already",
  blocks: (count) => many(count, "block"),
  source: "The source",
};

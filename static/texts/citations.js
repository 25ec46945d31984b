/* What the viewer of citations says. */

import { many } from "/static/shared/format.js";

export const texts = {
  kind: { full_case: "Case", short_case: "Short form", supra: "Supra", id: "Id.", law: "Statute", journal: "Journal" },
  none: "No citations were found.",
  summary: ({ citations, sources, doubtful, lookedUp }) => {
    const state = doubtful ? many(doubtful, "is worth a look", "are worth a look") : "all are well formed";
    const lookups = lookedUp
      ? `${many(lookedUp, "case citation was looked up", "case citations were looked up")} in CourtListener, which does not have every case.`
      : "Nothing was looked up: a citation can be well formed and wrong.";
    return `${many(citations, "citation")} of ${many(sources, "source")}; ${state}. ${lookups}`;
  },
  text: "Text with its citations",
  citation: (text, kind, isDoubtful) => `${text}, ${kind}${isDoubtful ? ", worth a look" : ""}`,
  parties: (plaintiff, defendant) => [plaintiff, defendant].filter(Boolean).join(" v. "),
  filed: (date) => ` Filed ${date}.`,
  openDecision: "Open the decision",
  fine: "OK: ",
  look: "Check: ",
  checks: "Checks",
  fact: {
    kind: "Kind", parties: "Parties", year: "Year", court: "Court", pin: "Pin cite",
    page: "Page of the document", standsFor: "Stands for",
  },
  onPage: (text, page) => `${text} (p. ${page})`,
  source: (name, citation) => (name === citation ? name : `${name}, ${citation}`),
  sourceCount: (source, count) => `${source} (${count})`,
  sources: "Cited sources",
  marked: "Marked",
  kindCount: (kind, count) => `${kind} (${count})`,
  onlyDoubtful: "Only those worth a look",
  chosen: "The chosen citation",
  choose: "Choose a citation in the text.",
};

/* Citations in their text: each can be opened; beside it what is cited, with a link to each place. */

import { find, make } from "/static/shared/dom.js";
import { texts } from "/static/texts/citations.js";

const failed = (citation) => citation.checks.filter((check) => !check.ok);
let views = 0;

function summary(data) {
  const { citations, clusters, to_check: doubtful } = data.counts;
  if (!citations) return texts.none;
  return texts.summary({ citations, sources: clusters, doubtful, lookedUp: data.counts.looked_up });
}

function mark(citation, index, id) {
  const isDoubtful = failed(citation).length > 0;
  return make("button", {
    type: "button", className: "cite", id: `${id}-${index}`, "data-cite": index, "data-kind": citation.kind,
    "data-doubtful": isDoubtful ? "" : null, "aria-label": texts.citation(citation.text, texts.kind[citation.kind], isDoubtful),
  });
}

/* The text in paragraphs, with a button in place of each citation. */
function textNode(data, id) {
  const box = make("div", { className: "cite-text", tabIndex: 0, role: "group", "aria-label": texts.text });
  let paragraph = make("p", { dir: "auto" });
  const write = (text, into) => text.split("\n").forEach((part, place) => {
    if (place && into === paragraph) {
      box.append(paragraph);
      paragraph = make("p", { dir: "auto" });
      into = paragraph;
    }
    into.append(part);
  });
  let at = 0;
  data.citations.forEach((citation, index) => {
    const [start, end] = citation.span;
    if (start < at) return; /* one inside another: the outer one is shown */
    write(characters(data, at, start), paragraph);
    const button = mark(citation, index, id);
    button.append(characters(data, start, end).replaceAll("\n", " "));
    paragraph.append(button);
    at = end;
  });
  write(characters(data, at), paragraph);
  box.append(paragraph);
  return box;
}

/* Places count characters, as Python does; JavaScript counts a rare one twice. */
const spread = new WeakMap();
function characters(data, start, end) {
  if (!/[\u{10000}-\u{10ffff}]/u.test(data.text)) return data.text.slice(start, end);
  if (!spread.has(data)) spread.set(data, [...data.text]);
  return spread.get(data).slice(start, end).join("");
}

function entry(name, value) {
  return value ? make("div", { className: "entry" }, make("dt", {}, name), make("dd", { dir: "auto" }, value)) : null;
}

/* The decision that a lookup found: its date, and a link to it. */
function decision({ date, url }) {
  const link = /^https?:\/\//.test(url ?? "") ? make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, texts.openDecision) : null;
  return [date ? texts.filed(date) : "", link ? " " : "", link].filter(Boolean);
}

function details(data, index, show) {
  const citation = data.citations[index];
  const target = citation.resolves_to;
  const stands = target === null ? null : make("button", { type: "button", className: "button small" }, data.citations[target].text);
  stands?.addEventListener("click", () => show(target));
  const checks = citation.checks.map((check) =>
    make("li", { "data-ok": String(check.ok) }, make("strong", {}, check.ok ? texts.fine : texts.look), check.message, ...decision(check)));
  return [
    make("h4", { dir: "auto" }, citation.normalized ?? citation.text),
    make("dl", { className: "tree" },
      entry(texts.fact.kind, texts.kind[citation.kind]), entry(texts.fact.parties, texts.parties(citation.plaintiff, citation.defendant)),
      entry(texts.fact.year, citation.year && String(citation.year)), entry(texts.fact.court, citation.court),
      entry(texts.fact.pin, citation.pin_cite), entry(texts.fact.page, citation.page_number && String(citation.page_number)),
      entry(texts.fact.standsFor, stands)),
    checks.length ? make("ul", { className: "cite-checks", "aria-label": texts.checks }, ...checks) : null,
  ].filter(Boolean);
}

function sources(data, show) {
  const rows = data.clusters.map((cluster) => {
    const places = cluster.citations.map((index) => {
      const citation = data.citations[index];
      const text = citation.page_number ? texts.onPage(citation.text, citation.page_number) : citation.text;
      const button = make("button", { type: "button", className: "button link small", dir: "auto" }, text);
      button.addEventListener("click", () => show(index));
      return make("li", {}, button);
    });
    const head = texts.source(cluster.name, cluster.citation);
    return make("details", {}, make("summary", { dir: "auto" }, texts.sourceCount(head, cluster.citations.length)), make("ul", {}, ...places));
  });
  return make("section", { className: "cite-sources" }, make("h4", {}, texts.sources), ...rows);
}

/* A kind that is not wanted is plain text again. */
function filters(data, text) {
  const kinds = Object.entries(texts.kind).filter(([kind]) => data.counts[kind]);
  const boxes = kinds.map(([kind, label]) => {
    const box = make("input", { type: "checkbox", checked: true });
    box.addEventListener("change", () => {
      for (const button of text.querySelectorAll(`[data-kind="${kind}"]`)) button.classList.toggle("unmarked", !box.checked);
    });
    return make("label", { className: "check" }, box, texts.kindCount(label, data.counts[kind]));
  });
  const only = make("input", { type: "checkbox" });
  only.addEventListener("change", () => text.toggleAttribute("data-only-doubtful", only.checked));
  const last = data.counts.to_check ? make("label", { className: "check" }, only, texts.onlyDoubtful) : null;
  return make("fieldset", { className: "cite-filters" }, make("legend", {}, texts.marked), ...boxes, last);
}

export function view(data) {
  const id = `cite-${(views += 1)}`;
  const text = textNode(data, id);
  const panel = make("section", { className: "cite-panel", "aria-live": "polite", "aria-label": texts.chosen },
    make("p", { className: "quiet" }, texts.choose));

  function show(index) {
    const button = find(`[id="${id}-${index}"]`, text);
    find("[aria-current]", text)?.removeAttribute("aria-current");
    button?.setAttribute("aria-current", "true");
    button?.scrollIntoView({ block: "center" });
    button?.focus({ preventScroll: true });
    panel.replaceChildren(...details(data, index, show));
  }

  text.addEventListener("click", (event) => {
    const button = event.target.closest("[data-cite]");
    if (button) show(Number(button.dataset.cite));
  });
  return make("div", { className: "citations" },
    make("p", { className: "cite-summary" }, summary(data)),
    data.citations.length ? filters(data, text) : null,
    make("div", { className: "cite-columns" }, text,
      data.citations.length ? make("div", { className: "cite-side" }, panel, sources(data, show)) : null));
}

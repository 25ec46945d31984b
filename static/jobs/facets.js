/* What the list can be narrowed down to, each choice with how many jobs it has. */

import { addressWith, asked, chosenOf, chosenStatuses, go } from "/static/jobs/filters.js";
import { labelOf } from "/static/jobs/labels.js";
import { countJobs } from "/static/shared/api.js";
import { find, make, setText, visible } from "/static/shared/dom.js";
import { number } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { isOpen } from "/static/shared/user.js";
import { texts } from "/static/texts/jobs.js";

const SHOWN = 6;
const panel = find("[data-filters]");
const boxes = [...panel.querySelectorAll("[data-status-of]")];
const groups = [...panel.querySelectorAll("[data-facet]")].map(newGroup);
/* The latest answer, and the query that it is of. */
let found = null;
let countedFor = "";
let countedAt = null;

const isCounted = () => countedFor === stringify(asked());
/** How many jobs match, or null while nobody knows. */
export const countOfMatching = () => (isCounted() ? found.count : null);

const statusCount = (name) => found?.facets.status.find(({ value }) => value === name)?.count ?? 0;
/** How many jobs have one of these statuses, of which none contains another. */
export const countOf = (statuses) => statuses.reduce((sum, name) => sum + statusCount(name), 0);

/** What a value of a filter is called. */
export function nameOf(name, value) {
  if (name === "type") return labelOf(value);
  const entry = found?.facets[name]?.find((each) => each.value === value);
  if (entry && name === "schedule") return entry.name ?? texts.deletedSchedule(value);
  return value;
}

function newGroup(node) {
  const more = make("button", { type: "button", className: "button link small", hidden: true });
  const group = { name: node.dataset.facet, node, more, list: find("ul", node), values: new Map(), isWhole: false };
  more.addEventListener("click", () => {
    group.isWhole = !group.isWhole;
    drawMore(group);
  });
  node.append(more);
  return group;
}

function newValue(group, value) {
  const made = { label: make("span", { className: "facet-label", dir: "auto" }), count: make("span", { className: "facet-count" }) };
  made.link = make("a", { className: "facet-value", "data-value": value }, made.label, made.count);
  made.row = make("li", {}, made.link);
  group.values.set(value, made);
  return made;
}

function drawChosen(group) {
  for (const [value, { link, label }] of group.values) {
    setText(label, nameOf(group.name, value));
    const isChosen = chosenOf(group.name) === value;
    link.href = addressWith({ [group.name]: isChosen ? "" : value });
    if (isChosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/* Until another filter is chosen, each value stays where it is. */
function drawCounts(group, entries) {
  const counts = new Map(entries.map(({ value, count }) => [value, count]));
  for (const value of new Set([...group.values.keys(), ...counts.keys()])) {
    const isNew = !group.values.has(value);
    const { row, label, count } = isNew ? newValue(group, value) : group.values.get(value);
    if (isNew) group.list.append(row);
    label.title = visible(value);
    setText(count, number(counts.get(value) ?? 0));
  }
}

/* A single value that all jobs have narrows nothing down. */
function isUseless({ name, values }, entries) {
  if (name === "owner" && isOpen()) return true;
  return values.size === 0 || (values.size === 1 && !chosenOf(name) && entries[0]?.count === found.count);
}

/* Of another filter the largest come first; the focus stays on its value. */
function sort(group, entries) {
  const focused = group.list.contains(document.activeElement) ? document.activeElement : null;
  const order = new Map(entries.map(({ value }) => [value, group.values.get(value)]));
  for (const [value, made] of group.values) {
    if (!order.has(value) && made.link === focused) order.set(value, made);
  }
  group.values = order;
  group.list.replaceChildren(...[...order.values()].map(({ row }) => row));
  focused?.focus({ preventScroll: true });
}

function drawMore(group) {
  const rows = [...group.values.values()];
  rows.forEach(({ row, link }, place) => (row.hidden = !group.isWhole && place >= SHOWN && !link.hasAttribute("aria-current")));
  group.more.hidden = rows.length <= SHOWN;
  group.more.setAttribute("aria-expanded", String(group.isWhole));
  setText(group.more, group.isWhole ? texts.fewerValues : texts.allValues(rows.length));
}

function drawStatuses() {
  const chosen = chosenStatuses();
  for (const box of boxes) {
    const statuses = box.value.split(",");
    const there = statuses.filter((status) => chosen.includes(status));
    box.checked = there.length === statuses.length;
    box.indeterminate = there.length > 0 && !box.checked;
    setText(find(".facet-count", box.closest("label")), found ? number(countOf(statuses)) : "");
  }
}

/** Shows what is chosen; counts of another filter stay until the new ones are there. */
export function drawFacets() {
  panel.toggleAttribute("data-counting", !isCounted());
  drawStatuses();
  groups.forEach(drawChosen);
}

/** Asks for the counts, unless they are there and no job has changed since: `change` is the latest change that is known. Whether there are new ones. */
export async function refreshFacets(change) {
  const before = stringify(asked());
  if (isCounted() && change === countedAt) return false;
  const news = await countJobs(asked()).catch((error) => {
    /* The list says what is wrong with the filter. */
    if (error.status === 422) return null;
    throw error;
  });
  if (!news || before !== stringify(asked())) return false;
  const isOther = countedFor !== before;
  found = news;
  countedFor = before;
  countedAt = news.change;
  for (const group of groups) {
    const entries = found.facets[group.name] ?? [];
    drawCounts(group, entries);
    if (isOther) sort(group, entries);
    group.node.hidden = isUseless(group, entries);
    drawMore(group);
  }
  drawFacets();
  return true;
}

function chooseStatus(box) {
  const own = box.value.split(",");
  const others = chosenStatuses().filter((status) => !own.includes(status));
  go(addressWith({ status: (box.checked ? [...others, ...own] : others).join(",") }));
}

export function startFacets(onChange) {
  panel.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-status-of]")) return;
    chooseStatus(target);
    onChange();
  });
}

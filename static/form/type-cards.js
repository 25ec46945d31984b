/* The job types as cards, of which one is chosen: those used last first. Of many, some are shown at first. */

import { lastUsed } from "/static/form/last-used.js";
import { find, make, setText } from "/static/shared/dom.js";
import { texts } from "/static/texts/form.js";

/* So many cards are shown until all are asked for. */
const FEW = 8;
const list = find("[data-type-cards]");
const search = find("[data-type-search]");
const more = find("[data-all-types]");
/* As it was when the page was opened: the cards keep their places. */
const used = lastUsed();
/* Those that were chosen stay in sight. */
const seen = new Set();
let cards = [];
let showsAll = false;

export const labelOf = (type) => type.label || type.type;

function inOrder(types) {
  const place = (type) => (used.includes(type.type) ? used.indexOf(type.type) : used.length);
  return types.toSorted((a, b) => b.available - a.available || place(a) - place(b) || labelOf(a).localeCompare(labelOf(b)));
}

function takes({ input, accepts, inputs }) {
  if (input === "data" && inputs[0].schema.properties) return texts.takes.fields;
  return texts.takes[input] ?? texts.takesFiles(accepts ?? []);
}

function newCard(type) {
  const id = `type-${type.type}`;
  /* Names of code stand between these in a docstring. */
  const description = (type.description ?? "").replaceAll("`", "");
  const input = make("input", { type: "radio", name: "job-type", value: type.type, disabled: !type.available, "aria-labelledby": `${id}-name`, "aria-describedby": `${id}-about` });
  const about = type.available
    ? [make("span", { className: "type-words", title: description }, description), make("span", { className: "type-takes" }, takes(type))]
    : [make("span", { "data-unavailable-reason": type.type }, texts.unavailable(type.reason))];
  const node = make("label", { className: "type-card" }, input,
    make("span", { className: "type-name", id: `${id}-name` }, labelOf(type)),
    make("span", { className: "type-about", id: `${id}-about` }, ...about));
  const words = [labelOf(type), type.type, description, ...(type.accepts ?? [])].join(" ").toLowerCase();
  return { node, input, words };
}

/* Shows those that are searched for, or the first few, or all. */
function fit() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = cards.filter(({ words }) => wanted.every((word) => words.includes(word)));
  const shown = wanted.length || showsAll ? found : cards.slice(0, FEW);
  for (const card of cards) card.node.hidden = !shown.includes(card) && !seen.has(card.input.value);
  search.hidden = cards.length <= FEW;
  more.hidden = wanted.length > 0 || cards.every(({ node }) => !node.hidden);
  setText(more, texts.allTypes(cards.length, cards.filter(({ input }) => input.disabled).length));
  setText(find("[data-no-type]"), cards.length ? (found.length ? "" : texts.noTypeFound) : texts.noTypes);
}

/** Marks the card of a type as the chosen one; "" marks none. */
export function mark(name) {
  if (name) seen.add(name);
  for (const { input } of cards) input.checked = input.value === name;
  fit();
}

/** Draws the cards of these types; the focus stays on the one that has it. */
export function drawCards(types, name) {
  const focused = list.contains(document.activeElement) ? document.activeElement.value : null;
  cards = inOrder(types).map(newCard);
  list.replaceChildren(...cards.map(({ node }) => node));
  mark(name);
  cards.find(({ input }) => input.value === focused)?.input.focus();
}

const focusOn = (card) => card?.input.focus();
export const focusCards = () => focusOn(cards.find(({ input }) => input.checked) ?? cards.find(({ input }) => !input.disabled));

/** `choose(name)` is called when somebody chooses another type. */
export function onChoice(choose) {
  list.addEventListener("change", ({ target }) => choose(target.value));
  search.addEventListener("input", fit);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    /* Not a submit: the first that was found is meant. */
    event.preventDefault();
    focusOn(cards.find(({ node, input }) => !node.hidden && !input.disabled));
  });
  more.addEventListener("click", () => {
    const first = cards.find(({ node }) => node.hidden);
    showsAll = true;
    fit();
    focusOn(first?.input.disabled ? cards.find(({ input }) => !input.disabled) : first);
  });
}

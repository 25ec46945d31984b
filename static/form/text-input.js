/* Types that take URLs, text or JSON instead of files: one textarea, read into items. */

import { find, markWrong, setText, showText } from "/static/shared/dom.js";
import { parse, stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/form.js";

const box = find("[data-text-input]");
let shown = null;
/* The items that the box was filled with, and what it showed then; they are sent as they are until it is changed. */
let held = null;

const isHeld = () => held?.input === shown && held.value === box.value;

function drawHelp() {
  if (!shown) return;
  const several = severalItems();
  setText(find("[data-text-help]"), (several && texts.several[shown]?.(several.items.length)) || texts.textInput[shown].help);
}

export function fitTextInput(type) {
  const input = texts.textInput[type?.input];
  find("[data-text-part]").hidden = !input;
  showTextError("");
  if (!input) return;
  shown = type.input;
  setText(find("[data-text-label]"), input.label);
  drawHelp();
  box.spellcheck = type.input === "text";
  box.classList.toggle("code", type.input === "data");
}

export function showTextError(message) {
  showText(find("[data-text-error]"), message);
  markWrong(box, message);
}

function urlItems(text) {
  const urls = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const bad = urls.find((url) => !URL.canParse(url));
  if (bad) throw new RangeError(texts.notUrl(bad));
  return urls.map((url) => ({ url }));
}

function parsed(text) {
  try {
    return parse(text);
  } catch (error) {
    throw new RangeError(texts.notJson(error.message));
  }
}

function json(text) {
  const value = parsed(text);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new RangeError(texts.notObject);
  return [{ json: value }];
}

/** The items to submit; a RangeError says in words what is wrong with the text. */
export function readItems(input, { required }) {
  const text = box.value;
  if (!text.trim() && !required) return [];
  if (!text.trim()) throw new RangeError(texts.nothingFilledIn(input));
  if (isHeld()) return held.items;
  if (input === "url") return urlItems(text);
  return input === "data" ? json(text) : [{ text }];
}

/** Fills the box with items as the API takes them. */
export function fillText(input, items) {
  box.value = items.map((item) => item.text ?? item.url ?? stringify(item.json)).join("\n");
  held = box.value ? { input, items, value: box.value } : null;
  drawHelp();
}

/** Adds a text on a line of its own. */
export function addText(text) {
  box.value += (box.value && !box.value.endsWith("\n") ? "\n" : "") + text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

export const givenText = () => box.value;

/** Several items that the box was filled with and still shows, as {input, items}; null otherwise. */
export const severalItems = () => (isHeld() && held.items.length > 1 ? { input: held.input, items: held.items } : null);

export function clearText() {
  box.value = "";
  held = null;
}

box.addEventListener("input", () => {
  showTextError("");
  drawHelp();
});

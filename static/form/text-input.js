/* Types that take URLs, text or JSON instead of files: one textarea, read into items. */

import { find, setText, showText } from "/static/shared/dom.js";
import { parse, stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/form.js";

const box = find("[data-text-input]");

export function fitTextInput(type) {
  const input = texts.textInput[type?.input];
  find("[data-text-part]").hidden = !input;
  showTextError("");
  if (!input) return;
  setText(find("[data-text-label]"), input.label);
  setText(find("[data-text-help]"), input.help);
  box.spellcheck = type.input === "text";
  box.classList.toggle("code", type.input === "data");
}

export function showTextError(message) {
  showText(find("[data-text-error]"), message);
  if (message) box.setAttribute("aria-invalid", "true");
  else box.removeAttribute("aria-invalid");
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
  if (input === "url") return urlItems(text);
  return input === "data" ? json(text) : [{ text }];
}

/** Fills the box with items as the API has them; several texts become one when they are changed. */
export function fillText(input, items) {
  const values = items.map((item) => item.text ?? item.url ?? stringify(item.json));
  box.value = values.join("\n");
  if (input === "text" && values.length > 1) setText(find("[data-text-help]"), texts.severalTexts(values.length));
}

/** Adds a text on a line of its own. */
export function addText(text) {
  box.value += (box.value && !box.value.endsWith("\n") ? "\n" : "") + text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

export const givenText = () => box.value;

export function clearText() {
  box.value = "";
}

box.addEventListener("input", () => showTextError(""));

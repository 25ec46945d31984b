/* Which job type: the chosen one, and a guess from the first file: what was used last for such a file, else what accepts it. */

import { lastUsedFor } from "/static/form/last-used.js";
import { drawCards, focusCards, labelOf, mark, onChoice } from "/static/form/type-cards.js";
import { find, markWrong, showText } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/form.js";

let types = [];
let drawnFrom = "";
let name = "";
let byHand = false;
let onChoose = () => {};

export const chosenType = () => types.find((type) => type.type === name && type.available) ?? null;
export const takesFiles = (type) => type.input === "file" || type.input === "files";

const matches = (type, file) => (type.accepts ?? []).some((suffix) => file.toLowerCase().endsWith(suffix.toLowerCase()));
const takesAny = (type) => (type.accepts ?? []).length === 0;

/** What a type is called, also one that is gone. */
export function labelFor(type) {
  const known = types.find((each) => each.type === type);
  return known ? labelOf(known) : type;
}

/** True when the type names suffixes and none of them fits. */
export const isUnexpected = (type, file) => !takesAny(type) && !matches(type, file);

/** Shows what is wrong with the choice at the cards; "" takes it away. */
export function showTypeError(text) {
  showText(find("[data-type-error]"), text);
  markWrong(find("[data-types]"), text);
}

/** Asks for a choice. */
export function askForType() {
  showTypeError(texts.chooseType);
  focusCards();
}

function take(chosen, isByHand) {
  name = chosen;
  byHand = isByHand && name !== "";
  mark(name);
  showTypeError("");
  onChoose(chosenType());
}

/** Draws the types anew only when they differ. The form stays as the user left it while the file of its type cannot be read, as between two edits. */
export function setTypes(given) {
  const text = stringify(given);
  if (text === drawnFrom) return false;
  const before = drawnFrom && stringify(chosenType());
  drawnFrom = text;
  types = given;
  const ready = types.filter((type) => type.available);
  if (!types.some((type) => type.type === name)) name = ready.length === 1 ? ready[0].type : "";
  drawCards(types, name);
  const current = types.find((type) => type.type === name);
  if (current && !current.available) showTypeError(texts.notNow(labelOf(current), current.reason));
  else if (stringify(chosenType()) !== before) take(name, byHand);
  return true;
}

/** Picks a type for a first file unless the user chose one that takes files. */
export function guessFor(file) {
  const current = chosenType();
  if (current && byHand && takesFiles(current)) return;
  const able = types.filter((type) => type.available && takesFiles(type));
  const last = lastUsedFor(file);
  const guess = able.find((type) => type.type === last) ?? able.find((type) => matches(type, file)) ?? (current && takesFiles(current) ? current : able.find(takesAny));
  if (guess && guess !== current) take(guess.type, false);
}

/** Chooses a type by its name; "" chooses none. */
export const chooseType = (wanted) => take(types.some((type) => type.type === wanted) ? wanted : "", true);

/** As on a fresh page. */
export function clearType() {
  const ready = types.filter((type) => type.available);
  take(ready.length === 1 ? ready[0].type : "", false);
}

export function startTypeChooser(choose) {
  onChoose = choose;
  onChoice((chosen) => take(chosen, true));
}

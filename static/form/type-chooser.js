/* Which job type: the list, what it says about itself, and a guess from the first file: what was used last for such a file, else what accepts it. */

import { lastUsedFor } from "/static/form/last-used.js";
import { find, make, showText } from "/static/shared/dom.js";
import { many } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";

/* So many reasons are shown at once; more are folded. */
const FEW = 3;
const select = find("[data-type-select]");
let types = [];
let drawnFrom = "";
let byHand = false;
let onChoose = () => {};

export const chosenType = () => types.find((type) => type.type === select.value && type.available) ?? null;
export const takesFiles = (type) => type.input === "file" || type.input === "files";

const matches = (type, name) => (type.accepts ?? []).some((suffix) => name.toLowerCase().endsWith(suffix.toLowerCase()));
const takesAny = (type) => (type.accepts ?? []).length === 0;

/** True when the type names suffixes and none of them fits. */
export const isUnexpected = (type, name) => !takesAny(type) && !matches(type, name);

function option(type) {
  const label = type.label || type.type;
  return make("option", { value: type.type, disabled: !type.available }, type.available ? label : `${label} (not available)`);
}

function drawUnavailable() {
  const missing = types.filter((type) => !type.available);
  find("[data-unavailable]").hidden = missing.length === 0;
  find("[data-unavailable-summary]").textContent = `${many(missing.length, "job type")} not available`;
  find("[data-unavailable]").open ||= missing.length <= FEW;
  const rows = missing.flatMap((type) => [
    make("dt", {}, type.label || type.type),
    make("dd", { "data-unavailable-reason": type.type }, type.reason || "No reason given."),
  ]);
  find("[data-unavailable-list]").replaceChildren(...rows);
}

function drawSelect() {
  const kept = select.value;
  const ready = types.filter((type) => type.available);
  const placeholder = types.length ? "Choose a job type…" : "No job types";
  select.replaceChildren(
    make("option", { value: "" }, placeholder),
    ...ready.map(option),
    ...types.filter((type) => !type.available).map(option),
  );
  select.value = types.some((type) => type.type === kept) ? kept : "";
  if (!select.value && ready.length === 1) select.value = ready[0].type;
}

function chosen() {
  const type = chosenType();
  showText(find("[data-type-help]"), type?.description);
  showText(find("[data-type-error]"), "");
  select.removeAttribute("aria-invalid");
  onChoose(type);
}

/* The form stays as the user left it while the file of its type cannot be read, as between two edits. */
function lost(type) {
  showText(find("[data-type-error]"), `${type.label || type.type} is not available now: ${type.reason}`);
}

/** Draws the types anew only when they differ, so that an open list does not close under the user. */
export function setTypes(given) {
  const text = stringify(given);
  if (text === drawnFrom) return false;
  const before = drawnFrom && stringify(chosenType());
  drawnFrom = text;
  types = given;
  drawSelect();
  drawUnavailable();
  const current = types.find((type) => type.type === select.value);
  if (current && !current.available) lost(current);
  else if (stringify(chosenType()) !== before) chosen();
  return true;
}

/** Picks a type for a first file unless the user chose one that takes files. */
export function guessFor(name) {
  const current = chosenType();
  if (current && byHand && takesFiles(current)) return;
  const able = types.filter((type) => type.available && takesFiles(type));
  const last = lastUsedFor(name);
  const guess = able.find((type) => type.type === last) ?? able.find((type) => matches(type, name)) ?? (current && takesFiles(current) ? current : able.find(takesAny));
  if (!guess || guess === current) return;
  select.value = guess.type;
  byHand = false;
  chosen();
}

/** Chooses a type by its name; "" chooses none. */
export function chooseType(name) {
  select.value = types.some((type) => type.type === name) ? name : "";
  byHand = select.value !== "";
  chosen();
}

export function startTypeChooser(choose) {
  onChoose = choose;
  select.addEventListener("change", () => {
    byHand = select.value !== "";
    chosen();
  });
}

/* The files that go with every item: a field for each input of the type after the first. */

import { chosenFiles } from "/static/form/file-list.js";
import { find, make, showText } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/form.js";

const box = find("[data-beside]");
let fields = [];
/* Files that a schedule keeps for fields: {field, filename, …}. */
let kept = [];
let drawnFrom = "";

const words = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

function fieldFor({ name, kind, required }) {
  const id = `beside-${name}`;
  const input = make("input", { type: "file", id, multiple: kind === "files", "data-beside-input": name, "aria-describedby": `${id}-kept ${id}-error` });
  const note = make("p", { className: "field-help", id: `${id}-kept`, hidden: true });
  const error = make("p", { className: "field-error", id: `${id}-error`, hidden: true });
  const label = make("label", { htmlFor: id }, words(name));
  if (required) label.append(make("span", { className: "required" }, texts.required));
  input.addEventListener("change", () => showText(error, ""));
  return { name, input, note, error, required, node: make("div", { className: "field" }, label, input, note, error) };
}

/** Draws the fields of a type; those that are there already keep what was chosen. */
export function fitBesideFiles(type) {
  const inputs = (type?.inputs ?? []).slice(1);
  const text = stringify([type?.type, inputs]);
  if (text === drawnFrom) return;
  drawnFrom = text;
  fields = inputs.map(fieldFor);
  box.replaceChildren(...fields.map(({ node }) => node));
  box.hidden = !fields.length;
}

const ofField = (name) => kept.filter(({ field }) => field === name);

/** Files that a schedule keeps for these fields, [{field, filename, …}]: a field that is left empty has them. */
export function keepBeside(files) {
  kept = files;
  for (const { name, note } of fields) showText(note, ofField(name).length ? texts.keeps(ofField(name).map(({ filename }) => filename)) : "");
}

/** Those of them that no other file takes the place of. */
export const keptBeside = () => kept.filter(({ field }) => !fields.some(({ name, input }) => name === field && input.files.length));

/** Shows which file is missing; the first such control, or null. */
export function checkBesideFiles() {
  /* An earlier job has them, where its files are taken again. */
  const isKept = chosenFiles().some((file) => file.kept);
  const missing = fields.filter(({ name, input, required }) => required && !input.files.length && !isKept && !ofField(name).length);
  missing.forEach(({ error }) => showText(error, texts.noFileInField));
  return missing[0]?.input ?? null;
}

/** [{name, file}] */
export const besideFiles = () => fields.flatMap(({ name, input }) => [...input.files].map((file) => ({ name, file })));

/** Chooses these files, [{name, file}], once more. */
export function fillBesideFiles(given) {
  for (const { name, input } of fields) {
    const chosen = new DataTransfer();
    given.filter((each) => each.name === name).forEach(({ file }) => chosen.items.add(file));
    input.files = chosen.files;
  }
}

/** Shows what the server says of a field; false when it is none of these. */
export function showBesideError(name, message) {
  const known = fields.find((field) => field.name === name);
  if (known) showText(known.error, message);
  return Boolean(known);
}

export function clearBesideFiles() {
  for (const { input } of fields) input.value = "";
}

/* The form control that fits a property of a JSON Schema, and how it is read. */

import { make } from "/static/shared/dom.js";
import { numberOf } from "/static/shared/json.js";

const typesOf = (schema) => [].concat(schema.type ?? (schema.enum ? [] : "string"));
export const isNullable = (schema) => typesOf(schema).includes("null") || (schema.enum ?? []).includes(null);
export const kindOf = (schema) => typesOf(schema).find((type) => type !== "null") ?? "string";
const isNumeric = (schema) => ["integer", "number"].includes(kindOf(schema));
/* Choices that would show as nothing. */
const UNSEEN = new Map([[true, "Yes"], [false, "No"], ["", "Empty"], [" ", "Space"], ["\t", "Tab"]]);
const wordFor = (value) => UNSEEN.get(value) ?? String(value);

function choices(schema, required) {
  const values = (schema.enum ?? [true, false]).filter((value) => value !== null);
  const none = isNullable(schema) || (schema.default === undefined && !required);
  const ask = required && schema.default === undefined;
  const first = none || ask ? [make("option", { value: "" }, ask ? "Choose…" : "None")] : [];
  const options = values.map((value, place) =>
    make("option", { value: String(place), defaultSelected: value === schema.default }, wordFor(value)));
  const control = make("select", {}, ...first, ...options);
  return { control, read: () => (control.value === "" ? undefined : values[Number(control.value)]) };
}

function checkbox(schema) {
  const control = make("input", { type: "checkbox", defaultChecked: schema.default === true });
  return { control, read: () => control.checked };
}

/* The next whole number, also of one with too many digits for a Number. */
const beside = (value, step) => (typeof value === "bigint" ? value + BigInt(step) : value + step);

function number(schema) {
  const whole = kindOf(schema) === "integer";
  const least = schema.minimum ?? (whole && schema.exclusiveMinimum !== undefined ? beside(schema.exclusiveMinimum, 1) : undefined);
  const most = schema.maximum ?? (whole && schema.exclusiveMaximum !== undefined ? beside(schema.exclusiveMaximum, -1) : undefined);
  const control = make("input", {
    type: "number",
    step: whole ? "1" : "any",
    min: least,
    max: most,
    inputMode: whole && least >= 0 ? "numeric" : undefined,
    defaultValue: schema.default ?? "",
  });
  return { control, read: () => (control.value === "" ? undefined : numberOf(control.value)) };
}

function lines(schema) {
  const control = make("textarea", { rows: 3, defaultValue: (schema.default ?? []).join("\n"), dir: "auto" });
  const numeric = schema.items && isNumeric(schema.items);
  const read = () => {
    const found = control.value.split("\n").map((line) => line.trim()).filter(Boolean);
    return found.length ? found.map((line) => (numeric ? numberOf(line) : line)) : undefined;
  };
  return { control, read, note: "One per line." };
}

function checkboxes(schema, required, id) {
  const boxes = schema.items.enum.map((value, place) => {
    const box = make("input", { type: "checkbox", id: `${id}-${place}`, defaultChecked: (schema.default ?? []).includes(value) });
    return { value, box };
  });
  const control = make("div", { className: "choices", role: "group" },
    ...boxes.map(({ value, box }) => make("label", { className: "check" }, box, wordFor(value))));
  return { control, read: () => boxes.filter(({ box }) => box.checked).map(({ value }) => value), isGroup: true };
}

/* A browser asks for the time of where it is; a server wants one with its zone. */
function moment(schema) {
  const control = make("input", { type: "datetime-local", defaultValue: schema.default ?? "" });
  return { control, read: () => (control.value === "" ? undefined : new Date(control.value).toISOString()) };
}

function textLine(schema) {
  const type = { date: "date", uri: "url", email: "email", password: "password" }[schema.format] ?? "text";
  const control = make("input", {
    type,
    defaultValue: schema.default ?? "",
    minLength: schema.minLength,
    maxLength: schema.maxLength,
    dir: type === "text" ? "auto" : undefined,
    autocomplete: "off",
  });
  return { control, read: () => (control.value === "" ? undefined : control.value) };
}

/** {control, read, note, isGroup} for a property; `read()` is undefined for "leave it to the default". */
export function controlFor(schema, required, id) {
  const kind = kindOf(schema);
  if (schema.enum || (kind === "boolean" && isNullable(schema))) return choices(schema, required);
  if (kind === "boolean") return checkbox(schema);
  if (isNumeric(schema)) return number(schema);
  if (kind === "array") return schema.items?.enum ? checkboxes(schema, required, id) : lines(schema);
  return schema.format === "date-time" ? moment(schema) : textLine(schema);
}

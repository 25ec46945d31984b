/* The form control that fits a property of a JSON Schema, and how it is read. */

import { json, members, named, optional, places, rows } from "/static/form/groups.js";
import { jobPicker } from "/static/form/job-picker.js";
import { make } from "/static/shared/dom.js";
import { numberOf } from "/static/shared/json.js";
import { texts } from "/static/texts/fields.js";

/* Rows that a list or an object may have at first to be drawn as rows; with more, one field holds all as JSON */
const MOST_ROWS = 100;

const typesOf = (schema) => [].concat(schema.type ?? (schema.enum ? [] : "string"));
export const isNullable = (schema) => typesOf(schema).includes("null") || (schema.enum ?? []).includes(null);
export const kindOf = (schema) => typesOf(schema).find((type) => type !== "null") ?? "string";
const isNumeric = (schema) => ["integer", "number"].includes(kindOf(schema));
/* Some would show as nothing. */
const wordFor = (value) => texts.choice.get(value) ?? String(value);

function choices(schema, required) {
  const values = (schema.enum ?? [true, false]).filter((value) => value !== null);
  const names = schema["x-enum-varnames"] ?? [];
  const none = isNullable(schema) || (schema.default === undefined && !required);
  const ask = required && schema.default === undefined;
  const first = none || ask ? [make("option", { value: "" }, ask ? texts.choose : texts.none)] : [];
  const options = values.map((value, place) =>
    make("option", { value: String(place), defaultSelected: value === schema.default }, names[place] ?? wordFor(value)));
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
  return { control, read, note: texts.onePerLine };
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
function localTime(text) {
  const time = new Date(text);
  time.setMinutes(time.getMinutes() - time.getTimezoneOffset());
  return Number.isNaN(time.valueOf()) ? "" : time.toISOString().slice(0, 16);
}

function moment(schema) {
  const control = make("input", { type: "datetime-local", defaultValue: schema.default ? localTime(schema.default) : "" });
  return { control, read: () => (control.value === "" ? undefined : new Date(control.value).toISOString()) };
}

function paragraph(schema) {
  const control = make("textarea", { rows: 5, defaultValue: schema.default ?? "", dir: "auto" });
  return { control, read: () => (control.value === "" ? undefined : control.value) };
}

const INPUTS = { date: "date", time: "time", uri: "url", email: "email", password: "password" };

function textLine(schema) {
  const type = INPUTS[schema.format] ?? "text";
  const control = make("input", {
    type,
    defaultValue: schema.default ?? "",
    minLength: schema.minLength,
    maxLength: schema.maxLength,
    dir: type === "text" ? "auto" : undefined,
    inputMode: schema.format === "decimal" ? "decimal" : undefined,
    autocomplete: "off",
  });
  return { control, read: () => (control.value === "" ? undefined : control.value), note: schema.format === "duration" ? texts.duration : undefined };
}

const isScalar = (schema) => !["array", "object"].includes(kindOf(schema));
const WHOLE = /^[+-]?\d+$/;

/* What was written, as the first of the kinds that it can be. */
function asOneOf(schemas, text) {
  for (const schema of schemas) {
    const kind = kindOf(schema);
    if (kind === "integer" && WHOLE.test(text)) return numberOf(text);
    if (kind === "number" && text.trim() && !Number.isNaN(Number(text))) return numberOf(text);
    if (kind === "boolean" && ["true", "false"].includes(text)) return text === "true";
    const choice = (schema.enum ?? []).find((value) => String(value) === text);
    if (choice !== undefined) return choice;
    if (kind === "string" && !schema.enum) return text;
  }
  return text;
}

function oneOf(schema) {
  if (!schema.anyOf.every(isScalar)) return json(schema, { orText: false });
  const control = make("input", { type: "text", defaultValue: schema.default ?? "", dir: "auto", autocomplete: "off" });
  const kinds = schema.anyOf.filter((each) => each.type !== "null").map((each) => ({ choices: each.enum, format: each.format, type: kindOf(each) }));
  return { control, note: texts.oneOf(kinds), read: () => (control.value === "" ? undefined : asOneOf(schema.anyOf, control.value)) };
}

function list(schema, required, id, drawField) {
  if (schema.prefixItems) return places(schema, required, id, drawField);
  const { items = {} } = schema;
  if (items.enum) return checkboxes(schema, required, id);
  if (items.format === "job") return jobPicker(schema, id);
  const isPlain = ["string", "integer", "number"].includes(kindOf(items)) && items.type && !items.anyOf;
  if (isPlain && !["date", "date-time", "time"].includes(items.format)) return lines(schema);
  // A page with thousands of rows takes a minute to draw.
  return schema.default?.length > MOST_ROWS ? json(schema, { orText: false }) : rows(schema, required, id, drawField);
}

function object(schema, required, id, drawField) {
  if (!schema.properties) {
    const each = schema.additionalProperties;
    const isLong = Object.keys(schema.default ?? {}).length > MOST_ROWS;
    return each && Object.keys(each).length && !isLong ? named(schema, id, drawField) : json(schema, { orText: false });
  }
  const made = members(schema, id, drawField);
  return required ? made : optional(made, schema, id);
}

/** {control, read, note, isGroup, check, rule} for a property; `read()` is undefined for "leave it to the default".

    `drawField` draws the parts of what has some; `check()` gives the first wrong control in them, `rule()` what is wrong here. */
export function controlFor(schema, required, id, drawField) {
  const kind = kindOf(schema);
  if (schema.anyOf) return oneOf(schema);
  if (schema.enum || (kind === "boolean" && isNullable(schema))) return choices(schema, required);
  if (kind === "object") return object(schema, required, id, drawField);
  if (kind === "array") return list(schema, required, id, drawField);
  if (!schema.type) return json(schema, { orText: true });
  if (kind === "boolean") return checkbox(schema);
  if (isNumeric(schema) && !schema.format) return number(schema);
  if (schema.format === "multiline") return paragraph(schema);
  return schema.format === "date-time" ? moment(schema) : textLine(schema);
}

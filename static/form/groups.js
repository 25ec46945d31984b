/* Parameters with parts: the members of an object, the rows of a list, values by name. */

import { make } from "/static/shared/dom.js";
import { stringify, parse } from "/static/shared/json.js";
import { texts } from "/static/texts/fields.js";

const withDefault = (schema, value) => (value === undefined ? schema : { ...schema, default: value });
const given = (fields) => fields.map((field) => field.value());
const firstProblem = (fields) => fields.reduce((found, field) => found || field.check(), null);

function button(words, act, properties = {}) {
  const node = make("button", { type: "button", className: "button small", ...properties }, words);
  node.addEventListener("click", act);
  return node;
}

/** The default of a parameter, also where its field begins with another value. */
export const usual = (schema) => ("usual" in schema ? schema.usual : schema.default);

/** The members of an object, each a field of its own. */
export function members(schema, id, drawField) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties)
    .map(([name, part]) => drawField(name, withDefault(part, schema.default?.[name]), required.has(name), id));
  const control = make("div", { className: "group", role: "group" }, ...fields.map((field) => field.node));
  const read = () => Object.fromEntries(fields.map((field) => [field.name, field.value()]).filter(([, value]) => value !== undefined));
  return { control, isGroup: true, read, check: () => firstProblem(fields) };
}

/** A group that may be left out as a whole. */
export function optional(made, schema, id) {
  const isGiven = schema.default !== undefined && schema.default !== null;
  const box = make("input", { type: "checkbox", id: `${id}-given`, defaultChecked: isGiven });
  const control = make("div", { className: "optional", role: "group" },
    make("label", { className: "check" }, box, texts.fillIn), made.control);
  const fit = () => (made.control.hidden = !box.checked);
  box.addEventListener("change", fit);
  fit();
  const read = () => (box.checked ? made.read() : (usual(schema) ?? null) === null ? undefined : null);
  return { control, isGroup: true, read, check: () => (box.checked ? made.check() : null) };
}

/* A list whose rows can be added and removed; `row(value)` is {node, value, check} and `start` the values at first. */
function repeated(start, row, words) {
  let rows = [];
  const list = make("ul", { className: "rows" });
  const more = button(words, () => add().focus());
  function add(value) {
    const made = row(value);
    const line = make("li", { className: "row" }, made.node);
    const entry = { ...made, focus: () => line.querySelector("input, select, textarea, button")?.focus() };
    line.append(button("×", () => {
      rows = rows.filter((other) => other !== entry);
      line.remove();
      more.focus();
    }, { className: "button icon", "aria-label": texts.removeRow }));
    rows.push(entry);
    list.append(line);
    return entry;
  }
  start.forEach(add);
  return { control: make("div", { className: "repeated", role: "group" }, list, more), isGroup: true, rows: () => rows };
}

/** A list of what has parts itself, or a control of its own. */
export function rows(schema, required, id, drawField) {
  let count = 0;
  const row = (value) => drawField(`${count++}`, { title: texts.value, ...withDefault(schema.items, value) }, true, id);
  const start = schema.default ?? (required || schema.minItems ? Array(schema.minItems || 1).fill(undefined) : []);
  const made = repeated(start, row, texts.addRow);
  const read = () => {
    const values = given(made.rows()).filter((value) => value !== undefined);
    return values.length || required ? values : undefined;
  };
  return { ...made, read, check: () => firstProblem(made.rows()) };
}

/** A list with a meaning for each of its places. */
export function places(schema, required, id, drawField) {
  const fields = schema.prefixItems
    .map((part, place) => drawField(`${place}`, { title: `${place + 1}`, ...withDefault(part, schema.default?.[place]) }, required, id));
  const control = make("div", { className: "group places", role: "group" }, ...fields.map((field) => field.node));
  const read = () => {
    const values = given(fields);
    return values.every((value) => value === undefined) ? undefined : values.map((value) => value ?? null);
  };
  return { control, isGroup: true, read, check: () => firstProblem(fields) };
}

/** Values by names that the user chooses. */
export function named(schema, id, drawField) {
  let count = 0;
  function row([key, value] = []) {
    const name = make("input", { type: "text", defaultValue: key ?? "", "aria-label": texts.name, autocomplete: "off" });
    const field = drawField(`${count++}`, { title: texts.value, ...withDefault(schema.additionalProperties, value) }, true, id);
    const node = make("div", { className: "group places" }, make("div", { className: "field" }, make("span", { className: "label" }, texts.name), name), field.node);
    return { node, check: field.check, value: () => (name.value ? [name.value, field.value()] : undefined) };
  }
  const made = repeated(Object.entries(schema.default ?? {}), row, texts.addValue);
  const read = () => {
    const pairs = given(made.rows()).filter(Boolean);
    return pairs.length || schema.default ? Object.fromEntries(pairs) : undefined;
  };
  return { ...made, read, check: () => firstProblem(made.rows()) };
}

/** Any JSON; `orText` takes what is none as a text. */
export function json(schema, { orText }) {
  const text = schema.default === undefined || schema.default === null ? "" : stringify(schema.default);
  const control = make("textarea", { rows: 3, className: "code", defaultValue: text, spellcheck: false });
  const tried = () => {
    try {
      return [parse(control.value), ""];
    } catch (error) {
      return [orText ? control.value : undefined, orText ? "" : texts.notJson(error.message)];
    }
  };
  const isEmpty = () => !control.value.trim();
  return { control, note: orText ? texts.jsonOrText : texts.json, read: () => (isEmpty() ? undefined : tried()[0]), rule: () => (isEmpty() ? "" : tried()[1]) };
}

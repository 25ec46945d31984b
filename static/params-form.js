/* The parameters of the chosen type: drawn, checked and read. */

import { isNullable } from "/static/controls.js";
import { find } from "/static/dom.js";
import { drawField } from "/static/field.js";

let fields = [];
let drawnFrom = "";

/** Draws the form; the same schema again keeps what the user has typed. */
export function drawParams(type) {
  const schema = type?.params ?? {};
  const text = JSON.stringify([type?.type, schema]);
  if (text === drawnFrom) return;
  drawnFrom = text;
  const required = new Set(schema.required ?? []);
  fields = Object.entries(schema.properties ?? {}).map(([name, property]) => drawField(name, property, required.has(name)));
  find("[data-params]").replaceChildren(...fields.map((field) => field.node));
}

/** Shows what is wrong at each field; the first wrong control, or null. */
export function checkParams() {
  let first = null;
  for (const field of fields) {
    const problem = field.problem();
    field.showError(problem);
    if (problem) first ??= field.control;
  }
  return first;
}

const hasDefault = (field) => ![undefined, null, ""].includes(field.schema.default);
const isText = (field) => [].concat(field.schema.type ?? "string").includes("string") && !field.schema.enum;

/* An emptied field means "nothing" only where the default is something and nothing is allowed. */
function emptied(field) {
  if (!hasDefault(field)) return undefined;
  if (Array.isArray(field.schema.default)) return [];
  if (isNullable(field.schema)) return null;
  return isText(field) ? "" : undefined;
}

/** The parameters as JSON values; those left to their default are not in it. */
export function readParams() {
  const pairs = fields.map((field) => [field.name, field.read() ?? emptied(field)]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** A value as the texts of its form fields: a list is a field per entry, nothing is one empty text. */
export function asTexts(value) {
  if (Array.isArray(value)) return value.length ? value.map(String) : [""];
  return [value === null ? "" : String(value)];
}

/** Puts the server's [{field, message}] at the fields; returns those that have no field here. */
export function showServerErrors(errors) {
  const byName = new Map(fields.map((field) => [field.name, field]));
  let first = null;
  const rest = errors.filter(({ field, message }) => {
    const known = byName.get(String(field).replace(/^params[./]/, ""));
    known?.showError(message);
    first ??= known?.control;
    return !known;
  });
  first?.focus();
  return rest;
}

/* The parameters of a job type as a form: drawn, checked and read. */

import { drawField } from "/static/form/field.js";
import { stringify } from "/static/shared/json.js";

/** A schema whose fields begin with these values; `usual` is the default of one that is left out. */
export function begunWith(schema, values) {
  if (!schema || !values) return schema;
  const begun = (property, value) => ({ ...property, default: value, usual: property.default });
  const properties = Object.entries(schema.properties ?? {})
    .map(([name, property]) => [name, name in values ? begun(property, values[name]) : property]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

const valuesOf = (fields) => Object.fromEntries(fields.map((field) => [field.name, field.value()]).filter(([, value]) => value !== undefined));

/** A form inside `box`; `prefix` keeps the ids of several forms on a page apart. */
export function paramsForm(box, prefix) {
  let fields = [];
  let drawnFrom = "";

  return {
    /** Draws the form of a JSON Schema; the same again keeps what the user has typed. */
    draw(name, schema = {}) {
      const text = stringify([name, schema]);
      if (text === drawnFrom) return;
      drawnFrom = text;
      const required = new Set(schema.required ?? []);
      fields = Object.entries(schema.properties ?? {})
        .map(([key, property]) => drawField(key, property, required.has(key), prefix));
      box.replaceChildren(...fields.map((field) => field.node));
    },

    /** Shows what is wrong at each field; the first wrong control, or null. */
    check() {
      return fields.map((field) => field.check()).find(Boolean) ?? null;
    },

    /** The parameters as JSON values; those left to their default are not in it. */
    read: () => valuesOf(fields),

    /** Those of them that may be kept in the browser. */
    readOpen: () => valuesOf(fields.filter((field) => !field.isSecret)),

    /** Puts the server's [{field, message}] at the fields; returns those that have no field here. */
    showErrors(errors) {
      const byName = new Map(fields.map((field) => [field.name, field]));
      let first = null;
      const rest = errors.filter(({ field, message }) => {
        const known = byName.get(String(field).replace(/^params[./]/, "").replace(/\[\d+\]$/, ""));
        known?.showError(message);
        first ??= known?.control;
        return !known;
      });
      first?.focus();
      return rest;
    },
  };
}

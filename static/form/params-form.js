/* The parameters of a job type as a form: drawn, checked and read. */

import { drawField } from "/static/form/field.js";
import { stringify } from "/static/shared/json.js";

/** A schema whose fields begin with these values. */
export function begunWith(schema, values) {
  if (!schema || !values) return schema;
  const properties = Object.entries(schema.properties ?? {})
    .map(([name, property]) => [name, name in values ? { ...property, default: values[name] } : property]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

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
    read() {
      const pairs = fields.map((field) => [field.name, field.value()]);
      return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
    },

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

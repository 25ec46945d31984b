/* One parameter as a form field: label, control, help and what is wrong with it. */

import { controlFor, kindOf } from "/static/index/controls.js";
import { make } from "/static/shared/dom.js";

const words = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

function patternFails(pattern, value) {
  try {
    return !new RegExp(pattern, "u").test(value);
  } catch {
    /* A pattern of another dialect is the server's to judge. */
    return false;
  }
}

/* What HTML attributes cannot say; the pattern of JSON Schema is not anchored as the one of HTML is. */
function ruleBroken(schema, value) {
  if (value === undefined) return "";
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) return `Must be more than ${schema.exclusiveMinimum}.`;
  if (schema.exclusiveMaximum !== undefined && value >= schema.exclusiveMaximum) return `Must be less than ${schema.exclusiveMaximum}.`;
  if (schema.pattern && patternFails(schema.pattern, value)) return "Does not have the expected form.";
  if (Array.isArray(value) && value.some(Number.isNaN)) return "Each line must be a number.";
  return "";
}

/** {name, node, control, read, showError, problem, schema}; `read()` is undefined for "leave it to the default". */
export function drawField(name, schema, required, prefix) {
  const id = `${prefix}-${name}`;
  const made = controlFor(schema, required, id);
  const { control } = made;
  const isCheck = control.type === "checkbox";
  const title = schema.title || words(name);
  const help = [schema.description, made.note].filter(Boolean).join(" ");
  const error = make("p", { className: "field-error", id: `${id}-error`, hidden: true });
  Object.assign(control, made.isGroup ? { id } : { id, name, required: required && !isCheck });
  control.setAttribute("aria-describedby", `${id}-help ${id}-error`);
  const label = made.isGroup
    ? make("span", { className: "label", id: `${id}-label` }, title)
    : make("label", { htmlFor: id }, title);
  if (made.isGroup) control.setAttribute("aria-labelledby", label.id);
  if (required && !isCheck) label.append(make("span", { className: "required" }, "required"));
  const head = isCheck ? make("div", { className: "check" }, control, label) : label;
  const wide = isCheck || made.isGroup || kindOf(schema) === "array" || help.length > 30 || control.type === "text";
  const node = make("div", { className: wide ? "field" : "field short", "data-field": name },
    head, isCheck ? null : control,
    make("p", { className: "field-help", id: `${id}-help`, hidden: !help }, help), error);

  function showError(message) {
    error.textContent = message;
    error.hidden = !message;
    control.toggleAttribute("aria-invalid", Boolean(message));
    if (message) control.setAttribute("aria-invalid", "true");
  }
  control.addEventListener("input", () => showError(""));

  const problem = () => (made.isGroup ? "" : control.validationMessage) || ruleBroken(schema, made.read());
  return { name, node, control, read: made.read, showError, problem, schema };
}

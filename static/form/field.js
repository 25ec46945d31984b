/* One parameter as a form field: label, control, help and what is wrong with it. */

import { controlFor, isNullable, kindOf } from "/static/form/controls.js";
import { usual } from "/static/form/groups.js";
import { make, markWrong } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/fields.js";

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
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) return texts.more(schema.exclusiveMinimum);
  if (schema.exclusiveMaximum !== undefined && value >= schema.exclusiveMaximum) return texts.less(schema.exclusiveMaximum);
  if (schema.pattern && patternFails(schema.pattern, value)) return texts.otherForm;
  if (Array.isArray(value) && value.some(Number.isNaN)) return texts.numbers;
  return "";
}

const hasDefault = (schema) => ![undefined, null, ""].includes(usual(schema));
const isText = (schema) => [].concat(schema.type ?? "string").includes("string") && !schema.enum;

/* An emptied field means "nothing" only where the default is something and nothing is allowed. */
function emptied(schema) {
  if (!hasDefault(schema)) return undefined;
  if (Array.isArray(usual(schema))) return [];
  if (isNullable(schema)) return null;
  return isText(schema) && !schema.format ? "" : undefined;
}

/** {name, node, control, value, check, showError, isSecret}: `value()` is undefined for "leave it to the default", `check()` shows what is wrong and gives the first wrong control. */
export function drawField(name, schema, required, prefix) {
  const id = `${prefix}-${name}`;
  const made = controlFor(schema, required, id, drawField);
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
  if (required && !isCheck) label.append(make("span", { className: "required" }, texts.required));
  const head = isCheck ? make("div", { className: "check" }, control, label) : label;
  const wide = isCheck || made.isGroup || kindOf(schema) === "array" || help.length > 30 || control.type === "text";
  const node = make("div", { className: wide ? "field" : "field short", "data-field": name },
    head, isCheck ? null : control,
    make("p", { className: "field-help", id: `${id}-help`, hidden: !help }, help), error);

  function showError(message) {
    error.textContent = message;
    error.hidden = !message;
    markWrong(control, message);
  }
  control.addEventListener("input", () => showError(""));

  function check() {
    const inside = made.check?.();
    if (inside) return inside;
    const problem = (made.isGroup ? "" : control.validationMessage) || made.rule?.() || ruleBroken(schema, made.read());
    showError(problem);
    return problem ? control : null;
  }

  const isSecret = stringify(schema).includes('"format":"password"');
  return { name, node, control, value: () => made.read() ?? emptied(schema), check, showError, isSecret };
}

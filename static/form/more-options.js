/* What most jobs leave alone: later steps, a time, a priority, other jobs, a webhook, an earlier result. */

import { begunWith, paramsForm } from "/static/form/params-form.js";
import { find, make, showText } from "/static/shared/dom.js";
import { texts } from "/static/texts/fields.js";

const MOST_STEPS = 9;
const OPTIONS = {
  properties: {
    run_at: { type: "string", format: "date-time", ...texts.option.runAt },
    priority: { type: "integer", minimum: -100, maximum: 100, ...texts.option.priority },
    depends_on: { type: "array", items: { type: "string", format: "job" }, ...texts.option.dependsOn },
    webhook_url: { type: "string", format: "uri", ...texts.option.webhook },
    use_cache: { type: "boolean", default: true, ...texts.option.reuse },
  },
};
const box = find("[data-more-options]");
const list = find("[data-steps]");
const plain = paramsForm(find("[data-option-fields]"), "option");
let able = [];
let steps = [];
let count = 0;

function drawChoice(step) {
  const kept = step.select.value;
  step.select.replaceChildren(...able.map((type) => make("option", { value: type.type }, type.label || type.type)));
  if (able.some((type) => type.type === kept)) step.select.value = kept;
  const type = able.find((each) => each.type === step.select.value);
  step.form.draw(type?.type, begunWith(type?.params, type?.type === step.given?.type ? step.given?.params : null));
}

function fit() {
  find("[data-add-step]").hidden = !able.length || steps.length >= MOST_STEPS;
  find("[data-steps-part]").hidden = !able.length && !steps.length;
  steps.forEach(({ node }, place) => find("label", node).replaceChildren(place ? texts.andThen : texts.then));
  const { then = [], ...others } = readOptions();
  const set = then.length + Object.keys(others).length;
  find("[data-more-summary]").textContent = texts.moreOptions(set);
}

function addStep(given = null) {
  const id = `step-${(count += 1)}`;
  const params = make("div", { className: "params" });
  const error = make("p", { className: "field-error", id: `${id}-error`, hidden: true });
  const select = make("select", { id, "aria-describedby": error.id });
  const remove = make("button", { type: "button", className: "button small", "aria-label": texts.removeStep }, texts.remove);
  const node = make("li", { className: "field", "data-step": "" }, make("label", { htmlFor: id }, texts.then),
    make("div", { className: "step-choice" }, select, remove), error, params);
  const step = { node, select, error, given, form: paramsForm(params, id) };
  select.addEventListener("change", () => drawChoice(step));
  remove.addEventListener("click", () => {
    steps = steps.filter((each) => each !== step);
    node.remove();
    fit();
    find("[data-add-step]").focus();
  });
  steps.push(step);
  list.append(node);
  drawChoice(step);
  if (given) {
    select.value = given.type;
    drawChoice(step);
  }
  fit();
  return select;
}

/** Sets what a job has of the options. */
export function fillOptions({ then = [], ...others }) {
  then.forEach((step) => addStep(step));
  plain.draw("filled", begunWith(OPTIONS, others));
  fit();
}

/** The types as the server lists them; a later step takes what the one before gives. */
export function setLaterTypes(types) {
  able = types.filter((type) => type.available && type.input === "data");
  steps.forEach(drawChoice);
  fit();
}

/** Shows what is wrong at each field; the first wrong control, or null. */
export function checkOptions() {
  const wrong = [...steps.map(({ form }) => form), plain].map((form) => form.check()).find(Boolean) ?? null;
  if (wrong) box.open = true;
  return wrong;
}

/** The members of POST /jobs that are set; with `isOpen`, without what may not be kept in the browser. */
export function readOptions({ isOpen = false } = {}) {
  const { use_cache: useCache, ...given } = plain.read();
  const then = steps.map(({ select, form }) => ({ type: select.value, params: isOpen ? form.readOpen() : form.read() }));
  return { ...given, ...(useCache ? {} : { use_cache: false }), ...(then.length ? { then } : {}) };
}

/** Puts the server's words where they belong; returns those that belong elsewhere. */
export function showOptionErrors(errors) {
  const rest = plain.showErrors(errors).filter(({ field, message }) => {
    const step = steps[Number(/^then\[(\d+)\]/.exec(field)?.[1])];
    if (step) showText(step.error, message);
    return !step;
  });
  if (rest.length < errors.length) box.open = true;
  return rest;
}

/** As on a fresh page: what was meant for one job must not go along with the next. */
export function clearOptions() {
  steps.forEach(({ node }) => node.remove());
  steps = [];
  plain.draw("cleared");
  plain.draw("options", OPTIONS);
  box.open = false;
  fit();
}

plain.draw("options", OPTIONS);
box.addEventListener("input", () => {
  steps.forEach(({ error }) => showText(error, ""));
  fit();
});
find("[data-add-step]").addEventListener("click", () => addStep().focus());
fit();

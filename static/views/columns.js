/* The columns of a table as they were read: each header has a menu of what the column can be, and the file can be read again. */

import { at } from "/static/shared/address.js";
import { freshKey, getInput, submitUpload } from "/static/shared/api.js";
import { make, showText } from "/static/shared/dom.js";
import { jobForm } from "/static/shared/job-form.js";
import { stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/trial_balance.js";

const UNUSED = "ignore";
const ROLES = new Map(Object.entries(texts.role));
/* Roles that make no sense beside each other; a role that was given away leaves its column. */
const RIVALS = { debit: ["balance"], credit: ["balance"], balance: ["debit", "credit"] };
const SIDES = new Set(["debit", "credit", "balance"]);

const roleOf = (column) => column.role ?? UNUSED;
const same = (one, other) => one.trim().toLowerCase() === other.trim().toLowerCase();
/* A role in small letters, and the column that it names. */
const halves = (entry) => [entry.slice(0, entry.indexOf("=")).trim().toLowerCase(), entry.slice(entry.indexOf("=") + 1).trim()];

/* What was said before stays, unless its role or its column is named now; amounts are named together. */
function withEarlier(entries, given) {
  const lines = (given ?? []).flatMap((text) => text.split(/[\n;]/)).map((line) => line.trim()).filter(Boolean);
  const named = entries.map(halves);
  const isReplaced = ([left, right]) => named.some(([role, name]) =>
    (left !== UNUSED && left === role) || (SIDES.has(left) && SIDES.has(role)) || (ROLES.has(left) && same(right, name)));
  return [...lines.filter((line) => !isReplaced(halves(line))), ...entries];
}

/* Columns that were changed; with one amount all of them, for they are read together. Where the file
   was refused, the amounts that are right as they are shall be said too. */
function entriesOf(columns, chosen, { isRefused }) {
  const changed = columns.map((column, place) => ROLES.has(chosen[place]) && chosen[place] !== roleOf(column));
  const hasAmount = isRefused || columns.some((column, place) => changed[place] && (SIDES.has(chosen[place]) || SIDES.has(roleOf(column))));
  return columns
    .map((column, place) => [chosen[place], column.name, changed[place] || (hasAmount && SIDES.has(chosen[place]))])
    .filter(([, , isSaid]) => isSaid)
    .map(([role, name]) => `${role} = ${name}`);
}

/** A function that submits the file of an item once more with other parameters; entries of `mapping` join the earlier ones. */
export function reader({ job, item }, problem) {
  let sent = null;
  return async ({ mapping: entries, ...others }, button) => {
    const changes = entries ? { ...others, mapping: withEarlier(entries, job.params.mapping) } : others;
    const content = stringify(changes);
    if (sent?.content !== content) sent = { content, key: freshKey() };
    const given = Object.entries(job.params).filter(([, value]) => value !== null);
    const options = job.then?.length ? { then: job.then } : {};
    showText(problem, "");
    button.disabled = true;
    try {
      const files = [await getInput(job.job_id, item)];
      const form = jobForm({ type: job.type, params: { ...Object.fromEntries(given), ...changes }, options, files });
      const accepted = await submitUpload(form, { key: sent.key });
      location.assign(at(`/jobs/${encodeURIComponent(accepted.job_id)}`));
    } catch (error) {
      const wrong = (error.fields ?? []).map(({ field, message }) => `${field}: ${message}`).join(" ");
      showText(problem, wrong || error.message);
    } finally {
      button.disabled = false;
    }
  };
}

function menu(column) {
  const own = roleOf(column);
  const known = ROLES.has(own) ? [...ROLES] : [[own, own.charAt(0).toUpperCase() + own.slice(1)], ...ROLES];
  const title = [column.over, column.text || column.name].filter(Boolean).join(" ");
  const select = make("select", { "aria-label": texts.columnIs(title) },
    ...known.map(([role, label]) => make("option", { value: role }, label)));
  select.value = own;
  return select;
}

/* Each role but these two is that of one column. */
function settle(menus, changed) {
  const role = changed.value;
  const gone = [role, ...(RIVALS[role] ?? [])];
  for (const other of menus) if (other !== changed && role !== UNUSED && gone.includes(other.value)) other.value = UNUSED;
}

/** The form of the columns, [{name, over, text, role, sample}]; `read({mapping}, button)` reads the file again. */
export function columnsForm(columns, problem, read, { isRefused = false } = {}) {
  const menus = columns.map(menu);
  const mark = () => menus.forEach((each, place) => each.closest("th").toggleAttribute("data-changed", each.value !== roleOf(columns[place])));
  const head = columns.map(({ name, over, text }, place) => make("th", { scope: "col" },
    over ? make("span", { className: "columns-over", dir: "auto" }, over) : null,
    make("span", { className: "columns-name", dir: "auto" }, text || texts.columnName(name)), menus[place]));
  const depth = Math.max(0, ...columns.map(({ sample }) => sample.length));
  const rows = Array.from({ length: depth }, (_, row) =>
    make("tr", {}, ...columns.map(({ sample }) => make("td", { dir: "auto" }, sample[row] ?? ""))));
  const button = make("button", { type: "submit", className: "button" }, texts.readAgain);
  const form = make("form", { className: "columns-form" },
    make("p", { className: "quiet" }, texts.chooseColumns),
    make("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": texts.columns },
      make("table", { className: "data columns-table" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows))),
    button);
  form.addEventListener("change", ({ target }) => {
    settle(menus, target);
    mark();
    showText(problem, "");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const mapping = entriesOf(columns, menus.map((each) => each.value), { isRefused });
    if (mapping.length) return read({ mapping }, button);
    showText(problem, texts.changeFirst);
    return menus[0].focus();
  });
  return form;
}

/** What else a file can be read as, [{text, params}], to choose one and read the file again. */
export function choicesForm(choices, problem, read) {
  const select = make("select", { "aria-label": texts.read }, ...choices.map(({ text }, place) => make("option", { value: String(place) }, text)));
  const button = make("button", { type: "submit", className: "button" }, texts.readAgain);
  const form = make("form", { className: "choices-form" }, select, button);
  select.addEventListener("change", () => showText(problem, ""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    return read(choices[Number(select.value)].params, button);
  });
  return form;
}

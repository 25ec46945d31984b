/* The form that adds an account. */

import { showNewPassword, withOwnPassword } from "/static/people/own-password.js";
import { addRow } from "/static/people/rows.js";
import { tell } from "/static/shared/announce.js";
import { addAccount } from "/static/shared/api.js";
import { find, setText, showText } from "/static/shared/dom.js";
import { texts } from "/static/texts/people.js";

const form = find("[data-add-account]");
const FIELDS = ["name", "password"];

function showErrors(problem) {
  const errors = new Map((problem?.fields ?? []).map(({ field, message }) => [field, texts.fieldError(message)]));
  for (const name of FIELDS) {
    showText(find(`[data-error-of="${name}"]`, form), errors.get(name));
    form.elements[name].toggleAttribute("aria-invalid", errors.has(name));
  }
  const isSaid = FIELDS.some((name) => errors.has(name));
  showText(find("[data-add-error]"), problem && !isSaid ? problem.message : "");
  const first = FIELDS.find((name) => errors.has(name));
  if (first) form.elements[first].focus();
}

const explain = () => setText(find("[data-role-help]"), texts.may[form.elements.role.value]);

async function add(event) {
  event.preventDefault();
  const { name, role, password } = form.elements;
  const given = { name: name.value.trim().toLowerCase(), role: role.value, password: password.value };
  try {
    const account = await withOwnPassword((own) => addAccount({ ...given, own_password: own }));
    if (!account) return;
    showErrors(null);
    form.reset();
    explain();
    addRow(account);
    showNewPassword(account);
    tell(texts.added(account.name));
  } catch (error) {
    showErrors(error);
  }
}

export function startAdding() {
  form.addEventListener("submit", add);
  form.elements.role.addEventListener("change", explain);
  explain();
}

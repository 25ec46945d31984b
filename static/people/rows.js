/* The table of accounts: a row for each, where an admin changes its role, lets it in or out, and gives
   it a new password. */

import { hasOwnPassword, showNewPassword, withOwnPassword } from "/static/people/own-password.js";
import { tell } from "/static/shared/announce.js";
import { changeAccount } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make } from "/static/shared/dom.js";
import { bytes, dayAndTime, number } from "/static/shared/format.js";
import { userName } from "/static/shared/user.js";
import { texts } from "/static/texts/people.js";

const list = find("[data-accounts]");

const sorted = () => [...list.children].sort((a, b) => (a.dataset.account < b.dataset.account ? -1 : 1));

export function drawAccounts(accounts) {
  list.replaceChildren(...accounts.map(row));
}

/** Shows an account that was added in its place among the others. */
export function addRow(account) {
  list.append(row(account));
  list.replaceChildren(...sorted());
}

function row(account) {
  const node = make("tr", { "data-account": account.name, className: account.is_disabled ? "disabled" : "" });
  node.append(
    make("th", { scope: "row", dir: "auto" }, account.name, make("span", { className: "quiet" }, texts.mark({ isYou: account.name === userName(), isDisabled: account.is_disabled }))),
    make("td", {}, roles(account)),
    make("td", {}, lastLogin(account)),
    make("td", { className: "number" }, number(account.tokens)),
    make("td", { className: "number" }, make("a", { href: `/jobs?owner=${encodeURIComponent(account.name)}`, "aria-label": texts.jobsOf(account) }, number(account.jobs))),
    make("td", { className: "number" }, bytes(account.bytes)),
    make("td", {}, make("span", { className: "row-actions" },
      action(account, "password", texts.reset(account), { reset_password: true }),
      action(account, "access", account.is_disabled ? texts.enable(account) : texts.disable(account), { is_disabled: !account.is_disabled }))));
  return node;
}

const lastLogin = ({ last_login_at: at }) => (at ? make("time", { dateTime: at }, dayAndTime(at)) : texts.noLogin);

function roles(account) {
  const choices = Object.entries(texts.role).map(([value, words]) => make("option", { value, selected: value === account.role }, words));
  const select = make("select", { "aria-label": texts.roleOf(account.name), "data-act": "role" }, ...choices);
  select.addEventListener("change", async () => {
    const role = select.value;
    const isChanged = await change(account, texts.toRole(account, role), { role });
    if (!isChanged) select.value = account.role;
  });
  return select;
}

function action(account, act, words, sent) {
  const button = make("button", { type: "button", className: "button small", "data-act": act, "aria-label": words.yes }, words.label);
  button.addEventListener("click", () => change(account, words, sent));
  return button;
}

/* Asks, changes, and shows the account as it is then; whether it was changed. */
async function change(account, words, sent) {
  if (!hasOwnPassword() || !(await confirmed(words))) return false;
  try {
    const changed = await withOwnPassword((own) => changeAccount(account.name, { ...sent, own_password: own }));
    if (!changed) return false;
    const isNoLongerAllowed = account.name === userName() && (changed.is_disabled || changed.role !== "admin");
    if (isNoLongerAllowed) location.reload();
    showNewPassword(changed);
    redraw(changed);
    tell(words.done);
    return true;
  } catch (error) {
    tell(error.message, { isProblem: true });
    return false;
  }
}

function redraw(account) {
  const before = find(`[data-account="${CSS.escape(account.name)}"]`, list);
  const focused = before.contains(document.activeElement) && document.activeElement.dataset.act;
  const after = row(account);
  before.replaceWith(after);
  if (focused) find(`[data-act="${focused}"]`, after).focus();
}

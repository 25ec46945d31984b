/* The table of accounts: a row for each, where an admin changes its role, lets it in or out, and makes
   a link for a new password. */

import { drawLinks } from "/static/people/links.js";
import { showNewLink } from "/static/people/new-link.js";
import { hasOwnPassword, withOwnPassword } from "/static/people/own-password.js";
import { at } from "/static/shared/address.js";
import { tell } from "/static/shared/announce.js";
import { addLink, changeAccount } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make } from "/static/shared/dom.js";
import { bytes, dayAndTime, number } from "/static/shared/format.js";
import { userName } from "/static/shared/user.js";
import { texts } from "/static/texts/people.js";

const list = find("[data-accounts]");

export function drawAccounts(accounts) {
  list.replaceChildren(...accounts.map(row));
}

function row(account) {
  const node = make("tr", { "data-account": account.name, className: account.is_disabled ? "disabled" : "" });
  node.append(
    make("th", { scope: "row", dir: "auto" }, account.name, make("span", { className: "quiet" }, texts.mark({ isYou: account.name === userName(), isDisabled: account.is_disabled, hasTotp: account.has_totp }))),
    make("td", {}, roles(account)),
    make("td", {}, lastLogin(account)),
    make("td", { className: "number" }, number(account.tokens)),
    make("td", { className: "number" }, texts.held(account.recent_jobs), make("br"), bytes(account.recent_bytes)),
    make("td", { className: "number" }, make("a", { href: at(`/jobs?owner=${encodeURIComponent(account.name)}`), "aria-label": texts.jobsOf(account) }, texts.held(account.jobs)), make("br"), bytes(account.bytes)),
    make("td", {}, make("span", { className: "row-actions" },
      account.has_totp ? action(account, "totp", texts.removeTotp(account), { remove_totp: true }) : null,
      resetting(account),
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

function resetting(account) {
  const words = texts.reset(account);
  const button = make("button", { type: "button", className: "button small", "data-act": "password", "aria-label": words.yes, disabled: account.is_disabled }, words.label);
  button.addEventListener("click", async () => {
    if (!hasOwnPassword() || !(await confirmed(words))) return;
    try {
      const link = await withOwnPassword((own) => addLink({ kind: "reset", name: account.name, own_password: own }));
      if (!link) return;
      showNewLink(link);
      tell(words.done);
      await drawLinks();
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
  });
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
    redraw(changed);
    tell(words.done);
    await drawLinks();
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

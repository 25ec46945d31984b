/* The page of one's own account: tokens, sessions, password. */

import { tell } from "/static/shared/announce.js";
import { addToken, changePassword, endSession, getSessions, getTokens, revokeToken } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make, setText, showText } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { known } from "/static/shared/user.js";

const SCOPES = { read: "sees jobs only", submit: "sees and submits jobs", all: "may do everything that you may" };
const tokenForm = find("[data-token-form]");
const passwordForm = find("[data-password-form]");

const used = (at) => (at ? `used ${dayAndTime(at)}` : "never used");

async function tried(action) {
  try {
    await action();
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
}

function entry(title, words, label, question, text, end) {
  const button = make("button", { type: "button", className: "button small", "aria-label": `${label} ${title}` }, label);
  button.addEventListener("click", () => tried(async () => {
    if (await confirmed({ title: question, text, yes: label, no: `Don’t ${label.toLowerCase()}` })) await end();
  }));
  return make("li", {},
    make("div", {}, make("strong", { dir: "auto" }, title), make("p", { className: "quiet" }, words)), button);
}

function tokenNode(token) {
  const ends = token.expires_at ? `expires ${dayAndTime(token.expires_at)}` : "never expires";
  const words = `${SCOPES[token.scope]}, ${used(token.used_at)}, ${ends}`;
  return entry(token.name || `Token ${token.id}`, words, "Revoke", "Revoke this token?", `Scripts that use “${token.name}” will stop working.`, async () => {
    await revokeToken(token.id);
    await drawTokens();
  });
}

function sessionNode(session) {
  const words = `from ${session.address || "this machine"}, ${used(session.used_at)}`;
  const name = session.is_this ? `This browser (${session.agent})` : session.agent || "A browser";
  return entry(name, words, "Log out", "Log this browser out?", `“${name}” needs your password to log in again.`, async () => {
    await endSession(session.id);
    if (session.is_this) location.assign("/login");
    else await drawSessions();
  });
}

async function drawTokens() {
  const { tokens } = await getTokens();
  const nodes = tokens.length ? tokens.map(tokenNode) : [make("li", { className: "quiet" }, "You have none.")];
  find("[data-tokens]").replaceChildren(...nodes);
}

async function drawSessions() {
  const { sessions } = await getSessions();
  find("[data-sessions]").replaceChildren(...sessions.map(sessionNode));
}

tokenForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, scope, days, password } = tokenForm.elements;
  try {
    const made = await addToken({
      name: name.value, scope: scope.value, days: Number(days.value), password: password.value,
    });
    showText(find("[data-token-error]"), "");
    setText(find("[data-new-token-text]"), made.token);
    find("[data-new-token]").hidden = false;
    tokenForm.reset();
    await drawTokens();
  } catch (error) {
    showText(find("[data-token-error]"), error.message);
  }
});

find("[data-copy-token]").addEventListener("click", () => tried(async () => {
  await navigator.clipboard.writeText(find("[data-new-token-text]").textContent);
  tell("Copied.");
}));

passwordForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { password, new_password: fresh } = passwordForm.elements;
  try {
    const { tokens } = await getTokens();
    await changePassword(password.value, fresh.value);
    passwordForm.reset();
    showText(find("[data-password-error]"), "");
    tell(`Your password is changed. ${tokens.length ? `Tokens that ended: ${tokens.length}.` : ""}`.trim());
    await Promise.all([drawTokens(), drawSessions()]);
  } catch (error) {
    showText(find("[data-password-error]"), error.message);
  }
});

known.then((user) => tried(async () => {
  const words = find("[data-account-words]");
  if (user.is_open) {
    setText(words, `There are no accounts: everybody on this machine may do everything. To share Bellhop, the person who runs it types: ${document.body.dataset.typed} user add NAME --role admin`);
    return;
  }
  const sees = user.role === "admin" || user.jobs === "team" ? "see all jobs" : "see your own jobs and those that others share with you";
  setText(words, `${user.name}, you are ${user.role === "admin" ? "an" : "a"} ${user.role} and ${sees}.`);
  find("[data-username]").value = user.name;
  find("[data-account]").hidden = false;
  await Promise.all([drawTokens(), drawSessions()]);
}));

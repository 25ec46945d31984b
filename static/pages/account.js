/* The page of one's own account: tokens, sessions, password. */

import { startNotices } from "/static/people/own-notices.js";
import { startTwoFactor } from "/static/people/two-factor.js";
import { at } from "/static/shared/address.js";
import { tell } from "/static/shared/announce.js";
import { addToken, changePassword, endSession, getSessions, getTokens, revokeToken } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make, setText, showText } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { known } from "/static/shared/user.js";
import { texts } from "/static/texts/account.js";

const tokenForm = find("[data-token-form]");
const passwordForm = find("[data-password-form]");

const written = (at) => at && dayAndTime(at);

async function tried(action) {
  try {
    await action();
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
}

function entry(title, words, { label, question, no }, text, end) {
  const button = make("button", { type: "button", className: "button small", "aria-label": texts.act(label, title) }, label);
  button.addEventListener("click", () => tried(async () => {
    if (await confirmed({ title: question, text, yes: label, no })) await end();
  }));
  return make("li", {},
    make("div", {}, make("strong", { dir: "auto" }, title), make("p", { className: "quiet" }, words)), button);
}

function tokenNode(token) {
  const words = texts.token({ scope: token.scope, usedAt: written(token.used_at), expiresAt: written(token.expires_at) });
  const name = token.name || texts.tokenName(token.id);
  return entry(name, words, texts.revoke, texts.revokeText(name), async () => {
    await revokeToken(token.id);
    await drawTokens();
  });
}

function sessionNode(session) {
  const words = texts.session({ address: session.address, usedAt: written(session.used_at) });
  const name = session.is_this ? texts.thisBrowser(session.agent) : session.agent || texts.aBrowser;
  return entry(name, words, texts.logOut, texts.logOutText(name), async () => {
    await endSession(session.id);
    if (session.is_this) location.assign(at("/login?left=1"));
    else await drawSessions();
  });
}

async function drawTokens() {
  const { tokens } = await getTokens();
  const nodes = tokens.length ? tokens.map(tokenNode) : [make("li", { className: "quiet" }, texts.noTokens)];
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
  tell(texts.copied);
}));

passwordForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { password, new_password: fresh } = passwordForm.elements;
  try {
    const { tokens } = await getTokens();
    await changePassword(password.value, fresh.value);
    passwordForm.reset();
    showText(find("[data-password-error]"), "");
    tell(texts.passwordChanged(tokens.length));
    await Promise.all([drawTokens(), drawSessions()]);
  } catch (error) {
    showText(find("[data-password-error]"), error.message);
  }
});

known.then((user) => user.role !== "viewer" && tried(startNotices));
known.then((user) => tried(async () => {
  const words = find("[data-account-words]");
  if (user.is_open) {
    setText(words, texts.open(document.body.dataset.typed));
    return;
  }
  setText(words, texts.you({ name: user.name, role: user.role, seesAll: user.role === "admin" || user.jobs === "team" }));
  find("[data-username]").value = user.name;
  find("[data-account]").hidden = false;
  await Promise.all([drawTokens(), drawSessions(), startTwoFactor()]);
}));

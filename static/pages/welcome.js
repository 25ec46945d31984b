/* For who has a link that works once: the first admin, who is invited, who needs a new password. Its
   secret stands after the #, which the browser sends to nobody. */

import { at } from "/static/shared/address.js";
import { lookAtLink, useLink } from "/static/shared/api.js";
import { find, make, markWrong, setText, showText } from "/static/shared/dom.js";
import { texts } from "/static/texts/welcome.js";

const form = find("[data-welcome-form]");
const button = find("[data-submit]");
const FIELDS = ["name", "password", "again"];
/* Hidden until it is known what it is for, so that nothing moves. */
const card = find("[data-welcome]");
const token = location.hash.slice(1);

function refuse(message) {
  card.hidden = false;
  find("[data-words]").hidden = true;
  form.hidden = true;
  showText(find("[data-link-error]"), message);
}

function showErrors(errors, message = "") {
  for (const name of FIELDS) {
    showText(find(`[data-error-of="${name}"]`, form), errors[name]);
    markWrong(form.elements[name], errors[name]);
  }
  showText(find("[data-form-error]"), message);
  const first = FIELDS.find((name) => errors[name]);
  if (first) form.elements[first].focus();
}

function showProblem(problem) {
  if (problem.code === "link-refused") return refuse(problem.message);
  const known = (problem.fields ?? []).filter(({ field }) => FIELDS.includes(field));
  const errors = Object.fromEntries(known.map(({ field, message }) => [field, texts.fieldError(message)]));
  return showErrors(errors, known.length ? "" : problem.message);
}

function finish(words, account) {
  history.replaceState(null, "", location.pathname);
  if (!words.done) return location.replace(at("/"));
  setText(find("[data-title]"), words.doneTitle);
  setText(find("[data-words]"), words.done(account));
  form.hidden = true;
  const ways = words.ways.map(([href, label], index) => make("a", { href, className: index ? "button" : "button primary" }, label));
  find("[data-ways]").replaceChildren(...ways);
  find("[data-ways]").hidden = false;
  return ways[0].focus();
}

async function send(words) {
  const { name, password, again } = form.elements;
  if (password.value !== again.value) return showErrors({ again: texts.differ });
  button.disabled = true;
  try {
    finish(words, await useLink({ token, name: name.value, password: password.value }));
  } catch (problem) {
    showProblem(problem);
  }
  button.disabled = false;
  return null;
}

async function start() {
  if (!token) return refuse(texts.noLink);
  const link = await lookAtLink(token);
  const words = texts.of[link.kind];
  setText(find("[data-title]"), words.title);
  setText(find("[data-words]"), words.words(link));
  setText(button, words.submit);
  const { name, password } = form.elements;
  name.value = link.name;
  name.readOnly = Boolean(link.name);
  find("[data-name-help]").hidden = name.readOnly;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(words);
  });
  form.hidden = false;
  card.hidden = false;
  return (name.readOnly ? password : name).focus();
}

addEventListener("hashchange", () => location.reload());
start().catch((problem) => refuse(problem.message));

/* Asks for a name and a password, and goes back to where somebody was sent from. */

import { logIn } from "/static/shared/api.js";
import { find, showText } from "/static/shared/dom.js";
import { ownPage } from "/static/shared/own-page.js";

const form = find("[data-login-form]");
const button = find("[data-log-in]");
const code = find("[data-code]");

/* The name and the password were right: they are sent again, with the code. */
function askForCode() {
  find("[data-login-fields]").hidden = true;
  code.hidden = false;
  form.elements.code.required = true;
  form.elements.code.focus();
}

function given() {
  const { name, password, code: field } = form.elements;
  const login = { name: name.value, password: password.value };
  return code.hidden ? login : { ...login, code: field.value };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  showText(find("[data-form-error]"), "");
  try {
    await logIn(given());
    location.replace(ownPage(new URLSearchParams(location.search).get("next") ?? ""));
  } catch (error) {
    button.disabled = false;
    if (error.code === "code-needed" && code.hidden) return askForCode();
    showText(find("[data-form-error]"), error.message);
    (code.hidden ? form.elements.password : form.elements.code).select();
  }
});

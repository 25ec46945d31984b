/* Asks for a name and a password, and goes back to where somebody was sent from. */

import { logIn } from "/static/shared/api.js";
import { find, showText } from "/static/shared/dom.js";
import { ownPage } from "/static/shared/own-page.js";

const form = find("[data-login-form]");
const button = find("[data-log-in]");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  showText(find("[data-form-error]"), "");
  try {
    await logIn(form.elements.name.value, form.elements.password.value);
    location.replace(ownPage(new URLSearchParams(location.search).get("next") ?? "/"));
  } catch (error) {
    button.disabled = false;
    showText(find("[data-form-error]"), error.message);
    form.elements.password.select();
  }
});

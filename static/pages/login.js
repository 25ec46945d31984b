/* Asks for a name and a password, and goes back to where somebody was sent from. */

import { logIn } from "/static/shared/api.js";
import { find, showText } from "/static/shared/dom.js";

const form = find("[data-login-form]");
const button = find("[data-log-in]");

/* Only a page of our own: an address could lead anywhere. */
function target() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const address = new URL(next, location.origin);
  return address.origin === location.origin && next.startsWith("/") ? address.pathname + address.search : "/";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  showText(find("[data-form-error]"), "");
  try {
    await logIn(form.elements.name.value, form.elements.password.value);
    location.replace(target());
  } catch (error) {
    button.disabled = false;
    showText(find("[data-form-error]"), error.message);
    form.elements.password.select();
  }
});

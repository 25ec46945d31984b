/* Asks for a name and a password, and goes back to where somebody was sent from. */

import { logIn } from "/static/shared/api.js";
import { find, showText } from "/static/shared/dom.js";

const form = find("[data-login-form]");
const button = find("[data-log-in]");

/* Our pages; routes.py has them too. */
const PAGES = /^\/(|queues|schedules|docs|account|audit|jobs\/[0-9A-Za-z_-]+)$/;

/* Only a page of our own, judged as the browser reads its address: "/.//evil.example" is "//evil.example". */
function target() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const address = URL.canParse(next, location.origin) ? new URL(next, location.origin) : location;
  const isOurs = address.origin === location.origin && PAGES.test(address.pathname);
  return isOurs ? address.pathname + address.search : "/";
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

/* Who looks at this page: their name in its head, and what they may do. */

import { tell } from "/static/shared/announce.js";
import { getAccount, logOut } from "/static/shared/api.js";
import { find, make } from "/static/shared/dom.js";

/* Until Bellhop has said who it is, nothing is hidden: what is not allowed, it refuses anyway. */
let user = { name: "local", role: "admin", is_open: true };

export const isAdmin = () => user.role === "admin";
export const maySubmit = () => user.role !== "viewer";
/** Whether they may change a job or a schedule, and see what only concerns its owner. */
export const mayChange = (owned) => isAdmin() || (maySubmit() && owned.owner === user.name);
export const isMine = (owned) => owned.owner === user.name;
export const isOpen = () => user.is_open;

async function leave() {
  try {
    await logOut();
    location.assign("/login");
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
}

function draw() {
  const out = make("button", { type: "button", className: "button small" }, "Log out");
  out.addEventListener("click", leave);
  const audit = isAdmin() ? make("a", { href: "/audit" }, "Audit") : null;
  const who = find("[data-who]");
  who.replaceChildren(...[audit, make("a", { href: "/account" }, user.name), out].filter(Boolean));
  who.hidden = false;
}

/** Asked once, before a page draws what depends on it. */
export const known = getAccount().then((found) => {
  user = found;
  document.documentElement.dataset.role = user.role;
  if (!user.is_open) draw();
  return user;
}, () => user);

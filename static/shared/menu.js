/* The menu under the name of a person. It closes when somebody looks or goes elsewhere. */

import { at, isOwn } from "/static/shared/address.js";
import { tell } from "/static/shared/announce.js";
import { logOut } from "/static/shared/api.js";
import { find } from "/static/shared/dom.js";
import { hasUploads, loadTray } from "/static/shared/tray.js";

const menu = find("[data-who]");
let left = false;

/** Whether somebody has logged out here: from then on, the page keeps nothing. */
export const hasLeft = () => left;

function close() {
  menu.open = false;
}

/* The answer to a logout says so too, but browsers heed it on secure pages only. */
function forget() {
  try {
    for (const kept of [localStorage, sessionStorage]) {
      Object.keys(kept).filter(isOwn).forEach((name) => kept.removeItem(name));
    }
  } catch {
    /* Then the browser keeps nothing at all. */
  }
}

async function leave() {
  try {
    if (hasUploads() && !(await (await loadTray()).mayLogOut())) return;
    await logOut();
    left = true;
    forget();
    location.assign(at("/login?left=1"));
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
}

document.addEventListener("pointerdown", (event) => menu.contains(event.target) || close());
menu.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !menu.contains(relatedTarget) && close());
menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  close();
  find("summary", menu).focus();
});
find("[data-log-out]")?.addEventListener("click", leave);

/* Loads the tray of uploads where there are any: a page without them loads nothing of it. */

import { own } from "/static/shared/address.js";

const FLAG = own("bellhop.tray");

export const loadTray = () => import("/static/uploads/tray.js");

/** Whether this browser has uploads that no job has taken. */
export function hasUploads() {
  try {
    return localStorage.getItem(FLAG) !== null;
  } catch {
    return false;
  }
}

export function noteUploads(on) {
  try {
    if (on) localStorage.setItem(FLAG, "1");
    else localStorage.removeItem(FLAG);
  } catch {
    /* Then they end with this page, which asks before it is left. */
  }
}

window.addEventListener("load", () => hasUploads() && loadTray());
/* Another page has some. */
window.addEventListener("storage", ({ key, newValue }) => key === FLAG && newValue && loadTray());

/* Who looks at this page, and what they may do. */

import { getAccount } from "/static/shared/api.js";
import "/static/shared/menu.js";
import "/static/shared/notices.js";

/* Until Bellhop has said who it is, nothing is hidden: what is not allowed, it refuses anyway. */
let user = { name: "local", role: "admin", is_open: true };

export const isAdmin = () => user.role === "admin";
export const maySubmit = () => user.role !== "viewer";
/** Whether they may change a job or a schedule, and see what only concerns its owner. */
export const mayChange = (owned) => isAdmin() || (maySubmit() && owned.owner === user.name);
export const isMine = (owned) => owned.owner === user.name;
export const userName = () => user.name;
export const isOpen = () => user.is_open;

/** Asked once, before a page draws what depends on it. */
export const known = getAccount().then((found) => (user = found), () => user);

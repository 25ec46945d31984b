/* The page of the audit log, for admins. */

import { at } from "/static/shared/address.js";
import { getAudit } from "/static/shared/api.js";
import { find, make, showText } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { startPages } from "/static/shared/pages.js";
import "/static/shared/user.js";

const JOB_ID = /^[0-9a-f]{20}$/;

function target(note) {
  if (!JOB_ID.test(note.target)) return note.target;
  return make("a", { href: at(`/jobs/${note.target}`) }, note.target);
}

function row(note) {
  const cell = (content) => make("td", { dir: "auto" }, content);
  return make("tr", {},
    make("td", {}, make("time", { datetime: note.at }, dayAndTime(note.at))),
    cell(note.who), cell(note.action), cell(target(note)), cell(note.address));
}

const refresh = startPages(
  async (cursor) => {
    const { notes: rows, next } = await getAudit(cursor);
    return { rows, next };
  },
  (rows) => find("[data-notes]").replaceChildren(...rows.map(row)),
  find("[data-more]"),
);

refresh().then(
  () => (find("[data-audit]").hidden = false),
  (error) => showText(find("[data-audit-error]"), error.message),
).finally(() => (find("[data-loading]").hidden = true));

/* The links that somebody can still use: who is invited, and whose password may be changed. */

import { tell } from "/static/shared/announce.js";
import { getLinks, revokeLink } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { texts } from "/static/texts/people.js";

const list = find("[data-links]");

export async function drawLinks() {
  const { links } = await getLinks();
  find("[data-links-card]").hidden = !links.length;
  list.replaceChildren(...links.map(entry));
}

function entry(link) {
  const words = texts.revoke(link);
  const button = make("button", { type: "button", className: "button small", "aria-label": words.yes }, words.label);
  button.addEventListener("click", () => revoke(link, words));
  const told = texts.link({ ...link, until: dayAndTime(link.expires_at) });
  return make("li", { "data-link": link.account },
    make("div", {}, make("strong", { dir: "auto" }, link.account), make("p", { className: "quiet" }, told)), button);
}

async function revoke(link, words) {
  if (!(await confirmed(words))) return;
  try {
    await revokeLink(link.id);
    tell(words.done);
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
  await drawLinks();
}

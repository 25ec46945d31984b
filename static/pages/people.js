/* The page of the accounts, for admins. */

import { startInviting } from "/static/people/invite.js";
import { drawLinks } from "/static/people/links.js";
import { drawAccounts } from "/static/people/rows.js";
import { getAccounts } from "/static/shared/api.js";
import { find, showText } from "/static/shared/dom.js";
import { known } from "/static/shared/user.js";
import { texts } from "/static/texts/people.js";

async function start() {
  const user = await known;
  if (user.is_open) {
    showText(find("[data-people-words]"), texts.open(document.body.dataset.typed));
    return;
  }
  drawAccounts((await getAccounts()).accounts);
  await drawLinks();
  startInviting();
  find("[data-username]").value = user.name;
  find("[data-people]").hidden = false;
}

start().catch((error) => showText(find("[data-people-error]"), error.message))
  .finally(() => (find("[data-loading]").hidden = true));

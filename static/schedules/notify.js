/* Who gets a mail about the jobs of a schedule: a part of its form. */

import { getNotices } from "/static/shared/api.js";
import { find, showText } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/account.js";

const part = find("[data-notify-part]");
const wants = find("#notify-wants");
const address = find("#notify-address");
let given = null;

function fit() {
  find("[data-notify-address]").hidden = !["failures", "every"].includes(wants.value);
}

/** Shows the notices of a schedule; null for those of a new one. */
export function fillNotify(notify) {
  given = notify ?? null;
  wants.value = given?.wants ?? "";
  address.value = given?.address ?? "";
  fit();
}

/** What is to be sent of them: nothing that stays as it is, as the mail server may be gone. */
export function changedNotify() {
  const notify = wants.value ? { address: address.value.trim(), wants: wants.value } : null;
  return stringify(notify) === stringify(given) ? {} : { notify };
}

export async function startNotify() {
  wants.addEventListener("change", fit);
  const { sends_mail: sendsMail, domains } = await getNotices();
  part.disabled = !sendsMail;
  showText(find("[data-notify-off]"), sendsMail ? "" : texts.noMailServer);
  showText(find("[data-notify-help]"), texts.domains(domains));
}

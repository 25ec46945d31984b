/* With whom a job is shared, for who may change that. */

import { tell } from "/static/shared/announce.js";
import { getShares, share, unshare } from "/static/shared/api.js";
import { find, make } from "/static/shared/dom.js";
import { isOpen, mayChange } from "/static/shared/user.js";
import { texts } from "/static/texts/job.js";

const form = find("[data-share-form]");
let shown = null;

async function tried(action) {
  try {
    await action();
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
  await draw();
}

function node(account) {
  const button = make("button", { type: "button", className: "button small", "aria-label": texts.unshareWith(account) }, texts.unshare);
  button.addEventListener("click", () => tried(() => unshare(shown, account)));
  return make("li", {}, make("span", { dir: "auto" }, account), button);
}

async function draw() {
  const { accounts } = await getShares(shown);
  const nobody = make("li", { className: "quiet" }, texts.noShares);
  find("[data-shares]").replaceChildren(...(accounts.length ? accounts.map(node) : [nobody]));
}

export async function drawShares(job) {
  const may = !isOpen() && mayChange(job);
  find("[data-shares-section]").hidden = !may;
  shown = job.job_id;
  if (may) await draw();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  tried(async () => {
    await share(shown, form.elements.account.value.trim());
    form.reset();
  });
});

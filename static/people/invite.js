/* The form that invites somebody: a link, with which they choose a password themselves. */

import { drawLinks } from "/static/people/links.js";
import { showNewLink } from "/static/people/new-link.js";
import { withOwnPassword } from "/static/people/own-password.js";
import { tell } from "/static/shared/announce.js";
import { addLink } from "/static/shared/api.js";
import { find, markWrong, setText, showText } from "/static/shared/dom.js";
import { texts } from "/static/texts/people.js";

const form = find("[data-invite]");

function showErrors(problem) {
  const wrong = problem?.fields?.find(({ field }) => field === "name");
  showText(find("[data-error-of=name]", form), wrong ? texts.fieldError(wrong.message) : "");
  markWrong(form.elements.name, wrong);
  showText(find("[data-invite-error]"), problem && !wrong ? problem.message : "");
  if (wrong) form.elements.name.focus();
}

const explain = () => setText(find("[data-role-help]"), texts.may[form.elements.role.value]);

async function invite(event) {
  event.preventDefault();
  const { name, role } = form.elements;
  const wanted = { kind: "invitation", name: name.value.trim().toLowerCase(), role: role.value };
  try {
    const link = await withOwnPassword((own) => addLink({ ...wanted, own_password: own }));
    if (!link) return;
    showErrors(null);
    form.reset();
    explain();
    showNewLink(link);
    tell(texts.invited(link.account));
    await drawLinks();
  } catch (error) {
    showErrors(error);
  }
}

export function startInviting() {
  form.addEventListener("submit", invite);
  form.elements.role.addEventListener("change", explain);
  explain();
}

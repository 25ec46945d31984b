/* One's own password, which each change needs. */

import { find, markWrong, showText } from "/static/shared/dom.js";
import { texts } from "/static/texts/people.js";

const field = find("#own-password");
const error = find("[data-own-error]");

function refuse(message) {
  showText(error, message);
  markWrong(field, true);
  field.focus();
}

/** Does what `act` does with one's own password. Without one, and with a wrong one, it is asked for:
 * null then. All other problems are those of `act`. */
export async function withOwnPassword(act) {
  if (!hasOwnPassword()) return null;
  try {
    const done = await act(field.value);
    showText(error, "");
    markWrong(field, false);
    return done;
  } catch (problem) {
    if (problem.code !== "login-failed") throw problem;
    refuse(problem.message);
    return null;
  }
}

/** Whether there is one to send, or the account has none; asks for it if not. */
export function hasOwnPassword() {
  if (field.value || field.disabled) return true;
  refuse(texts.needsOwn);
  return false;
}

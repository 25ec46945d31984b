/* Whether the browser notifies when a job ends that was submitted in it. */

import { tell } from "/static/shared/announce.js";
import { find } from "/static/shared/dom.js";
import { areAllWaitedFor, canNotify, isPermitted, waitForAll } from "/static/shared/notices.js";
import { texts } from "/static/texts/notices.js";

const box = find("[data-notify-all]");

async function toggle() {
  const isOn = box.checked && (await isPermitted());
  if (box.checked && !isOn) tell(texts.blocked, { isProblem: true });
  else tell(isOn ? texts.willTellAll : texts.willNot);
  waitForAll(isOn);
  box.checked = isOn;
}

export function startNotify() {
  find("[data-notify-part]").hidden = !canNotify();
  box.checked = areAllWaitedFor();
  box.addEventListener("change", toggle);
}

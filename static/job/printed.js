/* Text that a program printed, in a <pre>: as text only, without what is meant for a terminal. */

/* Colours and cursor moves (CSI), window titles (OSC) and two-letter escapes. */
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f]/g;
const NEAR_PX = 8;

/* A progress bar writes its line again and again: a terminal shows the last of them. */
const lastOf = (line) => line.replace(/\r+$/, "").split("\r").at(-1);

export const plainText = (text) =>
  text.replace(ESCAPES, "").split("\n").map(lastOf).join("\n").replace(CONTROLS, "");

/** Shows `text`. When it `isMore` of the same, a selection stays, and who reads at its end stays there. */
export function showPrinted(pre, text, { isMore }) {
  const shown = pre.textContent;
  if (text === shown) return;
  const follows = isMore && shown && pre.scrollHeight - pre.scrollTop - pre.clientHeight < NEAR_PX;
  if (isMore && shown && text.startsWith(shown)) pre.firstChild.appendData(text.slice(shown.length));
  else pre.textContent = text;
  if (follows) pre.scrollTop = pre.scrollHeight;
  else if (!isMore) pre.scrollTop = 0;
}

/* What an item printed: a button in its row, and a row below with the text of one attempt. */

import { plainText, showPrinted } from "/static/job/printed.js";
import { getLog } from "/static/shared/api.js";
import { find, fromTemplate, make, setText, showText } from "/static/shared/dom.js";
import { texts } from "/static/texts/job.js";

const NOTHING = { attempt: "", isWhole: false };
const opened = new Set();

/* One <option> per attempt; they only ever get more, so none is taken from under the reader. */
function fitAttempts(select, count) {
  const isLatest = Number(select.value || 0) === select.length;
  while (select.length < count) select.append(make("option", { value: String(select.length + 1) }));
  for (const option of select.options) {
    setText(option, option.value === String(count) ? texts.latestAttempt(count) : option.value);
  }
  if (isLatest) select.value = String(count);
  select.parentElement.hidden = count < 2;
}

/** The output of the item of `row`; `update(item, name)` brings it up to date with the item. */
export function addOutput(row, jobId) {
  const button = find("[data-output-button]", row);
  const panel = fromTemplate("[data-output-template]");
  const select = find("[data-output-attempt]", panel);
  const note = find("[data-output-note]", panel);
  const pre = find("[data-output-text]", panel);
  let item = null;
  let shown = NOTHING;
  let asked = 0;

  function draw(text, words) {
    showPrinted(pre, text, { isMore: shown.attempt === select.value });
    pre.hidden = !text;
    showText(note, text ? "" : words);
  }

  /* What an attempt printed is read again only while it may become more. */
  async function refresh() {
    const mine = ++asked;
    const attempt = select.value;
    const isWhole = item.status !== "running" || attempt !== String(item.attempt);
    if (shown.isWhole && isWhole && shown.attempt === attempt) return;
    try {
      const text = plainText(await getLog(jobId, { ...item, attempt }));
      if (mine !== asked) return;
      draw(text, isWhole ? texts.printedNothing : texts.printedNothingYet);
      shown = { attempt, isWhole };
    } catch (error) {
      if (mine !== asked || shown.attempt === attempt) return;
      draw("", error.message);
      shown = NOTHING;
    }
  }

  function toggle() {
    const open = !opened.has(refresh);
    button.setAttribute("aria-expanded", String(open));
    row.toggleAttribute("data-open", open);
    if (!open) {
      opened.delete(refresh);
      return panel.remove();
    }
    opened.add(refresh);
    row.after(panel);
    return refresh();
  }

  function update(now, name) {
    item = now;
    button.hidden = !item.attempt;
    button.setAttribute("aria-label", texts.outputOf(name));
    pre.setAttribute("aria-label", texts.outputOf(name));
    fitAttempts(select, item.attempt);
  }

  button.addEventListener("click", toggle);
  select.addEventListener("change", refresh);
  return update;
}

/** Reads again what is open and may have grown. */
export const refreshOutputs = () => Promise.all([...opened].map((refresh) => refresh()));

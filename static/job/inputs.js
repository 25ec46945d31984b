/* What an item was given: to look at and to download. */

import { fileList } from "/static/files/file-list.js";
import { find, make } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/job.js";

const section = find("[data-input-section]");
let drawn = "";

function filesOf({ filename, size, url }) {
  const { list, area } = fileList([{ name: filename, size, url }], { opensAlone: false });
  return make("div", { className: "output" }, list, area);
}

/** The input of the only item has a place of its own. */
export function drawInput(job, items) {
  const input = job.total_items === 1 ? items[0]?.input : null;
  section.hidden = !input;
  const text = stringify(input ?? null);
  if (text === drawn) return;
  drawn = text;
  find("[data-input]").replaceChildren(...(input ? [filesOf(input)] : []));
}

/** A button of a row that opens a row below with the input of its item; `update(item, name, isOnly)`. */
export function addInput(row) {
  const button = find("[data-input-button]", row);
  const panel = make("tr", { className: "item-output", role: "row", "data-item-input": "" });
  const cell = make("td", { colSpan: row.children.length, role: "cell" });
  panel.append(cell);
  let input = null;

  button.addEventListener("click", () => {
    const open = !panel.isConnected;
    button.setAttribute("aria-expanded", String(open));
    if (!open) return panel.remove();
    if (!cell.children.length) cell.append(filesOf(input));
    return row.after(panel);
  });

  return (item, name, isOnly) => {
    input = item.input;
    button.hidden = !input || isOnly;
    button.setAttribute("aria-label", texts.inputOf(name));
    if (!input) panel.remove();
  };
}

/* Fills the form from an earlier job: its type, parameters, steps and input. Its files stay where they are. */

import { addFiles } from "/static/form/file-list.js";
import { hasForm, inputForm, typeForm } from "/static/form/gather.js";
import { fillOptions } from "/static/form/more-options.js";
import { begunWith } from "/static/form/params-form.js";
import { fillText } from "/static/form/text-input.js";
import { chosenType, chooseType, takesFiles } from "/static/form/type-chooser.js";
import { drawSummary } from "/static/new/summary.js";
import { tell } from "/static/shared/announce.js";
import { getInput, getItems, getJob } from "/static/shared/api.js";
import { find } from "/static/shared/dom.js";
import { parse } from "/static/shared/json.js";
import { texts } from "/static/texts/new.js";

/* Each is a request. */
const MOST_TEXTS = 100;

async function itemsOf(id, numbers) {
  const items = [];
  let cursor = null;
  do {
    const page = await getItems(id, cursor);
    items.push(...page.items.filter((item) => !item.step && (!numbers || numbers.has(item.index))));
    cursor = page.next;
  } while (cursor);
  return items;
}

/* What the server keeps of an upload stands for it in the list of files. */
function keptOf(type, id, items) {
  const there = items.filter((item) => item.input || type.input === "files");
  if (there.length < items.length) tell(texts.filesDeleted, { isProblem: true });
  return there.map((item) => ({ name: item.filename, size: item.input?.size ?? 0, lastModified: 0, kept: id, index: item.index }));
}

/* The texts or data of items, as many as the form holds; it says when these are not all. */
async function contentsOf(type, id, items) {
  const most = hasForm(type) ? 1 : MOST_TEXTS;
  const there = items.filter((item) => item.input).slice(0, most);
  if (there.length < items.length) tell(texts.notAllInputs(there.length, items.length, most), { isProblem: true });
  const files = await Promise.all(there.map((item) => getInput(id, item)));
  return Promise.all(files.map((file) => file.text()));
}

async function fillInput(type, id, items) {
  if (takesFiles(type)) return addFiles(keptOf(type, id, items));
  if (type.input === "none") return undefined;
  if (type.input === "url") return fillText("url", items.map((item) => ({ url: item.filename })));
  const contents = await contentsOf(type, id, items);
  if (type.input === "text") return fillText("text", contents.map((text) => ({ text })));
  const given = contents.map(parse);
  if (!hasForm(type)) return fillText("data", given.map((json) => ({ json })));
  const [{ schema }] = type.inputs;
  return inputForm.draw(type.type, begunWith(schema, given[0]));
}

async function fill(id, numbers) {
  const { job } = await getJob(id);
  chooseType(job.type);
  const type = chosenType();
  if (!type) return tell(texts.typeMissing(job.type), { isProblem: true });
  typeForm.draw(type.type, begunWith(type.params, job.params));
  const { then, priority, webhook_url: webhook } = job;
  fillOptions({ then, ...(priority ? { priority } : {}), ...(webhook ? { webhook_url: webhook } : {}) });
  find("[data-more-options]").open = then.length > 0;
  await fillInput(type, id, await itemsOf(id, numbers));
  drawSummary();
  return find("[data-submit]").focus();
}

/** Takes the job that the address names, or the upload of one, once the types are known. */
export async function fillFromAddress() {
  const query = new URLSearchParams(location.search);
  const upload = query.get("upload");
  if (upload) {
    history.replaceState(null, "", "/");
    window.dispatchEvent(new CustomEvent("bellhop:back", { detail: upload, cancelable: true }));
  }
  const id = query.get("again");
  if (!id) return;
  history.replaceState(null, "", "/");
  try {
    await fill(id, query.has("items") ? new Set(query.get("items").split(",").map(Number)) : null);
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
}

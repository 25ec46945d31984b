/* Fills the form from an earlier job: its type, parameters, steps and input. Its files stay where they are. */

import { addFiles } from "/static/form/file-list.js";
import { hasForm } from "/static/form/gather.js";
import { takesFiles } from "/static/form/type-chooser.js";
import { fillForm, fillItems } from "/static/new/fill.js";
import { drawSummary } from "/static/new/summary.js";
import { at } from "/static/shared/address.js";
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
  if (type.input === "url") return fillItems(type, items.map((item) => ({ url: item.filename })));
  const contents = await contentsOf(type, id, items);
  return fillItems(type, contents.map((text) => (type.input === "text" ? { text } : { json: parse(text) })));
}

async function fill(id, numbers) {
  const { job } = await getJob(id);
  const { then, priority, webhook_url: webhook } = job;
  const options = { then, ...(priority ? { priority } : {}), ...(webhook ? { webhook_url: webhook } : {}) };
  const type = fillForm({ type: job.type, params: job.params, options });
  if (!type) return tell(texts.typeMissing(job.type), { isProblem: true });
  await fillInput(type, id, await itemsOf(id, numbers));
  drawSummary();
  return find("[data-submit]").focus();
}

/** Takes the job that the address names, or the upload of one, once the types are known. */
export async function fillFromAddress() {
  const query = new URLSearchParams(location.search);
  const upload = query.get("upload");
  if (upload) {
    history.replaceState(null, "", at("/"));
    window.dispatchEvent(new CustomEvent("bellhop:back", { detail: upload, cancelable: true }));
  }
  const id = query.get("again");
  if (!id) return;
  history.replaceState(null, "", at("/"));
  try {
    await fill(id, query.has("items") ? new Set(query.get("items").split(",").map(Number)) : null);
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
}

/* What shows the data of an item, or of its error: the viewer its type names, else a tree that can be read.

   The viewer NAME is /static/views/NAME.js and NAME.css. The module exports
   view(data, { job, item, fileUrl }) and returns a node; `fileUrl(name)` is the address of an
   output file. viewError(data, { job, item }) shows the data of an error, if there is such a
   function. Data is the user's: it becomes text and attributes, never HTML. */

import { tree } from "/static/files/data-tree.js";
import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/job.js";

const names = new Map();
const modules = new Map();

/** The types as /api/v1/types lists them. */
export function registerViewers(types) {
  for (const { type, viewer } of types) if (/^[a-z0-9_-]+$/.test(viewer ?? "")) names.set(type, viewer);
}

function load(name) {
  if (!modules.has(name)) {
    document.head.append(make("link", { rel: "stylesheet", href: `/static/views/${name}.css` }));
    modules.set(name, import(`/static/views/${name}.js`));
  }
  return modules.get(name);
}

async function draw(box, name, data, about) {
  try {
    const viewer = await load(name);
    const view = about.item.status === "failed" ? viewer.viewError ?? tree : viewer.view;
    const raw = make("details", { className: "raw" }, make("summary", {}, texts.allData));
    raw.addEventListener("toggle", () => raw.open && raw.children.length === 1 && raw.append(tree(data)));
    box.replaceChildren(view(data, about), raw);
  } catch (error) {
    console.error(error);
    box.replaceChildren(tree(data));
  }
}

/** Whether a type shows its result in its own way. */
export const hasViewer = (type) => names.has(type);

/** A node that shows `data` of `about.item`. */
export function viewOf(data, about) {
  const name = names.get(about.item.type);
  const box = make("div", { className: "view", "data-view": name ?? "tree" });
  if (name) draw(box, name, data, about);
  else box.append(tree(data));
  return box;
}

/* The output files of an item: each as a download, and those that people look at with a button that
   shows the file below the result. */

import { kindOf } from "/static/files/kinds.js";
import { NotShown } from "/static/files/not-shown.js";
import { NoAnswer, Problem } from "/static/shared/api.js";
import { make } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";
import { texts } from "/static/texts/files.js";

const OPEN_AT_ONCE = 3;
const opened = new Set();
let panels = 0;

function styled() {
  const href = "/static/files/files.css";
  if (document.head.querySelector(`link[href="${href}"]`)) return;
  document.head.append(make("link", { rel: "stylesheet", href }));
}

function wordsOf(error) {
  if (error instanceof NotShown || error instanceof Problem || error instanceof NoAnswer) return error.message;
  console.warn(error);
  return texts.mayBeDamaged;
}

const downloadLink = (file, ...content) => make("a", { href: file.url, download: file.name.split("/").at(-1) }, ...content);

function notShown(file, words) {
  return make("p", { className: "file-problem", role: "status" }, `${words} `, downloadLink(file, texts.download));
}

async function fill(box, file, kind) {
  try {
    if (file.size === 0) throw new NotShown(texts.empty);
    const { show } = await kind.load();
    box.replaceChildren(await show(file));
  } catch (error) {
    box.replaceChildren(notShown(file, wordsOf(error)));
  }
  box.removeAttribute("aria-busy");
}

function panelOf(file, kind, onClose) {
  const id = `file-${(panels += 1)}`;
  const close = make("button", { type: "button", className: "button small", "aria-label": texts.hideFile(file.name) }, texts.hide);
  close.addEventListener("click", onClose);
  const box = make("div", { className: "file-content", "aria-busy": "true" }, make("p", { className: "quiet" }, texts.loading));
  const title = make("h4", { id: `${id}-title`, dir: "auto", tabIndex: -1 }, file.name);
  fill(box, file, kind);
  return make("section", { id, className: "file-panel", "aria-labelledby": title.id, "data-file": file.name },
    make("div", { className: "file-head" }, title, make("span", { className: "quiet" }, bytes(file.size)), close), box);
}

/* Panels stand in the order of the files, however they are opened. */
function place(area, panel, number) {
  panel.dataset.place = number;
  area.insertBefore(panel, [...area.children].find((other) => Number(other.dataset.place) > number) ?? null);
}

function toggle(file, kind, area, number) {
  const button = make("button", { type: "button", className: "button small", "aria-expanded": "false", "data-show": file.name });
  let panel = null;
  const draw = () => {
    button.textContent = panel ? texts.hide : texts.show;
    button.setAttribute("aria-label", texts.showFile(button.textContent, file.name, bytes(file.size)));
    button.setAttribute("aria-expanded", String(panel !== null));
    if (panel) button.setAttribute("aria-controls", panel.id);
    else button.removeAttribute("aria-controls");
  };
  const close = () => {
    panel.remove();
    panel = null;
    draw();
    button.focus();
  };
  const open = () => {
    panel = panelOf(file, kind, close);
    place(area, panel, number);
    draw();
  };
  button.addEventListener("click", () => {
    if (panel) return close();
    open();
    panel.scrollIntoView({ block: "nearest" });
    return panel.querySelector("h4").focus({ preventScroll: true });
  });
  draw();
  return { button, open };
}

function entry(file, area, number, opensAlone) {
  const link = downloadLink(file, make("span", { className: "download-name", dir: "auto" }, file.name),
    make("span", { className: "download-size" }, bytes(file.size)));
  link.className = "download";
  link.dataset.download = file.name;
  const kind = kindOf(file.name);
  if (!kind) return make("li", {}, link);
  const { button, open } = toggle(file, kind, area, number);
  if (opensAlone && file.size <= kind.opens && (opened.has(file.url) || opened.size < OPEN_AT_ONCE)) {
    opened.add(file.url);
    open();
  }
  return make("li", { className: "file-entry" }, link, button);
}

/** The list of `files`, [{name, size, url}], and the area below the result where they are shown.
    With `opensAlone` the first small ones on the page are shown at once. */
export function fileList(files, { opensAlone }) {
  styled();
  const area = make("div", { className: "file-panels" });
  const urlOf = (name) => files.find((file) => file.name === name)?.url ?? null;
  const nodes = files.map(({ name, size, url }, number) => {
    const view = new URL(url, location.href);
    view.searchParams.set("view", "1");
    return entry({ name, size, url, viewUrl: view.href, urlOf }, area, number, opensAlone);
  });
  return { list: make("ul", { className: "downloads", "aria-label": texts.files }, ...nodes), area };
}

/* The row of one entry: how far it is, and what can be done with it. */

import { at } from "/static/shared/address.js";
import { find, make, setData, setText, showText, visible } from "/static/shared/dom.js";
import { fullName } from "/static/form/dropped-files.js";
import { texts } from "/static/texts/uploads.js";

const FILES_SHOWN = 4;

export const totalOf = ({ files }) => files.reduce((sum, { size }) => sum + size, 0);
/** Seconds that an upload still takes, null when nobody knows. */
export const secondsLeft = (view) => (view.rate ? (totalOf(view) - view.sent) / view.rate : null);
export const isActive = (view) => !view.accepted && !view.problem;

const percent = (sent, total) => (total ? Math.floor((100 * sent) / total) : 100);
const missingOf = ({ files }) => files.filter(({ missing }) => missing);

function textOf(view) {
  const progress = { sent: view.sent, total: totalOf(view) };
  if (view.accepted) return "";
  if (view.problem) return view.problem.message || texts.missing(missingOf(view).map(({ path }) => path));
  if (view.paused) return texts.paused(progress);
  if (view.isWaiting) return texts.waiting(progress);
  if (view.isSaving) return texts.saving;
  return view.sent ? texts.progress(progress, view.rate, secondsLeft(view)) : texts.starting;
}

/* Which buttons fit. */
const FITS = {
  pause: (view) => isActive(view) && !view.paused && !view.isSaving,
  goOn: (view) => isActive(view) && view.paused,
  choose: ({ problem }) => problem?.kind === "files",
  again: ({ problem }) => problem?.kind === "failed",
  back: ({ problem }) => Boolean(problem),
  stop: isActive,
  discard: ({ problem }) => Boolean(problem),
  close: ({ accepted }) => Boolean(accepted),
};

/* Of the chosen files those that are missing, by their paths. */
function found(view, chosen) {
  const missing = missingOf(view);
  const only = (name) => missing.filter((item) => item.name === name).length === 1;
  const fits = ({ path, name }) => chosen.find((file) => fullName(file) === path) ?? (only(name) && chosen.find((file) => file.name === name));
  return Object.fromEntries(missing.map((item) => [item.path, fits(item)]).filter(([, file]) => file));
}

function chooser(choose) {
  const input = make("input", { type: "file", multiple: true, className: "visually-hidden" });
  input.addEventListener("change", () => {
    choose([...input.files]);
    input.value = "";
  });
  return make("label", { className: "button small", "data-act": "choose" }, texts.actions.choose, input);
}

function fileLine({ path, size, sent }) {
  const bar = make("progress", { max: 100, value: percent(sent, size), "aria-label": texts.progressOf(path) });
  return make("li", {}, make("span", { className: "tray-file", dir: "auto" }, path), bar);
}

function drawFiles(list, { files, accepted }) {
  const left = accepted || files.length === 1 ? [] : files.filter(({ sent, size, url }) => !url || sent < size);
  const more = left.length - FILES_SHOWN;
  list.replaceChildren(...left.slice(0, FILES_SHOWN).map(fileLine), ...(more > 0 ? [make("li", {}, texts.moreFiles(more))] : []));
  list.hidden = !left.length;
}

/** {node, draw(view)}; `act(kind, view, given)` does what a button says. */
export function trayRow(act) {
  let view = null;
  const wrong = make("p", { className: "tray-wrong", role: "status", hidden: true });
  const name = make("span", { className: "tray-name", dir: "auto" });
  const link = make("a", { className: "tray-name", dir: "auto", hidden: true });
  const text = make("p", { className: "tray-text", "data-tray-text": "" });
  const bar = make("progress", { max: 100, value: 0 });
  const files = make("ul", { className: "tray-files" });

  function choose(chosen) {
    const given = found(view, chosen);
    const left = missingOf(view).map(({ path }) => path).filter((path) => !given[path]);
    showText(wrong, left.length ? texts.otherFiles(left) : "");
    act("choose", view, given);
  }

  function button(kind) {
    if (kind === "choose") return chooser(choose);
    const node = make("button", { type: "button", className: "button small", "data-act": kind }, texts.actions[kind]);
    node.addEventListener("click", () => act(kind, view));
    return node;
  }
  const buttons = make("div", { className: "tray-buttons" }, ...Object.keys(FITS).map(button));
  const node = make("li", { className: "tray-row" }, make("div", { className: "tray-head" }, name, link, buttons), bar, text, wrong, files);

  function drawButtons() {
    const focused = buttons.contains(document.activeElement) && document.activeElement.closest("[data-act]");
    for (const each of buttons.children) {
      each.hidden = !FITS[each.dataset.act](view);
      const control = find("input", each) ?? each;
      control.setAttribute("aria-label", texts.of(texts.actions[each.dataset.act], view.name));
    }
    if (focused?.hidden) find(":scope > :not([hidden])", buttons).focus();
  }

  return {
    node,
    draw(given) {
      view = given;
      setData(node, "entry", view.id);
      setData(node, "state", view.accepted ? "submitted" : view.problem ? view.problem.kind : view.paused ? "paused" : "active");
      name.title = visible(view.name);
      showText(name, view.accepted ? "" : view.name);
      showText(link, view.accepted ? texts.submitted(view.accepted.name) : "");
      link.href = at(view.accepted ? `/jobs/${view.accepted.job_id}` : "/jobs");
      showText(text, textOf(view));
      bar.hidden = Boolean(view.accepted);
      bar.value = percent(view.sent, totalOf(view));
      bar.setAttribute("aria-label", texts.progressOf(view.name));
      drawFiles(files, view);
      drawButtons();
    },
  };
}

/* The panel at the lower end of a page: a line when it is folded, a row for each entry when it is open. */

import { own } from "/static/shared/address.js";
import { find, make, setText } from "/static/shared/dom.js";
import { isActive, secondsLeft, totalOf, trayRow } from "/static/uploads/tray-row.js";
import { texts } from "/static/texts/uploads.js";

const FOLDED = own("bellhop.tray-folded");
const NARROW = "(max-width: 60rem)";
const rows = new Map();
let panel = null;

/* As it was left; where it is as wide as the page it begins as a line. */
function isFolded() {
  try {
    return (localStorage.getItem(FOLDED) ?? String(matchMedia(NARROW).matches)) === "true";
  } catch {
    return matchMedia(NARROW).matches;
  }
}

function noteFolded(on) {
  try {
    localStorage.setItem(FOLDED, String(on));
  } catch {
    /* Then each page begins anew. */
  }
}

/* What the page ends with stays above it, without a gap. */
const makeRoom = () => document.documentElement.style.setProperty("--tray", `${Math.floor(panel.node.getBoundingClientRect().height)}px`);

function makePanel() {
  const list = make("ul", { className: "tray-rows" });
  const line = make("span", { "data-tray-line": "" });
  const fold = make("details", { open: !isFolded() }, make("summary", {}, line), list);
  const node = make("section", { className: "tray", "aria-label": texts.tray, "data-tray": "", hidden: true }, fold);
  fold.addEventListener("toggle", () => noteFolded(!fold.open));
  /* Until its style is there, it would stand in the page. */
  const style = make("link", { rel: "stylesheet", href: "/static/uploads/tray.css" });
  style.addEventListener("load", () => document.body.append(node));
  document.head.append(style);
  new ResizeObserver(makeRoom).observe(node);
  return { node, list, line, summary: find("summary", fold) };
}

/* Together they are as fast as each of them; who is done first leaves room for the others. */
function lineOf(views) {
  const active = views.filter(isActive);
  const sum = (count) => active.reduce((total, view) => total + count(view), 0);
  const progress = { sent: sum(({ sent }) => sent), total: sum(totalOf) };
  const rate = sum((view) => view.rate ?? 0);
  const left = rate && active.every((view) => secondsLeft(view) !== null) ? (progress.total - progress.sent) / rate : null;
  const failed = views.filter(({ problem }) => problem).length;
  const submitted = views.filter(({ accepted }) => accepted).length;
  return texts.several([
    ...(active.length ? [texts.uploading(active.length, progress, left)] : []),
    ...(failed ? [texts.failed(failed)] : []),
    ...(submitted ? [texts.submittedCount(submitted)] : []),
  ]);
}

function drawRows(views, act) {
  const ids = new Set(views.map(({ id }) => id));
  let lost = false;
  for (const [id, row] of rows) {
    if (ids.has(id)) continue;
    lost ||= row.node.contains(document.activeElement);
    row.node.remove();
    rows.delete(id);
  }
  views.forEach((view, place) => {
    if (!rows.has(view.id)) rows.set(view.id, trayRow(act));
    const row = rows.get(view.id);
    if (panel.list.children[place] !== row.node) panel.list.insertBefore(row.node, panel.list.children[place] ?? null);
    row.draw(view);
  });
  return lost;
}

function leaveFocus() {
  if (!panel.node.hidden) return panel.summary.focus();
  const main = find("main");
  main.tabIndex = -1;
  return main.focus({ preventScroll: true });
}

/** Draws the entries, in their order; without any it is not there. */
export function drawTray(views, act) {
  if (!views.length && !panel) return;
  panel ??= makePanel();
  const hadFocus = panel.node.contains(document.activeElement);
  const lost = drawRows(views, act);
  setText(panel.line, lineOf(views));
  panel.node.hidden = !views.length;
  makeRoom();
  if (lost || (hadFocus && panel.node.hidden)) leaveFocus();
}

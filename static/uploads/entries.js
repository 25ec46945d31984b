/* The entries of the tray: those that this page sends, and what other pages tell of theirs. */

import { announce, tell } from "/static/shared/announce.js";
import { deleteUpload, getAccount } from "/static/shared/api.js";
import { noteUploads } from "/static/shared/tray.js";
import { isThere, PAGE, tellPages } from "/static/uploads/pages.js";
import { Run } from "/static/uploads/run.js";
import * as store from "/static/uploads/store.js";
import { texts } from "/static/texts/uploads.js";

const DRAW_MS = 250;
const KEEP_MS = 1000;
/* What ends sooner is not worth a tray. */
const QUIET_MS = 600;
const SUBMITTED_MS = 15_000;
const FORGOTTEN_MS = 7 * 24 * 3600 * 1000;
const runs = new Map();
const others = new Map();
const shown = new Set();
let owner = null;
let drawing = null;
let draw = () => {};

const isMine = ({ entry }) => entry.owner === owner;
const ownViews = () => [...runs.values()].filter(isMine).map((run) => run.view());
const otherViews = () => [...others.values()].flat().filter((view) => view.owner === owner && !runs.has(view.id));
/** All that belong to whoever is logged in, as `Run.view` gives them. */
export const views = () => [...ownViews(), ...otherViews()].sort((a, b) => a.at - b.at);
export const runOf = (id) => runs.get(id) ?? null;
export const ownerName = () => owner;

/* Those that take longer than a moment. */
function shownViews() {
  const found = views();
  for (const view of found) if (view.problem || Date.now() - view.at > QUIET_MS) shown.add(view.id);
  return found.filter(({ id }) => shown.has(id));
}

/** Soon draws what there is, here and on the other pages. */
export function changed() {
  drawing ??= setTimeout(() => {
    drawing = null;
    tellPages("views", { page: PAGE, views: ownViews() });
    draw(shownViews());
  }, DRAW_MS);
}

/** `act(views)` draws them from now on. */
export function drawBy(act) {
  draw = act;
  setInterval(() => runs.size && changed(), KEEP_MS);
}

export function noteOthers(page, told) {
  if (told) others.set(page, told);
  else others.delete(page);
  changed();
}

/* Keeps how far an entry is, now and then, or at once; another page may have taken it over meanwhile. */
function keeperOf(entry) {
  let timer = null;
  let keptAt = -Infinity;
  async function keep() {
    clearTimeout(timer);
    timer = null;
    keptAt = performance.now();
    if (!(await store.saveEntry(entry, PAGE))) drop(entry.id);
  }
  return ({ atOnce = false } = {}) => {
    if (atOnce) keep();
    else timer ??= setTimeout(keep, Math.max(0, keptAt + KEEP_MS - performance.now()));
  };
}

/** Stops to send an entry, which stays as it is. */
export function drop(id) {
  runs.get(id)?.stop();
  runs.delete(id);
  shown.delete(id);
  changed();
}

/** Leaves an entry to another page, if that can have it. */
export function release(id) {
  if (!runs.get(id)?.entry.hasSecret) drop(id);
}

/** Sends an entry from here; `files` are those that the form gave, by number. */
export function begin(entry, files = new Map()) {
  const keep = keeperOf(entry);
  const failed = () => {
    keep({ atOnce: true });
    changed();
    tellFailed(entry);
  };
  runs.set(entry.id, new Run(entry, files, { changed, keep, failed, elsewhere, accepted: (job) => accepted(entry, job) }));
  changed();
  setTimeout(() => runs.has(entry.id) && files.size && !entry.accepted && announce(texts.begun(entry.name)), QUIET_MS);
}

/** Keeps a new entry unless it has a secret, and sends it. */
export async function add(entry, files) {
  begin(entry, files);
  if (!entry.hasSecret) await store.addEntry(entry, PAGE);
  noteUploads(true);
}

function accepted({ id }, job) {
  store.removeEntry(id);
  window.dispatchEvent(new CustomEvent("bellhop:submitted", { detail: { id, job } }));
  if (!shown.has(id)) {
    tell(texts.submitted(job.name));
    return drop(id);
  }
  announce(texts.submitted(job.name));
  setTimeout(drop, SUBMITTED_MS, id);
  return changed();
}

function tellFailed({ id, name, problem, files }) {
  const event = new CustomEvent("bellhop:refused", { detail: id, cancelable: true });
  if (problem.kind === "refused" && !window.dispatchEvent(event)) return;
  const message = problem.message || texts.missing(files.filter(({ missing }) => missing).map(({ path }) => path));
  announce(texts.stoppedBy(name, message));
}

/* Nobody is logged in, or somebody else: their uploads wait until they are. */
function elsewhere() {
  if (owner) tell(texts.elsewhere(owner), { isProblem: true });
  owner = null;
  for (const run of runs.values()) run.stop();
  changed();
}

/** Finds out who is logged in. */
export async function findOwner() {
  if (owner) return;
  const { name } = await getAccount();
  owner = name;
  for (const run of runs.values()) if (isMine(run)) run.resume();
}

/* What no page sends any more, this one does. */
async function takeOver({ id }) {
  const holder = await store.holderOf(id);
  if (holder && holder !== PAGE && (await isThere(holder))) return;
  others.delete(holder);
  const entry = await store.claimEntry(id, PAGE, holder);
  if (entry && !runs.has(id)) begin(entry);
}

/** Looks for entries that are left over. */
export async function scan() {
  await findOwner();
  const kept = await store.keptEntries();
  if (!kept) return;
  const old = kept.filter(({ at }) => Date.now() - at > FORGOTTEN_MS);
  await Promise.all(old.map(({ id }) => store.removeEntry(id)));
  const free = kept.filter((entry) => entry.owner === owner && !runs.has(entry.id) && !old.includes(entry));
  await Promise.all(free.map(takeOver));
  if (!kept.length && !runs.size && !others.size) noteUploads(false);
  changed();
}

/** Takes an entry from whatever page sends it; null if there is none. */
export async function claim(id) {
  if (!runs.has(id)) await scan();
  if (!runs.has(id)) {
    tellPages("release", id);
    const entry = await store.claimEntry(id, PAGE, await store.holderOf(id));
    if (entry) begin(entry);
  }
  return runOf(id);
}

/** Ends an entry; what has arrived of it goes, unless the form has it. */
export async function end(id, { isInForm = false } = {}) {
  const { entry } = runs.get(id);
  drop(id);
  await store.removeEntry(id);
  if (isInForm || entry.accepted) return;
  /* What cannot be deleted now, Bellhop deletes after a day. */
  await Promise.allSettled(entry.files.filter(({ url }) => url).map(({ url }) => deleteUpload(url)));
}

/** Ends all that this page sends of an account. */
export const endAll = (whose) =>
  Promise.all([...runs.values()].filter(({ entry }) => entry.owner === whose).map(({ entry }) => end(entry.id)));

/** Whether leaving the page would lose a file, also one of somebody who is not logged in any more. */
export const isLosing = () => [...runs.values()].some((run) => run.isLosing());

/** The page is left. */
export function leave() {
  for (const run of runs.values()) {
    run.stop();
    store.saveEntry(run.entry, PAGE);
  }
}

/** The browser shows the page once more as it was left: others may have sent or stopped what it has. */
export async function returned() {
  const kept = await store.keptEntries();
  const isKept = (id) => !kept || kept.some((entry) => entry.id === id);
  for (const [id, run] of runs) {
    if (isKept(id) && (await store.saveEntry(run.entry, PAGE))) run.resume();
    else drop(id);
  }
}

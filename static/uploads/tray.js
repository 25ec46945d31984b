/* The tray of uploads, on every page: an entry is a job whose files are on their way. One page sends it, and all show how far it is. */

import { at } from "/static/shared/address.js";
import { freshKey, NoAnswer, Problem } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { fullName } from "/static/form/dropped-files.js";
import * as entries from "/static/uploads/entries.js";
import { uploadOf } from "/static/uploads/known-uploads.js";
import { listen, tellPages } from "/static/uploads/pages.js";
import { drawTray } from "/static/uploads/tray-panel.js";
import { texts } from "/static/texts/uploads.js";

const SCAN_MS = 3000;

/* What the buttons of a row do, on the page that sends the entry. */
const ACTIONS = {
  pause: (run) => run.pause(true),
  goOn: (run) => run.pause(false),
  again: (run) => run.go(),
  choose: (run, chosen) => run.choose(chosen),
  stop: ({ entry }) => entries.end(entry.id),
  discard: ({ entry }) => entries.end(entry.id),
  close: ({ entry }) => entries.end(entry.id),
};

/* What may be lost is asked for first. */
const QUESTIONS = {
  stop: ({ name, isSaving }) => ({
    title: texts.stopTitle, text: isSaving ? texts.stopSaved(name) : texts.stopText(name), yes: texts.stopYes, no: texts.stopNo,
  }),
  discard: ({ name }) => ({ title: texts.discardTitle, text: texts.stopText(name), yes: texts.discardYes, no: texts.discardNo }),
};

/* The page New takes the event; another one leads there. */
function backToForm(id) {
  const event = new CustomEvent("bellhop:back", { detail: id, cancelable: true });
  if (window.dispatchEvent(event)) location.assign(at(`/?upload=${id}`));
}

function perform({ kind, id, given }) {
  const run = entries.runOf(id);
  if (run) ACTIONS[kind](run, given);
  return Boolean(run);
}

async function act(kind, view, given) {
  if (kind === "back") return backToForm(view.id);
  if (QUESTIONS[kind] && !(await confirmed(QUESTIONS[kind](view)))) return undefined;
  const wanted = { kind, id: view.id, given };
  return perform(wanted) || tellPages("act", wanted);
}

/** Sends a job, which only this page has if it has a secret: `files` are {name, file} with the name of their input, none for the first, and `kept` those of an earlier job; the id of its entry. */
export async function addEntry({ type, params, options, hasSecret }, files, kept) {
  await entries.findOwner();
  const id = freshKey();
  const told = files.map(({ name: input, file }) => {
    const { name, size, lastModified } = file;
    return { input, name, path: fullName(file), size, lastModified, url: uploadOf(file), sent: 0 };
  });
  const entry = {
    id, kept, owner: entries.ownerName(), at: Date.now(), key: freshKey(), paused: false, problem: null, accepted: null,
    name: texts.nameOf(told[0].path, told.length + kept.length - 1),
    job: { type: type.type, params, options }, hasSecret,
    files: told,
  };
  entries.add(entry, new Map(files.map(({ file }, number) => [number, file])));
  return id;
}

/** Takes an entry back for the form: {entry, files}, files that cannot be read are null; null if it is gone. */
export async function takeBack(id) {
  const run = await entries.claim(id);
  if (!run) return null;
  run.stop();
  const files = await run.files();
  await entries.end(id, { isInForm: true });
  return { entry: run.entry, files };
}

/** Whether somebody logs out although that ends their uploads. */
export async function mayLogOut() {
  await entries.scan();
  const unfinished = entries.views().filter(({ accepted }) => !accepted);
  if (!unfinished.length) return true;
  const question = { title: texts.logOutTitle, text: texts.logOutText(unfinished.length), yes: texts.logOutYes, no: texts.logOutNo };
  if (!(await confirmed(question))) return false;
  tellPages("end", entries.ownerName());
  await entries.endAll(entries.ownerName());
  return true;
}

/* Without an answer, the next look may have one. */
async function look() {
  try {
    await entries.scan();
  } catch (error) {
    if (!(error instanceof Problem || error instanceof NoAnswer)) throw error;
  }
}

listen(
  {
    views: ({ page, views }) => entries.noteOthers(page, views),
    left(page) {
      entries.noteOthers(page, null);
      look();
    },
    ask: entries.changed,
    act: perform,
    release: entries.release,
    end: entries.endAll,
  },
  { left: entries.leave, back: () => entries.returned().then(look) },
);
/* The browser asks before a page is left that has a file which nothing else has. */
window.addEventListener("beforeunload", (event) => {
  if (entries.isLosing()) event.preventDefault();
});
entries.drawBy((views) => drawTray(views, act));
setInterval(look, SCAN_MS);
look();

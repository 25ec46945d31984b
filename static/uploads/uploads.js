/* Sends files in parts, each from where the server has it: after a lost connection, a restart, a reload. */

import { beginUpload, NoAnswer, sendPart, uploadOffset } from "/static/shared/api.js";
import { wasSent } from "/static/uploads/known-uploads.js";
import { inTurn } from "/static/uploads/turns.js";

const PART_BYTES = 8 * 1024 * 1024;
const AT_ONCE = 3;
const WAIT_MS = 500;
const LONGEST_WAIT_MS = 4000;
/* A whole file is read to know its content: not of one that no phone has the memory for. */
const MOST_READ_BYTES = 1024 ** 3;

const isStopped = (error) => error.name === "AbortError";
/* Nobody answered, another request was first, or the server says to come back. */
const PASSING = [409, 423, 429, 460, 502, 503, 504];
const isPassing = (error) => error instanceof NoAnswer || (PASSING.includes(error.status) && error.code !== "too-many-jobs");
const isGone = (error) => error.status === 404 || error.status === 410;

const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });

/** What `act` gives, tried again while it may yet succeed; `onWait(true)` says that it has to wait. */
export async function lasting(act, { signal, onWait }) {
  for (let wait = WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      signal.throwIfAborted();
      const found = await act();
      onWait(false);
      return found;
    } catch (error) {
      if (isStopped(error) || !isPassing(error)) throw error;
    }
    onWait(true);
    await pause(wait, signal);
  }
}

/** Forgets the upload of an item if the server has it no longer; whether it had one until now. */
export async function forgetGone(item, control) {
  if (!item.url) return false;
  try {
    item.sent = await lasting(() => uploadOffset(item.url), control);
    return false;
  } catch (error) {
    if (!isGone(error)) throw error;
    /* For everybody but its owner, it is not there. */
    await lasting(() => control.checkOwner(0), control);
    Object.assign(item, { url: null, sent: 0 });
    return true;
  }
}

/* The SHA-256 of a file, where it may be one that was sent before; browsers have it on secure pages only. */
async function contentOf(file) {
  if (!wasSent(file) || file.size > MOST_READ_BYTES || !crypto.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/* Begins the upload of an item; whole at once where the server has the file. */
async function begin(item, control) {
  const sha256 = await contentOf(await control.fileOf(item));
  const { url, offset } = await lasting(async () => {
    await control.checkOwner();
    return beginUpload({ name: item.name, path: item.path, size: item.size, sha256 });
  }, control);
  Object.assign(item, { url, sent: offset });
  control.onSent();
}

async function sendNextPart(item, control) {
  const start = item.sent;
  const part = (await control.fileOf(item)).slice(start, start + PART_BYTES);
  const onProgress = (count) => {
    /* What was sent may be refused: a file is there once the server has said so. */
    item.sent = Math.min(start + count, item.size - 1);
    control.onSent();
  };
  item.sent = await sendPart(item.url, start, part, { signal: control.partSignal(), onProgress });
  control.onWait(false);
  control.onSent();
}

/* Waits until a part may be sent once more, if that may help. */
async function recover(error, control) {
  if (control.signal.aborted || !(isPassing(error) || isStopped(error) || isGone(error))) throw error;
  if (isPassing(error)) {
    control.onWait(true);
    await pause(WAIT_MS, control.signal);
  }
  await control.running();
}

async function sendFile(item, control) {
  await control.running();
  await forgetGone(item, control);
  if (!item.url) await begin(item, control);
  while (item.sent < item.size) {
    try {
      await inTurn(() => sendNextPart(item, control));
    } catch (error) {
      await recover(error, control);
      await forgetGone(item, control);
      if (!item.url) await begin(item, control);
    }
  }
}

/** Whether all of an item has arrived. */
export const isSent = (item) => Boolean(item.url) && item.sent === item.size;

/** Uploads `items`, each {name, path, size, url, sent}, the last two of which it keeps true. */
export async function sendFiles(items, control) {
  const left = items.filter((item) => !isSent(item));
  const work = async () => {
    for (let item = left.shift(); item; item = left.shift()) await sendFile(item, control);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, work));
}

/** What steers an upload: `stop()`, `pause()`, `resume()`; `about` has onSent, onWait, fileOf and checkOwner. */
export function uploadControl(about) {
  const stopper = new AbortController();
  let part = new AbortController();
  let waiters = null;
  stopper.signal.addEventListener("abort", () => part.abort());
  return {
    ...about,
    signal: stopper.signal,
    partSignal: () => part.signal,
    running: () => {
      stopper.signal.throwIfAborted();
      return waiters ? new Promise((resolve) => waiters.push(resolve)) : null;
    },
    stop() {
      stopper.abort();
      this.resume();
    },
    pause() {
      waiters ??= [];
      part.abort();
    },
    resume() {
      part = stopper.signal.aborted ? part : new AbortController();
      waiters?.forEach((go) => go());
      waiters = null;
    },
  };
}

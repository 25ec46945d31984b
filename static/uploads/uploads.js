/* Sends files in parts, each from where the server has it: after a lost connection, a restart, a reload. */

import { fullName } from "/static/form/dropped-files.js";
import { forget, remember, remembered, wasSent } from "/static/uploads/known-uploads.js";
import { beginUpload, sendPart, uploadOffset } from "/static/shared/api.js";

const PART_BYTES = 8 * 1024 * 1024;
const AT_ONCE = 3;
const WAIT_MS = 500;
const LONGEST_WAIT_MS = 4000;
/* A whole file is read to know its content: not of one that no phone has the memory for. */
const MOST_READ_BYTES = 1024 ** 3;

const isStopped = (error) => error.name === "AbortError";
/* Nobody answered, another request was first, or the server says to come back. */
const PASSING = [409, 423, 429, 460, 502, 503, 504];
const isPassing = ({ status, code }) => !status || (PASSING.includes(status) && code !== "too-many-jobs");
const isGone = (error) => error.status === 404 || error.status === 410;

const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("Upload stopped", "AbortError"));
    }, { once: true });
  });

/** What `act` gives, tried again while it may yet succeed; `onWait(true)` says that it has to wait. */
export async function lasting(act, { signal, onWait }) {
  for (let wait = WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
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

/* The SHA-256 of a file, where it may be one that was sent before; browsers have it on secure pages only. */
async function contentOf(file) {
  if (!wasSent(file) || file.size > MOST_READ_BYTES || !crypto.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function placeOf(file, control) {
  const url = remembered(file);
  try {
    if (url) return { url, offset: await lasting(() => uploadOffset(url), control) };
  } catch (error) {
    if (!isGone(error)) throw error;
    forget(file);
  }
  const sha256 = await contentOf(file);
  const begun = await lasting(() => beginUpload({ name: file.name, path: fullName(file), size: file.size, sha256 }), control);
  remember(file, begun.url);
  return begun;
}

async function sendFile(file, control) {
  let { url, offset } = await placeOf(file, control);
  control.onSent(file, offset);
  while (offset < file.size) {
    await control.running();
    try {
      const part = file.slice(offset, offset + PART_BYTES);
      offset = await sendPart(url, offset, part, { signal: control.partSignal(), onProgress: (sent) => control.onSent(file, offset + sent) });
      control.onWait(false);
    } catch (error) {
      if (control.signal.aborted || !(isPassing(error) || isStopped(error))) throw error;
      if (!isStopped(error)) {
        control.onWait(true);
        await pause(WAIT_MS, control.signal);
      }
      await control.running();
      offset = await lasting(() => uploadOffset(url), control);
    }
    control.onSent(file, offset);
  }
  return url.split("/").pop();
}

/** The ids of the uploads of `files`, in their order; a few are sent at the same time. */
export async function sendFiles(files, control) {
  const ids = [];
  let next = 0;
  const work = async () => {
    while (next < files.length) {
      const place = next++;
      ids[place] = await sendFile(files[place], control);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, work));
  return ids;
}

/** What steers an upload: `stop()`, `pause()`, `resume()`. */
export function uploadControl({ onSent, onWait }) {
  const stopper = new AbortController();
  let part = new AbortController();
  let waiters = null;
  stopper.signal.addEventListener("abort", () => part.abort());
  return {
    onSent, onWait,
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

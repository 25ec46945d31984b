/* One entry of the tray on its way: its files, then its job. */

import { getAccount, submitUpload } from "/static/shared/api.js";
import { jobForm } from "/static/shared/job-form.js";
import { filesOf, Unreadable } from "/static/uploads/entry-files.js";
import { noteSent, noteUpload } from "/static/uploads/known-uploads.js";
import { startPace } from "/static/uploads/pace.js";
import { forgetGone, isSent, lasting, sendFiles, uploadControl } from "/static/uploads/uploads.js";
import { texts } from "/static/texts/uploads.js";

/* So long an answer about who is logged in is believed. */
const OWNER_MS = 1000;
const IS_UPLOAD = /^upload\b/;
let ownerAt = -Infinity;

/** Nobody is logged in, or somebody else. */
export class OtherAccount extends Error {}

async function checkOwner(owner, within = OWNER_MS) {
  if (Date.now() - ownerAt < within) return;
  if ((await getAccount()).name !== owner) throw new OtherAccount();
  ownerAt = Date.now();
}

function problemOf(error) {
  if (error instanceof Unreadable) return { kind: "files", message: "", fields: [] };
  if (!error.status) console.error(error);
  const isRefused = error.status === 422 || (error.status === 400 && error.fields.length > 0);
  return { kind: isRefused ? "refused" : "failed", message: error.status ? error.message : texts.unknown, fields: error.fields ?? [] };
}

/**
 * Sends `entry`. `hooks` are `changed()` when it looks otherwise, `keep()` when it is to be kept,
 * `accepted(job)`, `failed()`, which leaves `entry.problem`, and `elsewhere()` when its owner is not
 * logged in.
 */
export class Run {
  #files;
  #hooks;
  #control = null;
  #pace = startPace();
  #isWaiting = false;
  #isSaving = false;

  constructor(entry, given, hooks) {
    this.entry = entry;
    this.#files = filesOf(entry, given);
    this.#hooks = hooks;
    this.#control = this.#newControl();
    this.resume();
  }

  /** Goes on, unless somebody has to do something first. */
  resume() {
    if (!this.entry.problem && !this.entry.accepted) this.go();
  }

  /** What the pages draw of it. */
  view() {
    const rate = this.entry.paused ? null : this.#pace.rate();
    const { job, key, ...told } = this.entry;
    return { ...told, isWaiting: this.#isWaiting, isSaving: this.#isSaving, sent: this.#sent(), rate };
  }

  /** Whether leaving the page would lose a file. */
  isLosing() {
    return !this.entry.accepted && this.#files.isLosing();
  }

  stop() {
    this.#control.stop();
  }

  pause(on) {
    this.entry.paused = on;
    this.#pace.restart();
    if (on) this.#control.pause();
    else this.#control.resume();
    this.#hooks.keep({ atOnce: true });
    this.#hooks.changed();
  }

  /** Goes on with files that were chosen again; whether none is missing now. */
  choose(chosen) {
    const isComplete = this.#files.takeMissing(chosen);
    if (isComplete) this.go();
    return isComplete;
  }

  /** Its files for the form, null for one that cannot be read; sent once more, they continue where they are. */
  async files() {
    const found = await this.#files.all();
    found.forEach((file, number) => file && noteUpload(file, this.entry.files[number].url));
    return found;
  }

  async go() {
    this.#control.stop();
    const control = (this.#control = this.#newControl());
    this.entry.problem = null;
    this.#pace.restart();
    this.#hooks.changed();
    try {
      await this.#files.check();
      const job = await this.#untilAccepted(control);
      noteSent(this.entry.files);
      this.entry.accepted = { job_id: job.job_id, name: job.name };
      this.#hooks.accepted(job);
    } catch (error) {
      if (!control.signal.aborted) await this.#failed(error, control);
    }
  }

  #newControl() {
    const control = uploadControl({
      fileOf: (item) => this.#files.of(item),
      checkOwner: (within) => checkOwner(this.entry.owner, within),
      onSent: () => this.#noteSent(),
      onWait: (on) => this.#noteWait(on),
    });
    if (this.entry.paused) control.pause();
    return control;
  }

  async #untilAccepted(control) {
    for (;;) {
      this.#setSaving(false);
      await sendFiles(this.entry.files, control);
      await control.running();
      this.#setSaving(true);
      try {
        return await this.#submit(control);
      } catch (error) {
        if (!(await this.#isAnyMissing(error, control))) throw error;
      }
    }
  }

  /* The uploads belong to the first job that took them: only the same key finds it again. */
  #submit(control) {
    const { job, files, kept, key, owner } = this.entry;
    const uploads = files.map(({ input, url }) => ({ name: input, id: url.split("/").pop() }));
    return lasting(async () => {
      await checkOwner(owner, 0);
      return submitUpload(jobForm({ ...job, uploads, kept }), { key, signal: control.signal });
    }, control);
  }

  /* An upload that no job took within a day is gone, and begins again; one that is not whole goes on. */
  async #isAnyMissing(error, control) {
    if (!error.fields?.some(({ field }) => IS_UPLOAD.test(field))) return false;
    const gone = await Promise.all(this.entry.files.map((item) => forgetGone(item, control)));
    return gone.includes(true) || !this.entry.files.every(isSent);
  }

  async #failed(error, control) {
    control.stop();
    this.#isSaving = this.#isWaiting = false;
    if (error instanceof OtherAccount || error.status === 401) return this.#hooks.elsewhere();
    this.entry.problem = problemOf(error);
    if (this.entry.problem.kind === "files") await this.#files.markMissing();
    return this.#hooks.failed();
  }

  #sent() {
    return this.entry.files.reduce((sum, { sent }) => sum + sent, 0);
  }

  #noteSent() {
    this.#pace.note(this.#sent());
    this.#hooks.keep();
    this.#hooks.changed();
  }

  #noteWait(on) {
    if (on === this.#isWaiting) return;
    this.#isWaiting = on;
    this.#pace.restart();
    this.#hooks.changed();
  }

  #setSaving(on) {
    this.#isSaving = on;
    this.#hooks.changed();
  }
}

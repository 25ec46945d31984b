/* The files of one entry: as the form gave them, or as the browser kept them for later pages. */

import { keepFile, keptFile, keptNumbers } from "/static/uploads/store.js";
import { isSent } from "/static/uploads/uploads.js";

/** The files of an entry are not to be had: they changed since, or the browser did not keep them. */
export class Unreadable extends Error {}

async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** `given` are files of `entry` by their numbers. */
export function filesOf(entry, given) {
  const unkept = new Set();

  async function keep(numbers) {
    numbers.forEach((number) => unkept.add(number));
    for (const number of entry.hasSecret ? [] : numbers) {
      if (await keepFile(entry.id, number, given.get(number))) unkept.delete(number);
    }
  }

  async function numbered(number) {
    for (const find of [() => given.get(number), () => keptFile(entry.id, number)]) {
      const file = await find();
      if (file && (await isReadable(file))) return file;
    }
    throw new Unreadable();
  }

  /* A file that was chosen again goes on where the former was, if it is still the same. */
  function take(number, file) {
    const item = entry.files[number];
    const isSame = file.size === item.size && file.lastModified === item.lastModified;
    const { size, lastModified } = file;
    Object.assign(item, { missing: false, size, lastModified }, isSame ? {} : { url: null, sent: 0 });
    given.set(number, file);
  }

  keep([...given.keys()]);
  return {
    of: (item) => numbered(entry.files.indexOf(item)),
    /** All of them, null for one that cannot be read. */
    all: () => Promise.all(entry.files.map((_, number) => numbered(number).catch(() => null))),
    /** Whether leaving the page would lose one. */
    isLosing: () => Boolean(entry.hasSecret) || [...unkept].some((number) => !isSent(entry.files[number])),

    /** Fails at once, and not at the last file, if one is not there. */
    async check() {
      const kept = await keptNumbers(entry.id);
      const isThere = (number) => given.has(number) || kept.has(number);
      if (!entry.files.every((item, number) => isSent(item) || isThere(number))) throw new Unreadable();
    },

    /** Marks those that must be chosen again. */
    async markMissing() {
      const found = await this.all();
      entry.files.forEach((item, number) => (item.missing = !found[number] && !isSent(item)));
    },

    /** Takes `chosen`, {path: File}, where they are missing; whether none is missing now. */
    takeMissing(chosen) {
      const found = entry.files.flatMap((item, number) => (item.missing && chosen[item.path] ? [number] : []));
      found.forEach((number) => take(number, chosen[entry.files[number].path]));
      keep(found);
      return !entry.files.some(({ missing }) => missing);
    },
  };
}

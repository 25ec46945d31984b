/* What this browser keeps of uploads: the entries of the tray, their files, and which page sends each. */

import { own } from "/static/shared/address.js";

const NAME = own("bellhop-uploads");
let opening = null;

const answerOf = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("entries", { keyPath: "id" });
    request.result.createObjectStore("files");
    request.result.createObjectStore("holders");
  };
  const database = await answerOf(request);
  const forget = () => (opening = null);
  /* A logout deletes it. */
  database.onclose = forget;
  database.onversionchange = () => {
    database.close();
    forget();
  };
  return database;
}

/* What `act` gives, or the answer to the request that it gives, once the disk has it. */
async function within(stores, mode, act) {
  opening ??= open();
  const transaction = (await opening).transaction(stores, mode);
  const found = act(...stores.map((name) => transaction.objectStore(name)));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  return found instanceof IDBRequest ? found.result : found;
}

/* A browser may keep nothing, as in some private windows: then an upload ends with its page. */
const orElse = (promise, otherwise) => promise.catch(() => otherwise);
const filesOf = (id) => IDBKeyRange.bound([id], [id, []]);

/** All entries that this browser keeps; null when it does not say, as while the page is left. */
export const keptEntries = () => orElse(within(["entries"], "readonly", (entries) => entries.getAll()), null);
export const holderOf = (id) => orElse(within(["holders"], "readonly", (holders) => holders.get(id)), undefined);

/** Keeps a new entry, which `page` sends. */
export const addEntry = (entry, page) =>
  orElse(within(["entries", "holders"], "readwrite", (entries, holders) => {
    entries.put(entry);
    holders.put(page, entry.id);
  }));

/** Keeps what became of an entry, if `page` still sends it; false when another page does. */
export function saveEntry(entry, page) {
  const saved = within(["holders", "entries"], "readwrite", (holders, entries) => {
    const request = holders.get(entry.id);
    request.onsuccess = () => request.result === page && entries.put(entry);
    return request;
  });
  return saved.then((holder) => (holder ?? page) === page, () => true);
}

/** Makes `page` the one that sends an entry, if still nobody or `before` does: the entry, or null. */
export async function claimEntry(id, page, before) {
  let claimed = false;
  const entry = await orElse(within(["holders", "entries"], "readwrite", (holders, entries) => {
    const request = holders.get(id);
    request.onsuccess = () => {
      claimed = request.result === before;
      if (claimed) holders.put(page, id);
    };
    return entries.get(id);
  }));
  return claimed && entry ? entry : null;
}

export const removeEntry = (id) =>
  orElse(within(["entries", "holders", "files"], "readwrite", (entries, holders, files) => {
    entries.delete(id);
    holders.delete(id);
    files.delete(filesOf(id));
  }));

/** Keeps the file of this number; false when the browser cannot, for want of room or because it keeps none. */
export const keepFile = (id, number, file) =>
  within(["files"], "readwrite", (files) => files.put(file, [id, number])).then(() => true, () => false);
export const keptFile = (id, number) => orElse(within(["files"], "readonly", (files) => files.get([id, number])));
/** The numbers of the files that are kept. */
export const keptNumbers = async (id) =>
  new Set((await orElse(within(["files"], "readonly", (files) => files.getAllKeys(filesOf(id))), [])).map(([, number]) => number));

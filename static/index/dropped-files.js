/* A dropped folder is not a file: its files are what the user means. */

const asFile = (entry) => new Promise((resolve) => entry.file(resolve, () => resolve(null)));
const readSome = (reader) => new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));

async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  /* Browsers give a folder in parts and an empty part at its end. */
  for (let some = await readSome(reader); some.length; some = await readSome(reader)) all.push(...some);
  return all;
}

async function walk(entry) {
  if (entry.isFile) return [await asFile(entry)];
  const found = await Promise.all((await entriesOf(entry)).map(walk));
  return found.flat();
}

export async function filesOf(transfer) {
  const plain = [...transfer.files];
  /* The entries must be taken before the first await; afterwards the browser has emptied the transfer. */
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return plain;
  const files = (await Promise.all(entries.map(walk))).flat();
  return files.filter(Boolean);
}

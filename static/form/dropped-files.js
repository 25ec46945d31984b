/* A dropped folder is not a file: its files are what the user means. */

/* Where a file lies in the folder that was dropped. */
const paths = new WeakMap();
/* What systems write into folders on their own. */
const OF_SYSTEM = /^(\.DS_Store|\._.*|\.localized|Thumbs\.db|ehthumbs\.db|desktop\.ini)$/i;

/** The name of a file, with its folders where they are known. */
export const fullName = (file) => paths.get(file) || file.webkitRelativePath || file.name;

/** Notes where a file lay that had come from a folder. */
export const notePath = (file, path) => paths.set(file, path);

/** {wanted, left}: files, and the names of those that nobody means to upload. */
export function withoutSystemFiles(files) {
  const left = files.filter((file) => OF_SYSTEM.test(file.name));
  return { wanted: files.filter((file) => !left.includes(file)), left: left.map((file) => file.name) };
}

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
  if (entry.isFile) {
    const file = await asFile(entry);
    if (file) notePath(file, entry.fullPath.replace(/^\//, ""));
    return [file];
  }
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

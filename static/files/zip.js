/* The entries of a ZIP file. No more is unpacked of one than is asked for, whatever it says of itself. */

import { NotShown } from "/static/files/not-shown.js";
import { bytes } from "/static/shared/format.js";
import { texts } from "/static/texts/files.js";

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MOST_COMMENT = 65_535;
const MOST_ENTRIES = 5000;
const WIDE = 0xffffffff;

function endOf(view) {
  const last = view.byteLength - END_BYTES;
  for (let place = last; place >= Math.max(0, last - MOST_COMMENT); place -= 1) {
    if (view.getUint32(place, true) === END) return place;
  }
  throw new NotShown(texts.notZip);
}

function entryAt(view, place) {
  if (view.getUint32(place, true) !== ENTRY) throw new NotShown(texts.badParts);
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => view.getUint16(place + offset, true));
  const name = new Uint8Array(view.buffer, view.byteOffset + place + 46, nameBytes);
  const entry = {
    name: new TextDecoder().decode(name),
    isEncrypted: (view.getUint16(place + 8, true) & 1) === 1,
    method: view.getUint16(place + 10, true),
    packed: view.getUint32(place + 20, true),
    size: view.getUint32(place + 24, true),
    offset: view.getUint32(place + 42, true),
  };
  return { entry, next: place + 46 + nameBytes + extraBytes + commentBytes };
}

function packedBytes(view, entry) {
  if (view.getUint32(entry.offset, true) !== LOCAL) throw new NotShown(texts.lostPart(entry.name));
  const from = entry.offset + 30 + view.getUint16(entry.offset + 26, true) + view.getUint16(entry.offset + 28, true);
  return new Uint8Array(view.buffer, view.byteOffset + from, entry.packed);
}

/** {name: entry} of a ZIP file. */
export function entriesOf(content) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  try {
    const end = endOf(view);
    const count = view.getUint16(end + 10, true);
    if (count > MOST_ENTRIES) throw new NotShown(texts.manyParts(count));
    const entries = new Map();
    for (let number = 0, place = view.getUint32(end + 16, true); number < count; number += 1) {
      const { entry, next } = entryAt(view, place);
      if ([entry.packed, entry.size, entry.offset].includes(WIDE)) throw new NotShown(texts.zip64);
      entries.set(entry.name, { ...entry, view });
      place = next;
    }
    return entries;
  } catch (error) {
    throw error instanceof RangeError ? new NotShown(texts.badParts) : error;
  }
}

async function unpacked(source, most) {
  const parts = [];
  let length = 0;
  const reader = source.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
    if (length > most) {
      await reader.cancel();
      break;
    }
  }
  const joined = new Uint8Array(length);
  let place = 0;
  for (const part of parts) {
    joined.set(part, place);
    place += part.length;
  }
  return { content: joined.subarray(0, most), isCut: length > most };
}

/** {content, isCut}: at most `most` bytes of an entry; `NotShown` if it says that it has more than `limit`. */
export async function contentOf(entry, most, limit) {
  if (entry.isEncrypted) throw new NotShown(texts.password);
  if (entry.size > limit) {
    throw new NotShown(texts.largePart(bytes(entry.packed), bytes(entry.size), bytes(limit)));
  }
  try {
    const packed = packedBytes(entry.view, entry);
    if (entry.method === 0) return { content: packed.subarray(0, most), isCut: packed.length > most };
    if (entry.method !== 8) throw new NotShown(texts.packedOtherwise);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const found = await unpacked(stream, Math.min(most, entry.size + 1));
    if (found.content.length > entry.size) throw new NotShown(texts.lyingPart);
    return { ...found, isCut: entry.size > most };
  } catch (error) {
    throw error instanceof NotShown ? error : new NotShown(texts.badPart(entry.name));
  }
}

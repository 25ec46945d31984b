/* Bytes of a file as text, in the encoding that they are in. */

import { NotShown } from "/static/files/not-shown.js";
import { texts } from "/static/texts/files.js";

const UTF_16 = [["utf-16le", 0xff, 0xfe], ["utf-16be", 0xfe, 0xff]];
/* What no text has. */
const BINARY = /[\x00-\x08\x0e-\x1a\x1c-\x1f]/;

/** The text of `bytes`, of which the last character may be cut; `NotShown` for what is no text. */
export function textOf(bytes) {
  const wide = UTF_16.find(([, first, second]) => bytes[0] === first && bytes[1] === second);
  if (wide) return new TextDecoder(wide[0]).decode(bytes, { stream: true });
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    text = new TextDecoder("windows-1252").decode(bytes);
  }
  if (BINARY.test(text.slice(0, 4096))) throw new NotShown(texts.notText);
  return text;
}

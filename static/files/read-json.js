/* The value that a JSON file holds; of JSON Lines, the list of their values. */

import { textOf } from "/static/files/encoding.js";
import { NotShown } from "/static/files/not-shown.js";
import { getStart } from "/static/shared/api.js";
import { bytes } from "/static/shared/format.js";
import { parse } from "/static/shared/json.js";
import { texts } from "/static/texts/files.js";

const MOST = 5 * 1024 * 1024;

export async function readJson(file) {
  if (file.size > MOST) throw new NotShown(texts.tooLargeJson(bytes(file.size), bytes(MOST)));
  const text = textOf(await getStart(file.url, MOST));
  try {
    if (!/\.(jsonl|ndjson)$/i.test(file.name)) return parse(text);
    return text.split("\n").filter((line) => line.trim()).map((line) => parse(line));
  } catch (error) {
    throw new NotShown(texts.notJson(error.message));
  }
}

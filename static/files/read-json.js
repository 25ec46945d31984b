/* The value that a JSON file holds; of JSON Lines, the list of their values. */

import { textOf } from "/static/files/encoding.js";
import { damaged, NotShown } from "/static/files/not-shown.js";
import { getStart } from "/static/shared/api.js";
import { bytes } from "/static/shared/format.js";
import { parse } from "/static/shared/json.js";

const MOST = 5 * 1024 * 1024;

export async function readJson(file) {
  if (file.size > MOST) throw new NotShown(`This file has ${bytes(file.size)}; the page shows JSON up to ${bytes(MOST)}.`);
  const text = textOf(await getStart(file.url, MOST));
  try {
    if (!/\.(jsonl|ndjson)$/i.test(file.name)) return parse(text);
    return text.split("\n").filter((line) => line.trim()).map((line) => parse(line));
  } catch (error) {
    throw damaged(`it is no JSON (${error.message})`);
  }
}

/* JSON as a tree, or as a map if it is one. */

import { tree } from "/static/files/data-tree.js";
import { isMap, mapNode } from "/static/files/geojson.js";
import { readJson } from "/static/files/read-json.js";

export async function show(file) {
  const value = await readJson(file);
  return isMap(value) ? mapNode(value, file.name) : tree(value);
}

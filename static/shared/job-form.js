/* A job with files as the multipart form that is uploaded. */

import { stringify } from "/static/shared/json.js";

/* A value as the texts of its form fields: a list is a field per entry, nothing is one empty text. */
function asTexts(value) {
  if (Array.isArray(value)) return value.length ? value.map(asText) : [""];
  return [asText(value)];
}

/* What has parts is JSON in its field. */
function asText(value) {
  if (value === null) return "";
  return typeof value === "object" ? stringify(value) : String(value);
}

/** Files go in as they are, as the ids of their `uploads`, each {name, id} for an input, the first of them without a name, or as those that an earlier job has: `kept` by it, each with the `index` of its item. */
export function jobForm({ type, params, options, files = [], uploads = [], kept = [] }) {
  const data = new FormData();
  data.append("type", type);
  for (const [name, value] of Object.entries(params)) asTexts(value).forEach((text) => data.append(name, text));
  for (const [name, value] of Object.entries(options)) data.append(name, typeof value === "object" ? stringify(value) : String(value));
  files.forEach((file) => data.append("files", file, file.name));
  uploads.forEach(({ name, id }) => data.append(name ? `upload.${name}` : "upload", id));
  if (kept.length) data.append("files.of", `${kept[0].kept}/${kept.map(({ index }) => index).join(",")}`);
  return data;
}

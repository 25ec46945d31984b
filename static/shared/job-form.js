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

/** `beside` are files for other inputs than the first, by their names. Fields first, so that the server knows what the files are for while they arrive. */
export function jobForm({ type, params, options, files, beside = [] }) {
  const data = new FormData();
  data.append("type", type);
  for (const [name, value] of Object.entries(params)) asTexts(value).forEach((text) => data.append(name, text));
  for (const [name, value] of Object.entries(options)) data.append(name, typeof value === "object" ? stringify(value) : String(value));
  files.forEach((file) => data.append("files", file, file.name));
  beside.forEach(({ name, file }) => data.append(name, file, file.name));
  return data;
}

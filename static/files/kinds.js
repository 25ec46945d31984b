/* What shows a file: the suffix of its name decides. Each module exports show(file), which returns a
   node or throws `NotShown`; `file` is {name, size, url, viewUrl, urlOf}.

   A small file of a kind with `opens` is shown without being asked for. */

const KB = 1024;
const MB = 1024 * KB;
const TEXT_SUFFIXES = `txt text log out err yaml yml toml ini cfg conf env xml xsd rst tex bib srt vtt sql py pyi js mjs ts css
  sh bat ps1 r jl c h cpp hpp rs go java kt rb php pl lua diff patch eml ics vcf gpx kml wkt prj points wld`;

const KINDS = [
  { suffixes: "png apng jpg jpeg jfif gif webp avif bmp ico svg", opens: 8 * MB, load: () => import("/static/files/picture.js") },
  { suffixes: "pdf", opens: 8 * MB, load: () => import("/static/files/pdf.js") },
  { suffixes: "csv tsv tab", opens: 1 * MB, load: () => import("/static/files/csv.js") },
  { suffixes: "xlsx xlsm", opens: 512 * KB, load: () => import("/static/files/xlsx.js") },
  { suffixes: "md markdown", opens: 256 * KB, load: () => import("/static/files/markdown.js") },
  { suffixes: "geojson", opens: 1 * MB, load: () => import("/static/files/geojson.js") },
  { suffixes: "json jsonl ndjson", opens: 256 * KB, load: () => import("/static/files/json-file.js") },
  { suffixes: "html htm xhtml", opens: 1 * MB, load: () => import("/static/files/page.js") },
  { suffixes: "wav mp3 m4a m4b aac flac oga ogg opus weba", opens: Infinity, load: () => import("/static/files/sound.js") },
  { suffixes: "mp4 m4v mov webm ogv", opens: Infinity, load: () => import("/static/files/video.js") },
  { suffixes: TEXT_SUFFIXES, opens: 64 * KB, load: () => import("/static/files/text.js") },
];
const bySuffix = new Map(KINDS.flatMap((kind) => kind.suffixes.split(/\s+/).map((suffix) => [suffix, kind])));
const PLAIN = KINDS.at(-1);

/** The kind of a file by its name; undefined for what nobody looks at. A name without a suffix is that of a text. */
export function kindOf(name) {
  const last = name.split("/").at(-1);
  const dot = last.lastIndexOf(".");
  return dot > 0 ? bySuffix.get(last.slice(dot + 1).toLowerCase()) : PLAIN;
}

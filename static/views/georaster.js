/* A georeferenced image: the preview with the coordinates of its corners, and what is known of it. */

import { make } from "/static/shared/dom.js";
import { many } from "/static/shared/format.js";

const UNITS = { degree: "°", metre: " m", Degree: "°", Meter: " m" };
const SOURCES = {
  file: "the file itself", bounds: "the bounds given", gcps: "ground control points", world_file: "the world file",
  aux_xml: "the .aux.xml file", points: "the .points file",
};
const KM_PER_DEGREE = 111.195;
/* Beyond these a scale would hold for a part of the image only. */
const MOST_SPAN_DEGREES = 5;
const MOST_LATITUDE = 75;

const number = (value, digits) => value.toLocaleString("en", { maximumFractionDigits: digits });
const isDegrees = (data) => UNITS[data.unit] === "°";
const isTurned = ([, , columnTurn, , rowTurn]) => columnTurn !== 0 || rowTurn !== 0;

/** How many decimals tell one pixel from the next. */
function digits(data) {
  const smallest = Math.min(...data.pixel_size);
  return Math.min(10, Math.max(0, 1 - Math.floor(Math.log10(smallest))));
}

function place(data, column, row) {
  const [x, perColumn, perRow, y, yPerColumn, yPerRow] = data.geotransform;
  return [x + column * perColumn + row * perRow, y + column * yPerColumn + row * yPerRow];
}

function coordinates(data, column, row) {
  const [x, y] = place(data, column, row);
  const show = (value) => number(value, digits(data));
  if (!isDegrees(data)) return [`x ${show(x)}`, `y ${show(y)}`];
  return [`${show(Math.abs(y))}° ${y < 0 ? "S" : "N"}`, `${show(Math.abs(x))}° ${x < 0 ? "W" : "E"}`];
}

function corner(data, name, column, row) {
  const lines = coordinates(data, column, row).map((line) => make("span", {}, line));
  const title = make("span", { className: "visually-hidden" }, `${name}: `);
  return make("p", { className: "georaster-corner" }, title, ...lines);
}

function picture(data, address) {
  if (!address) return make("p", { className: "georaster-none quiet" }, "There is no preview of this kind of pixels.");
  const alt = `Preview of the image, ${many(data.width, "column")} and ${many(data.height, "row")}`;
  const image = make("img", { className: "georaster-image", src: address, alt });
  if (data.width < 400) image.classList.add("georaster-small");
  return image;
}

/** Kilometres from west to east and how many of them one row has, where that is true of every row. */
function groundWidth(data) {
  if (!data.bounds_wgs84 || isTurned(data.geotransform)) return null;
  const [west, south, east, north] = data.bounds_wgs84;
  const width = east < west ? east + 360 - west : east - west;
  const middle = (south + north) / 2;
  if (width > MOST_SPAN_DEGREES || north - south > MOST_SPAN_DEGREES || Math.abs(middle) > MOST_LATITUDE) return null;
  return width * KM_PER_DEGREE * Math.cos((middle * Math.PI) / 180);
}

function length(km) {
  if (km >= 1) return `${number(km, 0)} km`;
  return km >= 0.001 ? `${number(km * 1000, 0)} m` : `${number(km * 100_000, 2)} cm`;
}

function scale(data) {
  const km = groundWidth(data);
  if (!km) return null;
  const power = 10 ** Math.floor(Math.log10(km / 3));
  const nice = [5, 2, 1].map((step) => step * power).find((step) => step <= km / 3);
  const bar = make("span", { className: "georaster-bar", "aria-hidden": "true" });
  bar.style.inlineSize = `${(100 * nice) / km}%`;
  return make("div", { className: "georaster-scale" }, bar,
    make("span", {}, make("span", { className: "visually-hidden" }, "Scale bar: "), `about ${length(nice)}`));
}

function north(data) {
  const [, perColumn, perRow, , , yPerRow] = data.geotransform;
  if (!data.crs) return "Up is not known: there is no coordinate reference system.";
  const what = isDegrees(data) || data.crs === "EPSG:3857" ? "North" : "Grid north";
  if (!isTurned(data.geotransform)) {
    if (yPerRow < 0) return perColumn > 0 ? `${what} is up.` : `${what} is up, but east is on the left.`;
    return `${what} is down: the first row of the image is the southernmost.`;
  }
  const degrees = (Math.atan2(-perRow, -yPerRow) * 180) / Math.PI;
  if (isDegrees(data)) return "The image is turned against north.";
  return `The top of the image points ${number(Math.abs(degrees), 1)}° ${degrees < 0 ? "left" : "right"} of grid north.`;
}

function map(data, address) {
  const shrunk = Math.min(1, 1024 / Math.max(data.width, data.height));
  const frame = make("div", { className: "georaster-frame" },
    corner(data, "Upper left corner", 0, 0), corner(data, "Upper right corner", data.width, 0),
    picture(data, address),
    corner(data, "Lower left corner", 0, data.height), corner(data, "Lower right corner", data.width, data.height));
  const figure = make("figure", { className: "georaster" }, frame, scale(data),
    make("figcaption", { className: "quiet" }, north(data)));
  figure.style.setProperty("--width", `${Math.round(data.width * shrunk)}px`);
  figure.style.setProperty("--ratio", String(data.width / data.height));
  return figure;
}

function system(data) {
  if (!data.crs) return "not known";
  if (data.crs.length > 40) return data.crs_title ?? "see all data";
  return data.crs_title ? `${data.crs_title} (${data.crs})` : data.crs;
}

function sizeOfPixels(data) {
  const unit = UNITS[data.unit] ?? (data.unit ? ` ${data.unit}` : "");
  const [width, height] = data.pixel_size.map((size) => number(size, digits(data) + 4));
  return `${width}${unit} × ${height}${unit}`;
}

function area(data) {
  if (!data.bounds_wgs84) return "not known";
  const [west, south, east, north] = data.bounds_wgs84.map((value) => number(value, 6));
  return `${west}, ${south} to ${east}, ${north}`;
}

function facts(data) {
  const rows = {
    "Coordinate system": system(data),
    "Longitude, latitude": area(data),
    "Size of a pixel": sizeOfPixels(data),
    Size: `${data.width.toLocaleString("en")} × ${data.height.toLocaleString("en")} pixels`,
    Bands: `${many(data.bands, "band")} of ${data.dtype}`,
    "No data": data.nodata === null ? "no such value" : String(data.nodata),
    "Place from": SOURCES[data.georeference_source] ?? data.georeference_source,
    "Cloud Optimized": data.is_cog ? "yes" : "no",
  };
  return make("dl", { className: "georaster-facts" }, ...Object.entries(rows).map(([name, value]) =>
    make("div", {}, make("dt", {}, name), make("dd", { dir: "auto" }, value))));
}

export function view(data, { fileUrl }) {
  const address = fileUrl(data.file);
  const label = data.is_cog ? "Download the Cloud Optimized GeoTIFF" : "Download the GeoTIFF";
  const done = data.already_georeferenced
    ? make("p", {}, "It already was a georeferenced Cloud Optimized GeoTIFF, so Bellhop did not change it.") : null;
  return make("div", { className: "georaster-view" }, done,
    data.geotransform ? map(data, fileUrl("preview.png")) : null,
    make("div", { className: "georaster-side" }, facts(data),
      address ? make("a", { className: "button primary", href: address, download: data.file }, label) : null));
}

/* A georeferenced image: the preview with the coordinates of its corners, and what is known of it. */

import { make } from "/static/shared/dom.js";
import { number } from "/static/shared/format.js";
import { texts } from "/static/texts/georaster.js";

const KM_PER_DEGREE = 111.195;
/* Beyond these a scale would hold for a part of the image only. */
const MOST_SPAN_DEGREES = 5;
const MOST_LATITUDE = 75;

const rounded = (value, digits) => number(value, { maximumFractionDigits: digits });
const isDegrees = (data) => texts.unit[data.unit] === texts.unit.degree;
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
  const show = (value) => rounded(value, digits(data));
  if (!isDegrees(data)) return [texts.east(show(x)), texts.north(show(y))];
  return [texts.latitude(show(Math.abs(y)), y < 0), texts.longitude(show(Math.abs(x)), x < 0)];
}

function corner(data, name, column, row) {
  const lines = coordinates(data, column, row).map((line) => make("span", {}, line));
  const title = make("span", { className: "visually-hidden" }, name);
  return make("p", { className: "georaster-corner" }, title, ...lines);
}

function picture(data, address) {
  if (!address) return make("p", { className: "georaster-none quiet" }, texts.noPreview);
  const alt = texts.preview(data.width, data.height);
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
  if (km >= 1) return texts.kilometres(rounded(km, 0));
  return km >= 0.001 ? texts.metres(rounded(km * 1000, 0)) : texts.centimetres(rounded(km * 100_000, 2));
}

function scale(data) {
  const km = groundWidth(data);
  if (!km) return null;
  const power = 10 ** Math.floor(Math.log10(km / 3));
  const nice = [5, 2, 1].map((step) => step * power).find((step) => step <= km / 3);
  const bar = make("span", { className: "georaster-bar", "aria-hidden": "true" });
  bar.style.inlineSize = `${(100 * nice) / km}%`;
  return make("div", { className: "georaster-scale" }, bar,
    make("span", {}, make("span", { className: "visually-hidden" }, texts.scaleBar), texts.about(length(nice))));
}

function north(data) {
  const [, perColumn, perRow, , , yPerRow] = data.geotransform;
  if (!data.crs) return texts.noSystem;
  const isGrid = !isDegrees(data) && data.crs !== "EPSG:3857";
  if (!isTurned(data.geotransform)) {
    if (yPerRow < 0) return perColumn > 0 ? texts.isUp(isGrid) : texts.isUpMirrored(isGrid);
    return texts.isDown(isGrid);
  }
  const degrees = (Math.atan2(-perRow, -yPerRow) * 180) / Math.PI;
  if (isDegrees(data)) return texts.isTurned;
  return texts.isTurnedBy(rounded(Math.abs(degrees), 1), degrees < 0);
}

function map(data, address) {
  const shrunk = Math.min(1, 1024 / Math.max(data.width, data.height));
  const frame = make("div", { className: "georaster-frame" },
    corner(data, texts.corner.upperLeft, 0, 0), corner(data, texts.corner.upperRight, data.width, 0),
    picture(data, address),
    corner(data, texts.corner.lowerLeft, 0, data.height), corner(data, texts.corner.lowerRight, data.width, data.height));
  const figure = make("figure", { className: "georaster" }, frame, scale(data),
    make("figcaption", { className: "quiet" }, north(data)));
  figure.style.setProperty("--width", `${Math.round(data.width * shrunk)}px`);
  figure.style.setProperty("--ratio", String(data.width / data.height));
  return figure;
}

function system(data) {
  if (!data.crs) return texts.unknown;
  if (data.crs.length > 40) return data.crs_title ?? texts.seeData;
  return data.crs_title ? texts.titledSystem(data.crs_title, data.crs) : data.crs;
}

function sizeOfPixels(data) {
  const unit = texts.unit[data.unit] ?? (data.unit ? texts.otherUnit(data.unit) : "");
  const [width, height] = data.pixel_size.map((size) => rounded(size, digits(data) + 4));
  return texts.pixelSize(width + unit, height + unit);
}

function area(data) {
  if (!data.bounds_wgs84) return texts.unknown;
  const [west, south, east, north] = data.bounds_wgs84.map((value) => rounded(value, 6));
  return texts.area(west, south, east, north);
}

function facts(data) {
  const values = {
    system: system(data),
    area: area(data),
    pixel: sizeOfPixels(data),
    size: texts.size(data.width, data.height),
    bands: texts.bands(data.bands, data.dtype),
    noData: data.nodata === null ? texts.noNoData : String(data.nodata),
    source: texts.source[data.georeference_source] ?? data.georeference_source,
    optimized: data.is_cog ? texts.yes : texts.no,
  };
  return make("dl", { className: "georaster-facts" }, ...Object.entries(values).map(([name, value]) =>
    make("div", {}, make("dt", {}, texts.fact[name]), make("dd", { dir: "auto" }, value))));
}

export function view(data, { fileUrl }) {
  const address = fileUrl(data.file);
  const label = data.is_cog ? texts.downloadOptimized : texts.download;
  const done = data.already_georeferenced
    ? make("p", {}, texts.isUnchanged) : null;
  return make("div", { className: "georaster-view" }, done,
    data.geotransform ? map(data, fileUrl("preview.png")) : null,
    make("div", { className: "georaster-side" }, facts(data),
      address ? make("a", { className: "button primary", href: address, download: data.file }, label) : null));
}

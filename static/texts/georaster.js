/* What the viewer of georeferenced images says. */

import { many, number } from "/static/shared/format.js";

export const texts = {
  unit: { degree: "°", metre: " m", Degree: "°", Meter: " m" },
  otherUnit: (unit) => ` ${unit}`,
  source: {
    file: "the file itself", bounds: "the bounds given", gcps: "ground control points", world_file: "the world file",
    aux_xml: "the .aux.xml file", points: "the .points file",
  },
  east: (value) => `x ${value}`,
  north: (value) => `y ${value}`,
  latitude: (degrees, isSouth) => `${degrees}° ${isSouth ? "S" : "N"}`,
  longitude: (degrees, isWest) => `${degrees}° ${isWest ? "W" : "E"}`,
  corner: { upperLeft: "Upper left corner: ", upperRight: "Upper right corner: ", lowerLeft: "Lower left corner: ", lowerRight: "Lower right corner: " },
  noPreview: "There is no preview of this kind of pixels.",
  preview: (columns, rows) => `Preview of the image, ${many(columns, "column")} and ${many(rows, "row")}`,
  scaleBar: "Scale bar: ",
  about: (length) => `about ${length}`,
  kilometres: (count) => `${count} km`,
  metres: (count) => `${count} m`,
  centimetres: (count) => `${count} cm`,

  noSystem: "Up is not known: there is no coordinate reference system.",
  isUp: (isGrid) => `${isGrid ? "Grid north" : "North"} is up.`,
  isUpMirrored: (isGrid) => `${isGrid ? "Grid north" : "North"} is up, but east is on the left.`,
  isDown: (isGrid) => `${isGrid ? "Grid north" : "North"} is down: the first row of the image is the southernmost.`,
  isTurned: "The image is turned against north.",
  isTurnedBy: (degrees, isLeft) => `The top of the image points ${degrees}° ${isLeft ? "left" : "right"} of grid north.`,

  fact: {
    system: "Coordinate system", area: "Longitude, latitude", pixel: "Pixel size", size: "Size", bands: "Bands",
    noData: "No data", source: "Position from", optimized: "Cloud Optimized",
  },
  unknown: "not known",
  seeData: "see all data",
  titledSystem: (title, code) => `${title} (${code})`,
  pixelSize: (width, height) => `${width} × ${height}`,
  area: (west, south, east, north) => `${west}, ${south} to ${east}, ${north}`,
  size: (width, height) => `${number(width)} × ${number(height)} pixels`,
  bands: (count, kind) => `${many(count, "band")} of ${kind}`,
  noNoData: "no such value",
  yes: "yes",
  no: "no",
  download: "Download the GeoTIFF",
  downloadOptimized: "Download the Cloud Optimized GeoTIFF",
  isUnchanged: "It already was a georeferenced Cloud Optimized GeoTIFF, so Bellhop did not change it.",
};

/* GeoJSON as a drawing that can be moved and enlarged, with the properties of the chosen feature.
   Nothing of it is fetched: there is no map below. */

import { tree } from "/static/files/data-tree.js";
import { NotShown } from "/static/files/not-shown.js";
import { readJson } from "/static/files/read-json.js";
import { make } from "/static/shared/dom.js";
import { texts } from "/static/texts/files.js";

const SVG = "http://www.w3.org/2000/svg";
const FEATURES = 5000;
const POSITIONS = 200_000;
const WIDTH = 1000;
const HEIGHT = 600;
const MARGIN = 30;
const ZOOM = 1.5;
const STEP = 0.2;
const GEOMETRIES = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"];

/** Whether JSON is GeoJSON. */
export const isMap = (value) => (value?.type === "FeatureCollection" && Array.isArray(value.features))
  || (value?.type === "Feature" && "geometry" in value)
  || (GEOMETRIES.includes(value?.type) && (Array.isArray(value.coordinates) || Array.isArray(value.geometries)));

function featuresOf(value) {
  if (value.type === "FeatureCollection") return value.features;
  return [value.type === "Feature" ? value : { type: "Feature", geometry: value, properties: null }];
}

/* The lines of a geometry, [{points: [[x, y]…], isArea}]; a point is a line of one. */
function linesOf(geometry, depth = 0) {
  const { type, coordinates: found } = geometry ?? {};
  if (type === "Point") return [{ points: [found] }];
  if (type === "MultiPoint") return found.map((point) => ({ points: [point] }));
  if (type === "LineString") return [{ points: found }];
  if (type === "MultiLineString") return found.map((points) => ({ points }));
  if (type === "Polygon") return found.map((points) => ({ points, isArea: true }));
  if (type === "MultiPolygon") return found.flat().map((points) => ({ points, isArea: true }));
  if (type === "GeometryCollection" && depth < 4) return geometry.geometries.flatMap((inner) => linesOf(inner, depth + 1));
  return [];
}

const isPosition = (point) => Array.isArray(point) && Number.isFinite(point[0]) && Number.isFinite(point[1]);

function drawable(feature) {
  try {
    const lines = linesOf(feature.geometry);
    return { feature, lines: lines.every(({ points }) => points.every(isPosition)) ? lines : [] };
  } catch {
    return { feature, lines: [] };
  }
}

function boxOf(shapes) {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (const { lines } of shapes) {
    for (const [x, y] of lines.flatMap(({ points }) => points)) {
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.bottom = Math.min(box.bottom, y);
      box.top = Math.max(box.top, y);
    }
  }
  return box;
}

/* Degrees of longitude are shorter far from the equator; other coordinates are taken as they are. */
function projection(box) {
  const isDegrees = box.left >= -180.5 && box.right <= 360.5 && box.bottom >= -90.5 && box.top <= 90.5;
  const narrow = isDegrees ? Math.max(0.05, Math.cos((((box.top + box.bottom) / 2) * Math.PI) / 180)) : 1;
  const width = (box.right - box.left) * narrow;
  const height = box.top - box.bottom;
  const scale = Math.min((WIDTH - 2 * MARGIN) / (width || 1e-9), (HEIGHT - 2 * MARGIN) / (height || 1e-9), 1e9);
  const [x0, y0] = [(WIDTH - width * scale) / 2, (HEIGHT - height * scale) / 2];
  return ([x, y]) => `${(x0 + (x - box.left) * narrow * scale).toFixed(2)} ${(y0 + (box.top - y) * scale).toFixed(2)}`;
}

function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function pathOf({ points, isArea }, project) {
  if (points.length === 0) return "";
  const line = `M${points.map(project).join("L")}`;
  return points.length === 1 ? `${line}h0` : `${line}${isArea ? "Z" : ""}`;
}

/* Points, lines and areas of one feature are one path each. */
function shapeNode({ lines }, number, project) {
  const path = (kind, some) => (some.length ? [draw("path", { class: kind, d: some.map((line) => pathOf(line, project)).join(""), "vector-effect": "non-scaling-stroke" })] : []);
  return draw("g", { "data-feature": number },
    ...path("area", lines.filter(({ isArea }) => isArea)),
    ...path("line", lines.filter(({ isArea, points }) => !isArea && points.length > 1)),
    ...path("point", lines.filter(({ isArea, points }) => !isArea && points.length === 1)));
}

/* The part of the drawing that is on view, which buttons, keys and the pointer move. */
class View {
  constructor(svg) {
    this.svg = svg;
    this.fit();
    svg.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("pointerdown", (event) => this.drag(event));
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  set(x, y, width) {
    this.part = { x, y, width: Math.min(Math.max(width, WIDTH / 1e5), WIDTH * 4) };
    this.svg.setAttribute("viewBox", `${x} ${y} ${this.part.width} ${(this.part.width * HEIGHT) / WIDTH}`);
  }

  fit() {
    this.set(0, 0, WIDTH);
  }

  /* `x` and `y` are where the point stays that is meant, from 0 to 1. */
  zoom(factor, x = 0.5, y = 0.5) {
    const { part } = this;
    const width = part.width / factor;
    this.set(part.x + (part.width - width) * x, part.y + ((part.width - width) * y * HEIGHT) / WIDTH, width);
  }

  move(x, y) {
    this.set(this.part.x + x * this.part.width, this.part.y + (y * this.part.width * HEIGHT) / WIDTH, this.part.width);
  }

  key(event) {
    const ways = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ways[event.key]) this.move(...ways[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoom(ZOOM);
    else if (event.key === "-") this.zoom(1 / ZOOM);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  /* The page scrolls with the wheel; with Ctrl, as in other maps, the drawing grows. */
  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = this.svg.getBoundingClientRect();
    this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  drag(event) {
    if (event.button !== 0) return;
    const box = this.svg.getBoundingClientRect();
    const began = { x: event.clientX, y: event.clientY, part: this.part };
    const stop = new AbortController();
    const moved = ({ clientX, clientY }) => {
      const { part } = began;
      this.set(part.x - ((clientX - began.x) / box.width) * part.width, part.y - (((clientY - began.y) / box.height) * part.width * HEIGHT) / WIDTH, part.width);
    };
    window.addEventListener("pointermove", moved, { signal: stop.signal });
    window.addEventListener("pointerup", () => stop.abort(), { signal: stop.signal });
    window.addEventListener("pointercancel", () => stop.abort(), { signal: stop.signal });
  }
}

const press = (words, label, onPress) => {
  const button = make("button", { type: "button", className: "button small", "aria-label": label }, words);
  button.addEventListener("click", onPress);
  return button;
};

function chooser(svg, shapes) {
  const nodes = new Map([...svg.querySelectorAll("[data-feature]")].map((node) => [Number(node.dataset.feature), node]));
  const words = make("p", { className: "quiet", role: "status" }, texts.clickFeature);
  const box = make("div", { className: "map-properties" });
  let chosen = -1;
  const choose = (number) => {
    nodes.get(chosen)?.removeAttribute("data-chosen");
    chosen = (number + shapes.length) % shapes.length;
    const node = nodes.get(chosen);
    node?.setAttribute("data-chosen", "");
    node?.parentNode.append(node);
    const { feature } = shapes[chosen];
    words.textContent = texts.feature(chosen + 1, shapes.length, feature.geometry?.type);
    box.replaceChildren(tree(feature.properties ?? {}));
  };
  svg.addEventListener("click", ({ target }) => {
    const node = target.closest("[data-feature]");
    if (node) choose(Number(node.dataset.feature));
  });
  const buttons = [press("‹", texts.previousFeature, () => choose(chosen < 0 ? -1 : chosen - 1)), press("›", texts.nextFeature, () => choose(chosen + 1))];
  return { words, box, buttons };
}

/** A node that draws GeoJSON. */
export function mapNode(value, name) {
  const every = featuresOf(value).map(drawable);
  if (!every.length) throw new NotShown(texts.noFeatures);
  let positions = 0;
  const shapes = every.filter(({ lines }) => lines.length).slice(0, FEATURES)
    .filter(({ lines }) => (positions += lines.reduce((sum, { points }) => sum + points.length, 0)) <= POSITIONS);
  if (!shapes.length) throw new NotShown(positions ? texts.largeFeature : texts.noGeometry);
  const project = projection(boxOf(shapes));
  const svg = draw("svg", { class: "map", tabindex: 0, role: "img", "aria-label": texts.mapOf(shapes.length, name) },
    ...shapes.map((shape, number) => shapeNode(shape, number, project)));
  const view = new View(svg);
  const { words, box, buttons } = chooser(svg, shapes);
  const tools = make("div", { className: "map-tools" },
    press("+", texts.enlarge, () => view.zoom(ZOOM)), press("−", texts.reduce, () => view.zoom(1 / ZOOM)), press(texts.fit, texts.fitAll, () => view.fit()), ...buttons, words);
  const left = every.length - shapes.length;
  return make("div", { className: "map-box" }, svg, tools, box,
    left ? make("p", { className: "quiet" }, texts.notDrawn(left, every.length)) : null);
}

export async function show(file) {
  const value = await readJson(file);
  if (!isMap(value)) throw new NotShown(texts.notMap);
  return mapNode(value, file.name);
}

/* The reference of the HTTP API, drawn from its OpenAPI document and nothing else. */

import { at } from "/static/shared/address.js";
import { getApi } from "/static/shared/api.js";
import { find, make, showText } from "/static/shared/dom.js";
import { stringify } from "/static/shared/json.js";
import "/static/shared/user.js";
import { texts } from "/static/texts/docs.js";

const FILE = "application/octet-stream";
const TOO_LARGE_TO_TELL = 1e8;
let api = null;

const deref = (part) =>
  part.$ref ? part.$ref.slice(2).split("/").reduce((found, name) => found[name], api) : part;
const nameOf = (schema) => schema.$ref?.split("/").at(-1);
const slug = (text) => text.toLowerCase().replaceAll(" ", "-");
const link = (anchor, ...children) => make("a", { href: `#${anchor}` }, ...children);
const schemaAnchor = (name) => `data-${name}`;
const byComma = (nodes) => nodes.flatMap((node, index) => (index ? [", ", node] : [node]));
const code = (text) => make("code", {}, text);

/** A long name that may be broken after each of its parts. */
const name = (text, after) => make("code", {}, ...text.split(after).flatMap((part) => [part, make("wbr")]));
const field = (text) => name(text, /(?<=[_-])/);

/** Text with `code` in it, as nodes. */
const prose = (text) => text.split("`").map((part, index) => (index % 2 ? code(part) : part));
const paragraphs = (text) => text.split("\n\n").map((part) => make("p", {}, ...prose(part)));

function operations() {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, ...operation })),
  );
}

/* Data */

function bounds(schema) {
  const { minimum, maxLength, maxItems, default: usual } = schema;
  const maximum = schema.maximum < TOO_LARGE_TO_TELL ? schema.maximum : undefined;
  const found = [];
  if (minimum !== undefined && maximum !== undefined) found.push(texts.fromTo(minimum, maximum));
  else if (minimum) found.push(texts.atLeast(minimum));
  else if (maximum !== undefined) found.push(texts.atMost(maximum));
  if (maxLength) found.push(texts.atMostCharacters(maxLength));
  if (maxItems) found.push(texts.atMost(maxItems));
  if (usual !== undefined) found.push(texts.usual(usual));
  return found.length ? [`, ${found.join(", ")}`] : [];
}

/** What a schema allows, in words and links, as nodes. */
function typeOf(schema) {
  if (schema.$ref) return [link(schemaAnchor(nameOf(schema)), nameOf(schema))];
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices && !schema.type) return choices.flatMap((part, index) => [...(index ? [texts.or] : []), ...typeOf(part)]);
  if (schema.const !== undefined) return [code(String(schema.const))];
  if (schema.enum) return byComma(schema.enum.map((value) => code(String(value))));
  if (schema.contentMediaType === FILE) return [texts.file];
  if (schema.format === "date-time") return [schema.type.includes("null") ? texts.timeOrNull : texts.time];
  const kinds = [schema.type ?? texts.anyJson].flat();
  const nodes = kinds.flatMap((kind, index) => {
    const either = index ? [texts.or] : [];
    return kind === "array" && schema.items
      ? [...either, texts.listOf, ...typeOf(schema.items)]
      : [...either, texts.type[kind] ?? kind];
  });
  return [...nodes, ...bounds(schema)];
}

/** A table of two columns; `rows` are [[nodes], [nodes]]. */
function table(label, rows) {
  const lines = rows.map(([head, rest]) =>
    make("tr", {}, make("th", { scope: "row" }, ...head), make("td", {}, ...rest)),
  );
  return make("table", { className: "reference", "aria-label": label }, make("tbody", {}, ...lines));
}

const small = (...nodes) => make("span", { className: "small-print" }, ...nodes);

function members(schema, label) {
  const needed = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([key, member]) => [
    [field(key), ...(needed.has(key) ? [] : [small(texts.optional)])],
    [small(...typeOf(member)), ...prose(member.description ?? "")],
  ]);
  return rows.length ? table(label, rows) : null;
}

/* Routes */

const part = (title, ...nodes) => [make("h4", {}, title), ...nodes];

function drawParameters(operation) {
  const rows = operation.parameters.map(deref).map((parameter) => [
    [field(parameter.name), small(parameter.required ? parameter.in : texts.optionalIn(parameter.in))],
    [small(...typeOf(parameter.schema)), ...prose(parameter.description)],
  ]);
  return rows.length ? part(texts.parameters, table(texts.parameters, rows)) : [];
}

function drawBody({ requestBody }) {
  if (!requestBody) return [];
  const bodies = Object.entries(requestBody.content).flatMap(([kind, { schema }]) => [
    make("p", {}, code(kind), ": ", ...typeOf(schema), ". ", ...prose(deref(schema).description)),
    members(deref(schema), texts.bodyOf(kind)),
  ]);
  return part(requestBody.required ? texts.body : texts.bodyOptional, ...bodies);
}

const answersOf = (operation) =>
  Object.entries(operation.responses).filter(([status]) => Number(status) < 400);

function drawAnswers(operation) {
  const rows = answersOf(operation).map(([status, { description, headers = {}, content = {} }]) => {
    const kinds = Object.entries(content).flatMap(([kind, { schema }]) =>
      schema && kind.endsWith("json") ? typeOf(schema) : [code(kind)],
    );
    const sent = Object.keys(headers).map(code);
    return [
      [code(status)],
      [...(kinds.length ? [small(...kinds)] : []), ...prose(description),
        ...(sent.length ? [small(texts.withHeaders, ...byComma(sent))] : [])],
    ];
  });
  return part(texts.answers, table(texts.answers, rows));
}

/** The codes of the problems that an operation may answer. */
function codesOf(operation) {
  return Object.values(operation.responses)
    .filter((response) => response.$ref)
    .flatMap((response) => deref(response).content["application/problem+json"].schema.allOf[1].properties.code.enum);
}

/** code → {status, title}, as the answers say. */
function problems() {
  const found = new Map();
  for (const { description, content } of Object.values(api.components.responses)) {
    const { status } = content["application/problem+json"].schema.allOf[1].properties;
    for (const [, key, title] of description.matchAll(/`([a-z-]+)`: ([^;]+)/g)) found.set(key, { status: status.const, title });
  }
  return new Map([...found].sort(([, one], [, other]) => one.status - other.status));
}

const isChange = ({ method }) => method !== "get";

/** What all of these operations may answer. */
function inAll(some) {
  const [first, ...rest] = some.map(codesOf);
  return new Set(first.filter((key) => rest.every((codes) => codes.includes(key))));
}

function problemTable(label, names, titles) {
  const rows = [...titles].filter(([key]) => names.has(key)).map(([key, { status, title }]) => [
    [field(key), small(String(status))], [`${title}.`],
  ]);
  return table(label, rows);
}

function drawProblems(operation, titles, usual) {
  const own = new Set(codesOf(operation).filter((key) => !usual.has(key)));
  const others = make("p", {}, link(slug(texts.problems), own.size ? texts.problemsOfAll : texts.onlyProblemsOfAll));
  return part(texts.problems, own.size ? problemTable(texts.problems, own, titles) : null, others);
}

/* Examples */

const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function formFields(example, schema) {
  return Object.entries(example).flatMap(([key, value]) => {
    const isFile = schema.properties[key]?.items?.contentMediaType === FILE;
    return [value].flat().map((one) => `-F ${quoted(`${key}=${isFile ? "@" : ""}${one}`)}`);
  });
}

function bodyOptions(kind, { schema, example }) {
  if (kind.startsWith("multipart/")) return formFields(example, deref(schema));
  return [`-H ${quoted(`Content-Type: ${kind}`)}`, `-d ${quoted(stringify(example))}`];
}

/** A command of curl for each kind of body. */
function commands(operation) {
  const parameters = operation.parameters.map(deref).filter(({ example }) => example !== undefined);
  const address = parameters.filter((one) => one.in === "path")
    .reduce((path, one) => path.replace(`{${one.name}}`, encodeURIComponent(one.example)), operation.path);
  const headers = parameters.filter((one) => one.in === "header")
    .map((one) => `-H ${quoted(`${one.name}: ${one.example}`)}`);
  const saves = answersOf(operation).some(([, { content }]) => content?.[FILE]) ? ["-OJ"] : [];
  const bodies = Object.entries(operation.requestBody?.content ?? {});
  const bodyLists = bodies.length ? bodies.map(([kind, body]) => bodyOptions(kind, body)) : [[]];
  return bodyLists.map((body) => {
    const method = operation.method.toUpperCase();
    const said = method === "GET" || (method === "POST" && body.length) ? [] : [`-X ${method}`];
    const words = [["curl", ...saves, ...said].join(" "), ...headers, ...body, quoted(location.origin + at(address))];
    return words.length > 2 ? words.join(" \\\n  ") : words.join(" ");
  });
}

function drawExamples(operation) {
  const blocks = commands(operation).map((text) =>
    make("pre", { className: "printed", tabIndex: 0, role: "group", "aria-label": texts.example }, text),
  );
  return part(blocks.length > 1 ? texts.examples : texts.example, ...blocks);
}

/* The page */

/** A part that opens; its heading and a line about it stay readable while it is closed. */
function fold(anchor, heading, line, body) {
  const summary = make("summary", {}, make("h3", {}, ...heading), make("span", { className: "fold-line" }, ...line));
  const inner = make("div", { className: "route-body" }, ...body.filter(Boolean));
  return make("details", { className: "route", id: anchor }, summary, inner);
}

const badge = (method) => make("span", { className: "method", "data-method": method }, method.toUpperCase());

function drawRoute(operation, titles, usual) {
  const body = [
    make("p", {}, ...prose(operation.description)),
    ...drawParameters(operation),
    ...drawBody(operation),
    ...drawAnswers(operation),
    ...drawExamples(operation),
    ...drawProblems(operation, titles, usual),
  ];
  const heading = [badge(operation.method), " ", name(operation.path, /(?<=\/)/)];
  return fold(operation.operationId, heading, [operation.summary], body);
}

function section(title, words, ...nodes) {
  const heading = make("h2", { id: slug(title) }, title);
  return make("section", { "aria-labelledby": slug(title) }, heading, make("p", { className: "quiet" }, ...prose(words)), ...nodes);
}

const drawSchema = ([key, schema]) =>
  fold(schemaAnchor(key), [code(key)], prose(schema.description), [members(schema, texts.membersOf(key))]);

function drawReference() {
  const all = operations();
  const titles = problems();
  const usual = { false: inAll(all), true: inAll(all.filter(isChange)) };
  const tags = api.tags.map((tag) => {
    const routes = all.filter(({ tags: [own] }) => own === tag.name);
    return section(tag.name, tag.description, ...routes.map((one) => drawRoute(one, titles, usual[isChange(one)])));
  });
  const onlyChanges = new Set([...usual.true].filter((key) => !usual.false.has(key)));
  const problemList = section(
    texts.problems, texts.problemsWords,
    problemTable(texts.problemsEvery, usual.false, titles),
    make("h3", {}, texts.changes), problemTable(texts.problemsChanges, onlyChanges, titles),
  );
  const schemas = Object.entries(api.components.schemas).map(drawSchema);
  find("[data-reference]").append(...tags, problemList, section(texts.data, texts.dataWords, ...schemas));
}

function drawContents() {
  const all = operations();
  const lists = api.tags.map((tag) => {
    const routes = all.filter(({ tags: [own] }) => own === tag.name)
      .map(({ operationId, summary }) => make("li", {}, link(operationId, summary)));
    return make("li", {}, link(slug(tag.name), tag.name), make("ul", {}, ...routes));
  });
  const last = [texts.problems, texts.data].map((title) => make("li", {}, link(slug(title), title)));
  find("[data-contents-list]").append(make("ul", {}, ...lists, ...last));
}

/** Opens what the address names, and goes there. */
function goTo() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target || target.id === "reference") return;
  const summary = target.querySelector(":scope > summary");
  if (summary) target.open = true;
  target.scrollIntoView();
  summary?.focus({ preventScroll: true });
}

async function start() {
  try {
    api = await getApi();
  } catch (error) {
    showText(find("[data-failed]"), error.message);
    return;
  } finally {
    find("[data-loading]").hidden = true;
  }
  find("[data-intro]").append(...paragraphs(api.info.description));
  drawContents();
  drawReference();
  find("[data-contents]").open = matchMedia("(min-width: 60rem)").matches;
  addEventListener("hashchange", goTo);
  goTo();
}

start();

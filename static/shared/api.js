/* Every request of the pages. No other module calls fetch or XMLHttpRequest. */

import { at } from "/static/shared/address.js";
import { parse, stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/shared.js";

const BASE = at("/api/v1");
const ANSWER_WITHIN_MS = 20_000;
const FILE_WITHIN_MS = 120_000;

/** The server answered and said no; `message` is for the user, `fields` are [{field, message}]. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || texts.serverAnswered(status));
    this.status = status;
    this.code = body.code ?? "";
    this.fields = Array.isArray(body.errors) ? body.errors : [];
  }
}

/** Nobody answered, too late, or something in between that is not Bellhop. */
export class NoAnswer extends Error {
  constructor() {
    super(texts.noAnswer);
  }
}

function parsed(text) {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

function bodyOrProblem(status, text) {
  const body = text ? parsed(text) : {};
  if (status >= 200 && status < 300 && body) return body;
  if (body && typeof body === "object" && (body.code || body.detail)) throw new Problem(status, body);
  if (status >= 400 && status < 500) throw new Problem(status, {});
  throw new NoAnswer();
}

async function answer(path, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(BASE + path, { cache: "no-store", signal, ...options, headers });
    return { status: response.status, etag: response.headers.get("ETag"), text: await response.text() };
  } catch {
    throw new NoAnswer();
  }
}

function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

async function get(path, query = {}) {
  const { status, text } = await answer(withQuery(path, query));
  return bodyOrProblem(status, text);
}

/* A document with its ETag, or null when it is still what `etag` stands for. */
async function news(path, etag) {
  const headers = etag ? { "If-None-Match": etag } : {};
  const found = await answer(path, { headers });
  return found.status === 304 ? null : { body: bodyOrProblem(found.status, found.text), etag: found.etag };
}

async function send(method, path, body, extra = {}) {
  const headers = { "Content-Type": "application/json", ...extra };
  const { status, text } = await answer(path, { method, headers, body: body && stringify(body) });
  return bodyOrProblem(status, text);
}

const jobPath = (id, tail = "") => `/jobs/${encodeURIComponent(id)}${tail}`;

const accountPath = (tail = "") => `/account${tail}`;
export const logIn = (given) => send("POST", "/login", given);
export const logOut = () => send("POST", "/logout", {});
export const getAccount = () => get(accountPath());
export const changePassword = (password, fresh) =>
  send("POST", accountPath("/password"), { password, new_password: fresh });
export const getSessions = () => get(accountPath("/sessions"));
export const endSession = (number) => send("DELETE", accountPath(`/sessions/${number}`));
export const getTokens = () => get(accountPath("/tokens"));
export const addToken = (token) => send("POST", accountPath("/tokens"), token);
export const revokeToken = (number) => send("DELETE", accountPath(`/tokens/${number}`));
export const getNotices = () => get(accountPath("/notices"));
export const changeNotices = (wish) => send("PATCH", accountPath("/notices"), wish);
export const testNotices = () => send("POST", accountPath("/notices/test"), {});
export const getTotp = () => get(accountPath("/totp"));
export const beginTotp = (password) => send("POST", accountPath("/totp"), { password });
export const confirmTotp = (code) => send("POST", accountPath("/totp/confirm"), { code });
export const removeTotp = (password) => send("POST", accountPath("/totp/remove"), { password });
export const getAccounts = () => get("/accounts");
export const addAccount = (account) => send("POST", "/accounts", account);
export const changeAccount = (name, change) => send("PATCH", `/accounts/${encodeURIComponent(name)}`, change);
export const getLinks = () => get("/links");
export const addLink = (link) => send("POST", "/links", link);
export const revokeLink = (number) => send("DELETE", `/links/${number}`);
export const lookAtLink = (token) => send("POST", "/links/look", { token });
export const useLink = (given) => send("POST", "/links/use", given);
export const getAudit = (cursor) => get("/audit", { cursor });
export const getShares = (id) => get(jobPath(id, "/shares"));
export const share = (id, account) => send("POST", jobPath(id, "/shares"), { account });
export const unshare = (id, account) => send("DELETE", jobPath(id, `/shares/${encodeURIComponent(account)}`));

export const getApi = () => get("/openapi.json");
export const getTypes = () => get("/types");
export const changedTypes = (etag) => news("/types", etag);
export const listJobs = (query) => get("/jobs", query);
export const countJobs = (query) => get("/jobs/facets", query);
export const changedJobs = (change, query) => get("/jobs", { since: change, ...query });
export const getItems = (id, cursor, status) => get(jobPath(id, "/items"), { cursor, status });
export const getReasons = (id) => get(jobPath(id, "/reasons"));
/** The numbers of all items of a job that a cancel stopped. */
export async function cancelledItems(id) {
  const numbers = new Set();
  let cursor = null;
  do {
    const page = await get(jobPath(id, "/items"), { status: "cancelled", cursor });
    page.items.forEach((item) => numbers.add(item.index));
    cursor = page.next;
  } while (cursor);
  return [...numbers];
}
export const getEvents = (id, cursor) => get(jobPath(id, "/events"), { cursor, include: "traceback" });
export const getResult = (id, cursor) => get(jobPath(id, "/result"), { cursor });
export const resultAddress = (id) => BASE + jobPath(id, "/result");
export const filesAddress = (id) => BASE + jobPath(id, "/files.zip");
export const tableAddress = (id) => BASE + jobPath(id, "/result.csv");
export const fileAddress = (id, index, name) =>
  BASE + jobPath(id, `/items/${index}/files/${encodeURIComponent(name)}`);

/** The file that was uploaded for an item, under the name it had then. */
export async function getInput(id, { index, filename }) {
  let response;
  try {
    response = await fetch(BASE + jobPath(id, `/items/${index}/input`), { cache: "no-store" });
    if (response.ok) return new File([await response.blob()], filename);
  } catch {
    throw new NoAnswer();
  }
  return bodyOrProblem(response.status, await response.text());
}

/** The first bytes of an output file, at most `most`. */
export async function getStart(url, most) {
  const headers = { Range: `bytes=0-${most - 1}` };
  let response;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.timeout(FILE_WITHIN_MS) });
    if (response.ok) return new Uint8Array(await response.arrayBuffer()).subarray(0, most);
  } catch {
    throw new NoAnswer();
  }
  return bodyOrProblem(response.status, await response.text());
}

/** What an attempt of an item printed, as text. */
export async function getLog(id, { index, step, attempt }) {
  const path = withQuery(jobPath(id, `/items/${index}/log`), { step: step || null, attempt });
  const { status, text } = await answer(path, { headers: { Accept: "text/plain, application/problem+json" } });
  return status === 200 ? text : bodyOrProblem(status, text);
}

/** The job and its ETag, or null when it is still what `etag` stands for. */
export async function getJob(id, etag) {
  const found = await news(jobPath(id), etag);
  return found && { job: found.body, etag: found.etag };
}

export const cancelJob = (id) => send("POST", jobPath(id, "/cancel"), {});
export const retryJob = (id) => send("POST", jobPath(id, "/retry"), {});
export const retryItems = (id, items) => send("POST", jobPath(id, "/retry"), { items });
export const giveUpJob = (id) => send("POST", jobPath(id, "/give-up"), {});
export const rerunJob = (id) => send("POST", jobPath(id, "/retry"), { use_cache: false });
export const changeJob = (id, change) => send("PATCH", jobPath(id), change);
export const bulkAction = (request) => send("POST", "/jobs/bulk", request);
export const getDeliveries = (id) => get(jobPath(id, "/deliveries"));
export const redeliver = (id, number) => send("POST", jobPath(id, `/deliveries/${number}/redeliver`), {});
export const getQueues = () => get("/monitoring/queues");
export const getProblems = (period) => get("/monitoring/problems", { period });
export const getWorkers = () => get("/monitoring/workers");
export const getMachines = () => get("/monitoring/machines");
export const getSpace = () => get("/monitoring/space");
export const getHealth = () => get("/monitoring/health");
const queuePath = (name, tail = "") => `/queues/${encodeURIComponent(name)}${tail}`;
export const pauseQueue = (name) => send("POST", queuePath(name, "/pause"), {});
export const resumeQueue = (name) => send("POST", queuePath(name, "/resume"), {});
export const setWorkers = (name, workers) => send("PATCH", queuePath(name), { workers });
export const clearCache = () => send("DELETE", "/cache");
export const getSchedules = () => get("/schedules");
export const getNextRuns = (cron, timezone) => get("/schedules/next-runs", { cron, timezone });
export const addSchedule = (schedule) => send("POST", "/schedules", schedule);
export const changeSchedule = (id, change) => send("PATCH", `/schedules/${id}`, change);
export const runSchedule = (id) => send("POST", `/schedules/${id}/run`, {});
export const deleteSchedule = (id) => send("DELETE", `/schedules/${id}`);
export const deleteJob = (id) => send("DELETE", jobPath(id, "?purge=true"));
/** The same key for the same content: a job that arrived although its answer got lost is not made twice. */
export const freshKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
export const submitJson = (job, key) => send("POST", "/jobs", job, { "Idempotency-Key": key });

/** Sends a multipart form; XMLHttpRequest because fetch cannot tell how much has been sent. */
export function submitUpload(form, { key, signal = null }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${BASE}/jobs`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Idempotency-Key", key);
    request.onerror = () => reject(new NoAnswer());
    request.onabort = () => reject(new DOMException("", "AbortError"));
    request.onload = () => {
      try {
        resolve(bodyOrProblem(request.status, request.responseText));
      } catch (problem) {
        reject(problem);
      }
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

const TUS = { "Tus-Resumable": "1.0.0" };
/* Texts in a header, whatever their script (RFC 4648). */
const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

async function askUpload(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS), ...options, headers: { ...TUS, ...options.headers } });
  } catch {
    throw new NoAnswer();
  }
  const { status } = response;
  if (!response.ok) bodyOrProblem(status, await response.text());
  return response;
}

/** Begins an upload: {url, offset}, which is the end where the server has the file. `path` is the name with its folders. */
export async function beginUpload({ name, path, size, sha256 }) {
  const told = { filename: name, relativePath: path === name ? "" : path, sha256 };
  const given = Object.entries(told).filter(([, value]) => value);
  const metadata = given.map(([key, value]) => `${key} ${encoded(value)}`).join(",");
  const headers = { "Upload-Length": String(size), "Upload-Metadata": metadata };
  const response = await askUpload(`${BASE}/uploads`, { method: "POST", headers });
  return { url: response.headers.get("Location"), offset: Number(response.headers.get("Upload-Offset")) };
}

/** Where an upload continues. */
export async function uploadOffset(url) {
  return Number((await askUpload(url, { method: "HEAD" })).headers.get("Upload-Offset"));
}

/** Ends an upload that no job will take. */
export const deleteUpload = (url) => askUpload(url, { method: "DELETE" });

/** Sends a part of a file; the offset after it. XMLHttpRequest because fetch cannot tell how much has been sent. */
export function sendPart(url, offset, part, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const headers = { ...TUS, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    request.open("PATCH", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onerror = () => reject(new NoAnswer());
    request.onabort = () => reject(new DOMException("", "AbortError"));
    request.onload = () => {
      try {
        bodyOrProblem(request.status, request.responseText);
        resolve(Number(request.getResponseHeader("Upload-Offset")));
      } catch (problem) {
        reject(problem);
      }
    };
    if (signal.aborted) return request.onabort();
    signal.addEventListener("abort", () => request.abort(), { once: true });
    return request.send(part);
  });
}

/* The page of the queues: what waits and runs, what is wrong, and the switches. */

import { tell } from "/static/shared/announce.js";
import { clearCache, getHealth, getQueues, getWorkers, pauseQueue, resumeQueue, setWorkers } from "/static/shared/api.js";
import { find, make, setText } from "/static/shared/dom.js";
import { bytes, duration, many } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { poll } from "/static/shared/poll.js";
import { isAdmin, known } from "/static/shared/user.js";

const EVERY_MS = 2000;
const BACKLOG = { ok: "Up to date", warn: "Behind", critical: "Far behind" };
const rows = find("[data-queues]");
let drawn = "";

function button(label, name, act) {
  const node = make("button", { type: "button", className: "button small", "aria-label": `${label} ${name}` }, label);
  node.addEventListener("click", async () => {
    try {
      await act();
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
    now();
  });
  return node;
}

function workersCell(queue) {
  const change = (by) => () => setWorkers(queue.name, queue.workers + by);
  const fewer = button("−", `fewer workers for ${queue.name}`, change(-1));
  fewer.disabled = queue.workers <= 1;
  if (!isAdmin()) return make("td", { role: "cell" }, String(queue.workers));
  return make("td", { role: "cell", className: "workers-cell" },
    fewer, make("span", { className: "workers-count" }, String(queue.workers)), button("+", `more workers for ${queue.name}`, change(1)));
}

function row(queue) {
  const state = queue.paused ? "Paused" : queue.consumers ? BACKLOG[queue.backlog] : "No worker running";
  const kind = queue.paused || !queue.consumers ? "warn" : queue.backlog;
  const oldest = queue.oldest_age_s === null ? "" : `oldest ${duration(queue.oldest_age_s)}`;
  const toggle = queue.paused
    ? button("Resume", queue.name, () => resumeQueue(queue.name))
    : button("Pause", queue.name, () => pauseQueue(queue.name));
  const number = (value) => make("td", { role: "cell", className: "number" }, String(value));
  return make("tr", { role: "row", "data-queue": queue.name },
    make("th", { role: "rowheader", scope: "row" }, queue.name),
    make("td", { role: "cell" }, make("span", { className: "badge", "data-level": kind }, state)),
    make("td", { role: "cell", className: "number" }, String(queue.depth), oldest ? make("span", { className: "quiet oldest" }, oldest) : null),
    number(queue.running), number(queue.pending), number(queue.failed), workersCell(queue), make("td", { role: "cell" }, isAdmin() ? toggle : null));
}

function drawQueues(queues) {
  const text = stringify(queues.map((queue) => ({ ...queue, oldest_age_s: Math.round(queue.oldest_age_s ?? -1) })));
  if (text === drawn) return;
  drawn = text;
  const focused = document.activeElement?.getAttribute("aria-label");
  rows.replaceChildren(...queues.map(row));
  const again = focused && [...rows.querySelectorAll("button")].find((node) => node.getAttribute("aria-label") === focused);
  if (again) again.focus();
}

function workNode(item) {
  return make("li", {},
    make("a", { href: `/jobs/${encodeURIComponent(item.job_id)}`, dir: "auto" }, item.name),
    make("span", { className: "quiet" }, ` ${item.type}, ${item.progress} %`));
}

function drawWorkers(workers) {
  const running = workers.flatMap((consumer) => consumer.running);
  setText(find("[data-consumers]"), many(workers.length, "consumer"));
  find("[data-running]").replaceChildren(...(running.length ? running.map(workNode) : [make("li", { className: "quiet" }, "Nothing runs at this moment.")]));
}

function drawHealth(health) {
  const problems = find("[data-problems]");
  problems.hidden = health.problems.length === 0;
  problems.replaceChildren(...health.problems.map((problem) => make("p", {}, `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`)));
  setText(find("[data-disk]"), `${bytes(health.disk.free_bytes)} free, database ${bytes(health.disk.database_bytes)}`);
  setText(find("[data-bell]"), `${health.queue.bell === "ok" ? "OK" : health.queue.bell}, through ${health.queue.storage === "redis" ? "Redis" : "SQLite"}`);
  drawServer(health.postgresql);
  const { cache } = health;
  const ratio = cache.hit_ratio === null ? "" : `, ${Math.round(100 * cache.hit_ratio)} % reused`;
  setText(find("[data-cache]"), `${many(cache.entries, "result")}, ${bytes(cache.bytes)}${ratio}`);
}

function drawServer(server) {
  find("[data-server]").hidden = !server;
  if (!server) return;
  const standbys = server.standbys.length ? ` (${server.standbys.join(", ")})` : "";
  const facts = `PostgreSQL ${server.version} at ${server.address}, ${server.encryption || "no TLS"}, round trip ${server.round_trip_ms.toFixed(1)} ms, ${server.free_connections} connections free, standby: ${server.standby}${standbys}`;
  find("[data-server] dd").replaceChildren(make("p", { dir: "auto" }, facts), ...server.warnings.map((warning) => make("p", { className: "quiet" }, `Warning: ${warning}.`)));
}

async function refresh() {
  const [{ queues }, { workers }, health] = await Promise.all([getQueues(), getWorkers(), isAdmin() ? getHealth() : null]);
  find("[data-loading]").hidden = true;
  drawQueues(queues);
  drawWorkers(workers);
  find("[data-installation]").hidden = !health;
  if (health) drawHealth(health);
}

find("[data-clear-cache]").addEventListener("click", async () => {
  try {
    const { removed } = await clearCache();
    tell(`${many(removed, "result")} forgotten; the jobs keep theirs.`);
  } catch (error) {
    tell(error.message, { isProblem: true });
  }
  now();
});
await known;
const now = poll(refresh, () => EVERY_MS);

/* The installation around the jobs: disk, database, wake-up, saved results, and what is wrong. */

import { tell } from "/static/shared/announce.js";
import { clearCache } from "/static/shared/api.js";
import { find, make, setText } from "/static/shared/dom.js";
import { bytes, many } from "/static/shared/format.js";

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export function drawHealth(health) {
  const problems = find("[data-problems]");
  const text = health.problems.map(sentence).join("\n");
  problems.hidden = !text;
  /* The same again would make screen readers say it each time. */
  if (problems.dataset.text !== text) problems.replaceChildren(...health.problems.map((problem) => make("p", {}, sentence(problem))));
  problems.dataset.text = text;
  setText(find("[data-disk]"), `${bytes(health.disk.free_bytes)} free, database ${bytes(health.disk.database_bytes)}`);
  setText(find("[data-bell]"), `${health.queue.bell === "ok" ? "OK" : health.queue.bell}, through ${health.queue.storage === "redis" ? "Redis" : "SQLite"}`);
  drawServer(health.postgresql);
  const { cache } = health;
  const ratio = cache.hit_ratio === null ? "" : `, ${Math.round(100 * cache.hit_ratio)} % reused`;
  setText(find("[data-cache]"), `${many(cache.entries, "result")}, ${bytes(cache.bytes)}${ratio}`);
  find("[data-installation]").hidden = false;
}

function drawServer(server) {
  find("[data-server]").hidden = !server;
  if (!server) return;
  const standbys = server.standbys.length ? ` (${server.standbys.join(", ")})` : "";
  const facts = `PostgreSQL ${server.version} at ${server.address}, ${server.encryption || "no TLS"}, round trip ${server.round_trip_ms.toFixed(1)} ms, ${server.free_connections} connections free, standby: ${server.standby}${standbys}`;
  find("[data-server] dd").replaceChildren(make("p", { dir: "auto" }, facts), ...server.warnings.map((warning) => make("p", { className: "quiet" }, `Warning: ${warning}.`)));
}

export function onCacheCleared(then) {
  find("[data-clear-cache]").addEventListener("click", async () => {
    try {
      const { removed } = await clearCache();
      tell(`${many(removed, "result")} forgotten; the jobs keep theirs.`);
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
    then();
  });
}

/* The installation around the jobs: disk, database, wake-up, saved results, and what is wrong. */

import { tell } from "/static/shared/announce.js";
import { clearCache } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make, setText } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";
import { texts } from "/static/texts/running.js";

let saved = 0;

export function drawHealth(health) {
  const problems = find("[data-problems]");
  const text = health.problems.map(texts.problem).join("\n");
  problems.hidden = !text;
  /* The same again would make screen readers say it each time. */
  if (problems.dataset.text !== text) problems.replaceChildren(...health.problems.map((problem) => make("p", {}, texts.problem(problem))));
  problems.dataset.text = text;
  setText(find("[data-disk]"), texts.disk(bytes(health.disk.free_bytes), bytes(health.disk.database_bytes)));
  setText(find("[data-bell]"), texts.wakeUp(health.queue.bell, texts.bells[health.queue.storage] ?? health.queue.storage));
  drawServer(health.postgresql);
  const { cache } = health;
  saved = cache.entries;
  const percent = cache.hit_ratio === null ? null : Math.round(100 * cache.hit_ratio);
  setText(find("[data-cache]"), texts.cache(cache.entries, bytes(cache.bytes), percent));
  find("[data-installation]").hidden = false;
}

function drawServer(server) {
  find("[data-server]").hidden = !server;
  if (!server) return;
  find("[data-server] dd").replaceChildren(make("p", { dir: "auto" }, texts.server(server)), ...server.warnings.map((warning) => make("p", { className: "quiet" }, texts.serverWarning(warning))));
}

export function onCacheCleared(then) {
  find("[data-clear-cache]").addEventListener("click", async () => {
    if (!(await confirmed(texts.clearCache(saved)))) return;
    try {
      const { removed } = await clearCache();
      tell(texts.cacheCleared(removed));
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
    then();
  });
}

/* The installation around the jobs: disk, database, wake-up, saved results, and what is wrong. */

import { tell } from "/static/shared/announce.js";
import { clearCache } from "/static/shared/api.js";
import { confirmed } from "/static/shared/confirm.js";
import { find, make, redraw, setText } from "/static/shared/dom.js";
import { bytes } from "/static/shared/format.js";
import { withLocalTimes } from "/static/shared/words.js";
import { texts } from "/static/texts/running.js";

let saved = 0;

export function drawHealth(health) {
  const problems = find("[data-problems]");
  const said = health.problems.map((problem) => texts.problem(withLocalTimes(problem)));
  problems.hidden = !said.length;
  redraw(problems, said, () => said.map((text) => make("p", {}, text)));
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

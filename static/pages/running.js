/* The page of the running work: the queues, each running item, and the state of the installation. */

import { keepSteady } from "/static/shared/steady.js";
import { drawHealth, onCacheCleared } from "/static/running/installation.js";
import { drawItems, hasAllFigures, removeEnded, setTypes, startItems } from "/static/running/item-rows.js";
import { drawQueues } from "/static/running/queue-rows.js";
import { tell } from "/static/shared/announce.js";
import { getHealth, getQueues, getTypes, getWorkers } from "/static/shared/api.js";
import { find, setText } from "/static/shared/dom.js";
import { poll } from "/static/shared/poll.js";
import { isAdmin, known } from "/static/shared/user.js";
import { texts } from "/static/texts/running.js";

const EVERY_MS = 2000;
/* The consumers tell within a second that somebody looks. */
const FIRST_MS = 1000;
const HEALTH_EVERY_MS = 10_000;
let healthAt = -Infinity;

async function refreshHealth() {
  if (!isAdmin() || performance.now() - healthAt < HEALTH_EVERY_MS) return;
  const health = await getHealth();
  healthAt = performance.now();
  drawHealth(health);
}

async function refresh() {
  const [{ queues }, { workers }] = await Promise.all([getQueues(), getWorkers(), refreshHealth()]);
  find("[data-loading]").hidden = true;
  drawQueues(queues, now);
  steady.change(() => drawItems(workers.flatMap((consumer) => consumer.running), steady.isHeld()));
  setText(find("[data-consumers]"), texts.consumers(workers.length));
}

const steady = keepSteady(find("[data-running]"), removeEnded);
onCacheCleared(() => {
  healthAt = -Infinity;
  now();
});
getTypes().then(({ types }) => setTypes(types), (error) => tell(error.message, { isProblem: true }));
await known;
startItems(() => now());
const now = poll(refresh, () => (hasAllFigures() ? EVERY_MS : FIRST_MS));

/* The page of the running work: the queues, each running item, and the state of the installation. */

import { keepSteady } from "/static/shared/steady.js";
import { drawHealth, onCacheCleared } from "/static/running/installation.js";
import { drawItems, hasAllFigures, removeEnded, setTypes, startItems } from "/static/running/item-rows.js";
import { drawMachines } from "/static/running/machine-rows.js";
import { drawSpace } from "/static/running/space.js";
import { drawQueues } from "/static/running/queue-rows.js";
import { getHealth, getMachines, getQueues, getSpace, getTypes, getWorkers } from "/static/shared/api.js";
import { find, setText } from "/static/shared/dom.js";
import { poll } from "/static/shared/poll.js";
import { isAdmin, known } from "/static/shared/user.js";
import { texts } from "/static/texts/running.js";

const EVERY_MS = 2000;
/* The consumers tell within a second that somebody looks. */
const FIRST_MS = 1000;
const HEALTH_EVERY_MS = 10_000;
let healthAt = -Infinity;
/* What takes room changes slowly. */
const SPACE_EVERY_MS = 60_000;
let spaceAt = -Infinity;
/* Where there is one machine, another one is no news to hurry with. */
const FEW_MACHINES_EVERY_MS = 30_000;
let machinesAt = -Infinity;

/* None where there is only one. */
let machines = [];

/* What runs in a consumer; where it runs is only of interest among several machines. */
const itemsOf = ({ running, machine }) => running.map((item) => ({ ...item, machine: machines.length ? machine : null }));

let hasTypes = false;

async function refreshTypes() {
  if (hasTypes) return;
  const { types } = await getTypes();
  hasTypes = true;
  setTypes(types);
}

async function refreshHealth() {
  if (!isAdmin() || performance.now() - healthAt < HEALTH_EVERY_MS) return;
  const health = await getHealth();
  healthAt = performance.now();
  drawHealth(health);
}

async function refreshSpace() {
  if (performance.now() - spaceAt < SPACE_EVERY_MS) return;
  drawSpace(await getSpace());
  spaceAt = performance.now();
}

async function refreshMachines() {
  if (performance.now() < machinesAt) return;
  const { machines: found } = await getMachines();
  machines = found.length > 1 ? found : [];
  machinesAt = performance.now() + (machines.length ? 0 : FEW_MACHINES_EVERY_MS);
  drawMachines(machines);
}

async function refresh() {
  /* Two at a time: the server answers no more costly requests of an account at once. */
  const [{ queues }, { workers }] = await Promise.all([getQueues(), getWorkers()]);
  await Promise.all([refreshTypes(), refreshMachines()]);
  find("[data-loading]").hidden = true;
  drawQueues(queues, machines, now);
  steady.change(() => drawItems(workers.flatMap(itemsOf), steady.isHeld()));
  setText(find("[data-consumers]"), texts.consumers(workers.length));
  await refreshHealth();
  await refreshSpace();
}

const steady = keepSteady(find("[data-running]"), removeEnded);
onCacheCleared(() => {
  healthAt = -Infinity;
  now();
});
await known;
startItems(() => now());
const now = poll(refresh, () => (hasAllFigures() ? EVERY_MS : FIRST_MS));

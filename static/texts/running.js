/* What the page Running says. */

import { many, number } from "/static/shared/format.js";

const items = (count) => many(count, "item");

export const texts = {
  consumers: (count) => many(count, "consumer"),

  badgePaused: "Paused",
  noWorker: "No worker running",
  behind: "Behind",
  keepsUp: "Keeps up",
  underMinute: "less than a minute",
  age: (minutes) => {
    if (minutes < 60) return `${minutes} min`;
    return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : many(Math.floor(minutes / (24 * 60)), "day");
  },
  /** Why a queue is as it is, and what waits in it. */
  queue: ({ paused, waiting, oldest, done }) => [
    paused,
    waiting ? `${items(waiting)} waiting` : paused ? "no items waiting" : "No items waiting",
    oldest && `oldest ${oldest}`,
    done && `done about ${done}`,
  ].filter(Boolean).join(", "),
  rest: (scheduled, failed) =>
    [scheduled && `${number(scheduled)} scheduled`, failed && `${number(failed)} failed`].filter(Boolean).join(", "),
  flow: (into, out) => `${into} in, ${out} out per minute`,
  busy: (running, workers, consumers) =>
    `${number(running)} of ${many(workers, "worker")} busy${consumers > 1 ? ` in ${many(consumers, "consumer")}` : ""}`,
  on: "on ",
  range: (least, most) => (least === most ? number(most) : `${number(least)}–${number(most)}`),
  servedByNone: "No machine serves it.",
  servedByAbsent: (names) => `${names.join(", ")} ${names.length > 1 ? "serve it, and take" : "serves it, and takes"} no items now.`,
  fewerWorkers: (queue) => `Fewer workers for ${queue}`,
  moreWorkers: (queue) => `More workers for ${queue}`,
  workersOf: (queue) => `Workers of ${queue}`,
  workersBounds: (most) => `1 to ${most}, the same number in each consumer`,
  reset: (count) => `Reset to ${count}`,
  resetWorkers: (queue, count) => `Reset workers of ${queue} to ${count}, the number in config.ini`,
  resetAll: "Reset",
  resetAllWorkers: (queue) => `Reset workers of ${queue} to what each machine was given`,
  pause: "Pause",
  resume: "Resume",
  actOn: (label, queue) => `${label} ${queue}`,

  machineWorks: "Works",
  machineWarns: "Warning",
  machineIdle: "Takes no items",
  machineAway: "Not there",
  machineSilent: (time, ago) => `Not seen since ${time} (${ago})`,
  machineNew: "New",
  machineNotStarted: "Has joined, and has not started yet",
  machineAbout: ({ is_home: isHome, version, round_trip_ms: trip }) => [
    isHome && "The home",
    version && `Bellhop ${version}`,
    trip !== null && `${number(trip, { maximumSignificantDigits: 2 })} ms to the database and back`,
  ].filter(Boolean).join(", "),
  machineTypes: (types) => {
    const idle = types.filter(({ problem }) => problem).length;
    return `${many(types.length - idle, "job type")}${idle ? `, ${number(idle)} not available` : ""}`;
  },
  machineQueue: ({ running, workers }) => ` ${number(running)} of ${many(workers, "worker")} busy`,
  machineType: ({ type, problem }) => (problem ? `${type} does not run there: ${problem}` : type),
  onMachine: (name) => `on ${name}`,

  cancel: "Cancel",
  cancelJob: "Cancel job",
  place: (place, total) => `Item ${number(place)} of ${number(total)}`,
  attempt: (attempt) => `attempt ${attempt}`,
  of: (owner) => `of ${owner}`,
  ofLimit: (used, limit) => `${used} of ${limit}`,
  percent: (value) => `${value} %`,
  ended: "Ended",
  justStarted: (count) => `${items(count)} started less than a second ago`,
  nothingRuns: "No items are running.",

  problem: (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
  disk: (free, database) => `${free} free, database ${database}`,
  bells: { sqlite: "SQLite", redis: "Redis", postgresql: "PostgreSQL" },
  wakeUp: (state, bell) => `${state === "ok" ? "OK" : state}, through ${bell}`,
  server: (server) => [
    `PostgreSQL ${server.version} at ${server.address}`,
    server.encryption || "no TLS",
    `round trip ${number(server.round_trip_ms, { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ms`,
    `${number(server.free_connections)} connections free`,
    `standby: ${server.standby}${server.standbys.length ? ` (${server.standbys.join(", ")})` : ""}`,
  ].join(", "),
  serverWarning: (text) => `Warning: ${text}.`,
  cache: (results, size, percent) =>
    `${many(results, "result")}, ${size}${percent === null ? "" : `, ${percent} % reused`}`,
  clearCache: (results) => ({
    title: `Clear ${many(results, "saved result")}?`,
    text: "Jobs keep their results. An equal job that is submitted later runs again instead of reusing one.",
    yes: "Clear",
    no: "Keep reusing them",
  }),
  cacheCleared: (results) => `Bellhop cleared ${many(results, "saved result")}. The jobs keep theirs.`,
};

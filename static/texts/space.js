/* What the part Space of the page Running says. */

import { many, number } from "/static/shared/format.js";

const days = (count) => (count === 1 ? "a day" : `${number(count, { maximumFractionDigits: 3 })} days`);

export const texts = {
  jobs: (count) => many(count, "job"),
  jobsOf: (name, count) => `${many(count, "job")} of ${name}`,
  /** What the job types of Bellhop itself do. */
  own: { webhook: "deliveries of webhooks", notice: "notices by mail" },
  /** When Bellhop deletes what of a type. */
  ages: ({ lifetime, kept, soon, soonBytes }) => [
    lifetime ? `Deleted after ${days(lifetime)}` : "Never deleted",
    soon && `${many(soon, "job")}, ${soonBytes}, within 7 days`,
    kept && `${kept} kept`,
  ].filter(Boolean).join("; "),
  kept: "kept",
  kinds: {
    free: "Free",
    jobs: "Jobs",
    uploads: "Other uploads",
    database: "Database",
    log: "Write-ahead log",
    other: "Rest of the disk",
  },
  /** What each is, and what makes room. */
  room: {
    free: (size) => `Bellhop refuses jobs below ${size}: [storage] reserve_mb`,
    jobs: () => "Their files and rows. Fewer days in [lifetime], or delete jobs",
    uploads: () => "Uploads that are not complete or in no job, and files of schedules",
    database: (size) => `${size} of it unused. It shrinks by itself after jobs are deleted`,
    log: () => "It shrinks by itself; if not, bellhop check says why",
    other: () => "Logs, packages of job types, backups, other programs: bellhop space measures them",
  },
};

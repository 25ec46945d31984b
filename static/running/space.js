/* What takes room: of the installation, by job type and owner, and the largest jobs. */

import { at } from "/static/shared/address.js";
import { find, make } from "/static/shared/dom.js";
import { bytes, dayAndTime } from "/static/shared/format.js";
import { jobsAddress } from "/static/shared/jobs-address.js";
import { stringify } from "/static/shared/json.js";
import { isAdmin, isOpen } from "/static/shared/user.js";
import { texts } from "/static/texts/space.js";

const part = find("[data-space]");
const cell = (...content) => make("td", {}, ...content);
const size = (count) => make("td", { className: "number" }, bytes(count));
const oldest = (at) => cell(at ? make("time", { dateTime: at }, dayAndTime(at)) : "–");

function jobsLink(filter, name, count) {
  return cell(make("a", { href: jobsAddress(filter), "aria-label": texts.jobsOf(name, count) }, texts.jobs(count)));
}

function kinds(of) {
  const words = { free: of.disk.reserve_bytes, database: of.unused_bytes };
  const sizes = { free: of.disk.free_bytes, jobs: of.jobs_bytes, uploads: of.uploads_bytes, database: of.database_bytes, log: of.log_bytes, other: of.other_bytes };
  return Object.entries(sizes).map(([kind, count]) =>
    make("tr", {}, make("th", { scope: "row" }, texts.kinds[kind]), size(count), make("td", { className: "quiet" }, texts.room[kind](bytes(words[kind] ?? 0)))));
}

function typeRow(of) {
  const ages = { lifetime: of.results_days, soon: of.soon_jobs, soonBytes: bytes(of.soon_bytes), kept: of.kept_bytes ? bytes(of.kept_bytes) : "" };
  return make("tr", {}, make("th", { scope: "row", dir: "auto" }, of.type), size(of.bytes),
    of.jobs ? jobsLink({ type: of.type }, of.type, of.jobs) : cell(texts.own[of.type]), oldest(of.oldest_at), make("td", { className: "quiet" }, texts.ages(ages)));
}

const ownerRow = (of) => make("tr", {}, make("th", { scope: "row", dir: "auto" }, of.owner), size(of.bytes), jobsLink({ owner: of.owner }, of.owner, of.jobs), oldest(of.oldest_at));

function jobRow(job) {
  const link = make("a", { href: at(`/jobs/${encodeURIComponent(job.job_id)}`), dir: "auto" }, job.name);
  return make("tr", {}, make("th", { scope: "row" }, link, job.keep ? make("span", { className: "quiet" }, ` ${texts.kept}`) : null), size(job.bytes), cell(job.type), make("td", { dir: "auto" }, job.owner), oldest(job.created_at));
}

function drawRows(name, rows) {
  find(`[data-space-${name}]`, part).replaceChildren(...rows);
  find(`[data-space-part="${name}"]`, part).hidden = rows.length === 0;
}

let drawn = "";

export function drawSpace(found) {
  part.hidden = false;
  find("[data-space-scope]", part).hidden = isAdmin() || isOpen() || found.owners.length > 1;
  const text = stringify(found);
  if (text === drawn) return;
  drawn = text;
  drawRows("kinds", found.installation ? kinds(found.installation) : []);
  drawRows("types", found.types.map(typeRow));
  drawRows("owners", found.owners.map(ownerRow));
  drawRows("largest", found.largest.map(jobRow));
}

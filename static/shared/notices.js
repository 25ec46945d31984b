/* Notifications of the browser when jobs end, for those that somebody asked for. One of the open pages looks after them. */

import { at, own } from "/static/shared/address.js";
import { getJob } from "/static/shared/api.js";
import { visible } from "/static/shared/dom.js";
import { parse, stringify } from "/static/shared/json.js";
import { errorMessage, isActive, statusWord } from "/static/shared/words.js";
import { texts } from "/static/texts/notices.js";

/* The jobs that somebody waits for; whether all that are submitted here are. A logout forgets both. */
const JOBS = own("bellhop.notices");
const ALL = own("bellhop.notify");
const EVERY_MS = 4000;
const MOST = 50;
let isLooking = false;

/** Whether this browser can: it shows notifications of secure pages and of this machine only. */
export const canNotify = () => window.isSecureContext && "Notification" in window && "locks" in navigator;

/* A browser may keep nothing, as in a private window. */
function kept(key, otherwise) {
  try {
    return parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, stringify(value));
  } catch {
    return;
  }
}

const isAllowed = () => canNotify() && Notification.permission === "granted";
const pause = () => new Promise((resolve) => setTimeout(resolve, EVERY_MS));
const waitedFor = () => kept(JOBS, []);

export const isWaitedFor = (id) => isAllowed() && waitedFor().includes(id);
export const areAllWaitedFor = () => isAllowed() && kept(ALL, false);

/** Whether the user lets Bellhop notify them, who is asked where that was not decided yet. */
export async function isPermitted() {
  return canNotify() && (await Notification.requestPermission()) === "granted";
}

export function forget(id) {
  keep(JOBS, waitedFor().filter((each) => each !== id));
}

export function waitFor(id) {
  keep(JOBS, [...waitedFor().filter((each) => each !== id), id].slice(-MOST));
  start();
}

export const waitForAll = (on) => keep(ALL, on);

/** A job was submitted in this browser. */
export function noteSubmitted(job) {
  if (areAllWaitedFor() && isActive(job)) waitFor(job.job_id);
}

function notify(job) {
  const address = at(`/jobs/${encodeURIComponent(job.job_id)}`);
  const body = job.status === "failed" ? errorMessage(job) : "";
  const notice = new Notification(visible(texts.ended(job.name, statusWord(job))), { body: visible(body), tag: job.job_id, icon: "/static/shared/bell.svg" });
  notice.onclick = () => {
    notice.close();
    if (location.pathname === address) window.focus();
    else window.open(address, `bellhop-${job.job_id}`);
  };
}

async function look(id) {
  try {
    const { job } = await getJob(id);
    if (isActive(job)) return;
    forget(id);
    notify(job);
  } catch (error) {
    if (error.status === 404 || error.status === 410) forget(id);
    else if (!error.status && error.name === "TypeError") throw error;
  }
}

async function lookAfter() {
  while (isAllowed() && waitedFor().length) {
    for (const id of waitedFor()) await look(id);
    await pause();
  }
}

/* Of all pages, the one that has the lock; when it closes, another one gets it. */
async function start() {
  if (isLooking || !isAllowed() || !waitedFor().length) return;
  isLooking = true;
  try {
    await navigator.locks.request(JOBS, lookAfter);
  } finally {
    isLooking = false;
  }
}

window.addEventListener("storage", ({ key }) => key === JOBS && start());
window.addEventListener("bellhop:submitted", ({ detail }) => noteSubmitted(detail.job));
start();

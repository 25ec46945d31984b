/* Asks again and again: fast while something runs, slow when idle or hidden, with back-off when nobody answers. */

import { Problem, NoAnswer } from "/static/shared/api.js";
import { hideAway, onTryNow, showAway } from "/static/shared/notice.js";

const HIDDEN_MS = 60_000;
const LONGEST_BACK_OFF_MS = 30_000;

/**
 * `ask(wasAway)` fetches and draws; `pauseMs()` says how long to wait then, or null to rest
 * until somebody calls the returned function, comes back to the tab or goes online.
 */
export function poll(ask, pauseMs) {
  let timer = null;
  let failures = 0;
  let asking = false;
  let askAgain = false;

  function nextPause() {
    if (failures) return Math.min(LONGEST_BACK_OFF_MS, 1000 * 2 ** (failures - 1));
    const pause = pauseMs();
    return pause !== null && document.hidden ? HIDDEN_MS : pause;
  }

  function failed(error) {
    /* A fault of the page itself is not the server's absence, and must not end the asking. */
    if (!(error instanceof Problem || error instanceof NoAnswer)) return console.error(error);
    failures += 1;
    showAway(error);
    return undefined;
  }

  async function round() {
    asking = true;
    try {
      await ask(failures > 0);
      failures = 0;
      hideAway();
    } catch (error) {
      failed(error);
    } finally {
      asking = false;
    }
    const pause = askAgain ? 0 : nextPause();
    askAgain = false;
    if (pause !== null) timer = setTimeout(round, pause);
  }

  function now() {
    clearTimeout(timer);
    if (asking) askAgain = true;
    else round();
  }

  document.addEventListener("visibilitychange", () => document.hidden || now());
  window.addEventListener("online", now);
  onTryNow(now);
  now();
  return now;
}

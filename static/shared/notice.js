/* The bar that says the server is away, until it is back. */

import { at } from "/static/shared/address.js";
import { announce } from "/static/shared/announce.js";
import { NoAnswer } from "/static/shared/api.js";
import { find, setText } from "/static/shared/dom.js";
import { texts } from "/static/texts/shared.js";

const bar = find("[data-notice]");

function wordsFor(error) {
  if (error.status === 401) return texts.notLoggedIn;
  if (error instanceof NoAnswer || error.status >= 500) return texts.noAnswerRetry;
  return texts.retryAfter(error.message);
}

export function showAway(error) {
  const words = wordsFor(error);
  setText(find("[data-notice-text]"), words);
  if (bar.hidden) announce(words);
  const link = find("[data-notice-login]");
  link.hidden = error.status !== 401;
  link.href = at(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  bar.hidden = false;
}

export function hideAway() {
  if (!bar.hidden) announce(texts.isBack);
  bar.hidden = true;
}

export function onTryNow(action) {
  find("[data-notice-retry]").addEventListener("click", action);
}

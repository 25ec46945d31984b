/* The pages of this browser that send uploads: one sends an entry, the others show how far it is. */

import { own } from "/static/shared/address.js";
import { freshKey } from "/static/shared/api.js";

const LEFT = own("bellhop.page-left");
/* A page may be busy for so long before it answers. */
const ANSWER_MS = 2000;
const channel = new BroadcastChannel(own("bellhop-uploads"));
/* Pages that were asked whether they are there, and what notes their answers. */
const asked = new Map();

/** What this page is called. */
export const PAGE = freshKey();

export const tellPages = (kind, about) => channel.postMessage({ kind, about });

function lastLeft() {
  try {
    return localStorage.getItem(LEFT);
  } catch {
    return null;
  }
}

/* Noted where the next page of this tab finds it: the message is only for those that are there. */
function note(left) {
  try {
    localStorage.setItem(LEFT, left);
  } catch {
    /* Then the next page waits for an answer. */
  }
}

function ask(page) {
  let note;
  const answer = new Promise((resolve) => (note = resolve));
  const timer = setTimeout(note, ANSWER_MS, false);
  asked.set(page, { answer, note });
  answer.then(() => {
    clearTimeout(timer);
    asked.delete(page);
  });
  tellPages("ask", page);
  return answer;
}

/** Whether a page still runs. Its answer and not the age of a sign of life tells, for browsers slow the clocks of hidden pages. */
export const isThere = async (page) => page !== lastLeft() && (asked.get(page)?.answer ?? ask(page));
/** `hear` has a function for each kind of message; `left()` stops what this page sends, and `back()` is called if it returns as it was. */
export function listen(hear, { left, back }) {
  const answers = {
    ask: (page) => page === PAGE && tellPages("here", page),
    here: (page) => asked.get(page)?.note(true),
  };
  channel.onmessage = ({ data: { kind, about } }) => {
    answers[kind]?.(about);
    hear[kind]?.(about);
  };
  window.addEventListener("pagehide", () => {
    left();
    note(PAGE);
    tellPages("left", PAGE);
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    note("");
    back();
  });
}

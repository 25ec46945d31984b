/* Which notices one gets by mail, and a test that says what happened to it. */

import { tell } from "/static/shared/announce.js";
import { changeNotices, getJob, getNotices, testNotices } from "/static/shared/api.js";
import { find, setText, showText } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { isActive } from "/static/shared/words.js";
import { texts } from "/static/texts/account.js";

const LOOK_EVERY_MS = 500;
/* Longer than an attempt may take; without a consumer there is none. */
const MOST_LOOKS = 150;
const form = find("[data-notices-form]");
let isBusy = false;
let saved = "";

function drawLast(last) {
  setText(find("[data-notices-last]"), last ? texts.lastNotice({ ...last, at: dayAndTime(last.at) }) : "");
}

function draw({ address, wants, sends_mail: sendsMail, domains, last }) {
  saved = address;
  form.elements.address.value = address;
  form.elements.wants.value = wants;
  find("[data-notices-fields]").disabled = !sendsMail;
  setText(find("[data-notices-help]"), sendsMail ? texts.noticesHelp(domains) : texts.noMailServer);
  drawLast(last);
}

/* One thing at a time, in which the pressed button keeps the focus; what was refused stands below. */
async function tried(action) {
  if (isBusy) return;
  isBusy = true;
  showText(find("[data-notices-error]"), "");
  try {
    await action();
  } catch (error) {
    showText(find("[data-notices-error]"), error.message);
  }
  isBusy = false;
}

async function save() {
  const { address, wants } = form.elements;
  draw(await changeNotices({ address: address.value.trim(), wants: wants.value }));
}

/* The job of a test once it ended, or as it is when nobody looks any longer. */
async function ended(id) {
  for (let looks = 1; ; looks += 1) {
    const { job } = await getJob(id);
    if (!isActive(job) || looks === MOST_LOOKS) return job;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function test() {
  await save();
  const { job_id: id } = await testNotices();
  drawLast((await getNotices()).last);
  const { status } = await ended(id);
  const { last } = await getNotices();
  if (status !== "completed") throw new Error(texts.noTest(last?.said));
  drawLast(last);
  tell(texts.testSent);
}

/* A new address gets a test, so that whoever enters it sees at once what is wrong. */
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const address = form.elements.address.value.trim();
  tried(address && address !== saved ? test : async () => {
    await save();
    tell(texts.noticesSaved);
  });
});

find("[data-notices-test]").addEventListener("click", () => form.reportValidity() && tried(test));

/** Show the section, to whoever may have notices. */
export async function startNotices() {
  draw(await getNotices());
  find("[data-notices]").hidden = false;
}

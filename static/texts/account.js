/* What the page of an account says. */

import { many } from "/static/shared/format.js";

const ACCESS = { read: "sees jobs only", submit: "sees and submits jobs", all: "may do everything that you may" };
const used = (time) => (time ? `used ${time}` : "never used");

export const texts = {
  totpOff: "Off. With it, a login also asks for a code from an app on your phone. Tokens of scripts keep working.",
  totpOn: (left) => `On. ${many(left, "recovery code is", "recovery codes are")} left. To get new ones, turn it off and on again.`,
  totpTurnOn: "Turn on",
  totpTurnOff: "Turn off",
  totpTurnedOn: "Two-factor login is on.",
  totpTurnedOff: "Two-factor login is off.",
  wrongCode: "The app does not show this code now. If it does, check the clock of your phone.",
  notCopied: "The browser did not let Bellhop copy it. Select the codes and copy them yourself.",
  open: (command) =>
    `There are no accounts: everybody on this machine may do everything. To share Bellhop, the person who runs it opens the link that Bellhop printed at its start, or types: ${command} user add NAME --role admin`,
  you: ({ name, role, seesAll }) => {
    const sees = seesAll ? "see all jobs" : "see your own jobs and those that others share with you";
    return `${name}, you are ${role === "admin" ? "an" : "a"} ${role} and ${sees}.`;
  },

  noTokens: "You have no tokens.",
  token: ({ scope, usedAt, expiresAt }) =>
    `${ACCESS[scope]}, ${used(usedAt)}, ${expiresAt ? `expires ${expiresAt}` : "never expires"}`,
  tokenName: (number) => `Token ${number}`,
  revoke: { label: "Revoke", question: "Revoke this token?", no: "Don’t revoke" },
  revokeText: (name) => `Scripts that use “${name}” will stop working.`,
  copied: "Copied.",

  session: ({ address, usedAt }) => `from ${address || "this machine"}, ${used(usedAt)}`,
  thisBrowser: (agent) => `This browser (${agent})`,
  aBrowser: "A browser",
  logOut: { label: "Log out", question: "Log this browser out?", no: "Stay logged in" },
  logOutText: (name) => `“${name}” needs your password to log in again.`,
  act: (label, name) => `${label} ${name}`,

  passwordChanged: (tokens) =>
    tokens ? `Your password is changed. ${many(tokens, "token stopped working", "tokens stopped working")}.` : "Your password is changed.",

  noMailServer: "Bellhop sends no mail yet: an admin sets [notices] smtp_host in config.ini.",
  domains: (domains) => (domains.length ? `The address must be in ${domains.join(" or ")}.` : ""),
  noticesHelp: (domains) => `${texts.domains(domains)} If many jobs end within a short time, Bellhop sends one mail about all of them.`.trim(),
  noticesSaved: "Saved.",
  testSent: "The mail server took the test. Look into your mail, also among the spam.",
  noTest: (said) => (said ? `The test was not delivered. ${said}` : "Nothing has sent the test yet. The page Running shows whether a consumer runs."),
  lastNotice: ({ at, status, said }) => {
    if (status === "completed") return `Last notice: ${at}. The mail server took it.`;
    return status === "failed" ? `Last notice: ${at}. Not delivered: ${said}` : `Last notice: ${at}. ${said ? `Not delivered yet: ${said}` : "It is on its way."}`;
  },
};

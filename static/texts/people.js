/* What the page of the accounts says. */

import { many } from "/static/shared/format.js";

const ROLE = { viewer: "Viewer", member: "Member", admin: "Admin" };
const A_ROLE = { viewer: "a viewer", member: "a member", admin: "an admin" };
const MAY = {
  viewer: "Sees jobs that others share with them.",
  member: "Submits jobs, and sees and changes their own.",
  admin: "Sees and changes everything, also accounts.",
};
const stopped = (tokens) => (tokens ? ` ${many(tokens, "token stops working", "tokens stop working")} for good.` : "");

export const texts = {
  open: (command) =>
    `There are no accounts: everybody on this machine may do everything. To start with accounts, the person who runs Bellhop opens the link that Bellhop printed at its start, or types: ${command} user add NAME --role admin`,
  needsOwn: "Type your own password first.",
  fieldError: (message) => `${message[0].toUpperCase()}${message.slice(1)}.`,

  role: ROLE,
  may: MAY,
  mark: ({ isYou, isDisabled, hasTotp }) =>
    [isYou ? " (you)" : "", isDisabled ? " disabled" : "", hasTotp ? " two-factor" : ""].join(""),
  held: (jobs) => many(jobs, "job"),
  roleOf: (name) => `Role of ${name}`,
  jobsOf: ({ name, jobs }) => `${many(jobs, "job")} of ${name}`,
  noLogin: "None within a year",

  toRole: ({ name, role }, wanted) => ({
    title: `Make ${name} ${A_ROLE[wanted]}?`,
    text: `${MAY[wanted]} This applies from the next request of ${name} on.`,
    yes: `Make ${name} ${A_ROLE[wanted]}`,
    no: `Leave ${name} ${A_ROLE[role]}`,
    done: `${name} is now ${A_ROLE[wanted]}.`,
  }),
  disable: ({ name, tokens }) => ({
    label: "Disable",
    title: `Disable ${name}?`,
    text: `${name} is logged out everywhere and cannot log in.${stopped(tokens)} The jobs of ${name} stay, and those that wait or run continue.`,
    yes: `Disable ${name}`,
    no: `Leave ${name} enabled`,
    done: `${name} cannot log in any more.`,
  }),
  enable: ({ name }) => ({
    label: "Enable",
    title: `Enable ${name}?`,
    text: `${name} can log in again with the same password. Earlier tokens stay ended.`,
    yes: `Enable ${name}`,
    no: `Leave ${name} disabled`,
    done: `${name} can log in again.`,
  }),
  removeTotp: ({ name }) => ({
    label: "Remove two-factor",
    title: `Remove the two-factor login of ${name}?`,
    text: `Do this when ${name} has lost the phone and the recovery codes. The password of ${name} is then enough.`,
    yes: `Remove two-factor login of ${name}`,
    no: "Leave it on",
    done: `${name} logs in with the password alone.`,
  }),
  reset: ({ name, tokens }) => ({
    label: "Reset link",
    title: `Make a link for a new password of ${name}?`,
    text: `It works once, for 24 hours. The old password works until ${name} uses the link; then ${name} is logged out everywhere.${stopped(tokens)}`,
    yes: `Make a reset link for ${name}`,
    no: "Make no link",
    done: `${name} can choose a new password with the link.`,
  }),

  invited: (name) => `Invited ${name}.`,
  newLink: {
    invitation: (name) => `Hand this link to ${name}. Copy it now: Bellhop does not show it again.`,
    reset: (name) => `With this link, ${name} chooses a new password. Copy it now: Bellhop does not show it again.`,
  },
  onlyHere: "It is for this machine only, until [server] host or public_url in config.ini lets others reach Bellhop.",
  copied: "Copied.",
  notCopied: "The browser did not let Bellhop copy it. Select the link and copy it yourself.",
  link: ({ kind, role, made_by: by, until }) =>
    `${kind === "reset" ? "New password" : `Invited as ${A_ROLE[role]}`} · by ${by} · until ${until}`,
  revoke: ({ kind, account }) => ({
    label: "Revoke",
    title: kind === "reset" ? `Revoke the reset link of ${account}?` : `Revoke the invitation of ${account}?`,
    text: "The link then only says that it was revoked. You can make another one.",
    yes: `Revoke the link of ${account}`,
    no: "Leave it",
    done: `Revoked the link of ${account}.`,
  }),
};

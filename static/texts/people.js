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
    `There are no accounts: everybody on this machine may do everything. To start with accounts, the person who runs Bellhop types: ${command} user add NAME --role admin`,
  needsOwn: "Type your own password first.",
  fieldError: (message) => `${message[0].toUpperCase()}${message.slice(1)}.`,

  role: ROLE,
  may: MAY,
  mark: ({ isYou, isDisabled }) => [isYou ? " (you)" : "", isDisabled ? " disabled" : ""].join(""),
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
  reset: ({ name, tokens }) => ({
    label: "New password",
    title: `Make a new password for ${name}?`,
    text: `Bellhop shows it to you once. The old password stops working, and ${name} is logged out everywhere.${stopped(tokens)}`,
    yes: `New password for ${name}`,
    no: "Keep the old password",
    done: `${name} has a new password.`,
  }),

  added: (name) => `Added ${name}.`,
  newPassword: (name) => `The password of ${name}. Copy it now: Bellhop does not show it again.`,
  copied: "Copied.",
  notCopied: "The browser did not let Bellhop copy it. Select the password and copy it yourself.",
};

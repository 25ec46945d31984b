/* What the page says to who opened a link that works once. */

import { at } from "/static/shared/address.js";

const ROLE = { viewer: "a viewer", member: "a member", admin: "an admin" };

export const texts = {
  noLink: "This page needs a whole link, with the part after the #. Ask an admin for one.",
  of: {
    first: {
      title: "Make Bellhop private",
      words: () => "Now everybody on this machine may do everything here. Add the first account, an admin: then everybody needs a login, and the jobs from before are yours.",
      submit: "Make Bellhop private",
      doneTitle: "Bellhop is private now",
      done: ({ name }) => `You are logged in as ${name}, an admin. Others need an account: invite them on the page People, which makes a link for each. Only this machine reaches Bellhop until [server] host or public_url in config.ini lets others in. Scripts need a token, from the page Account.`,
      ways: [[at("/people"), "Invite people"], [at("/"), "New job"]],
    },
    invitation: {
      title: "Welcome to Bellhop",
      words: ({ role }) => `You are invited as ${ROLE[role]}. Choose a password for your account.`,
      submit: "Create account",
    },
    reset: {
      title: "New password",
      words: () => "The old password works until you choose a new one. Then you are logged out everywhere, and your tokens end.",
      submit: "Change password",
      doneTitle: "Your password is changed",
      done: () => "Log in with it now.",
      ways: [[at("/login"), "Log in"]],
    },
  },
  differ: "The passwords differ.",
  fieldError: (message) => `${message[0].toUpperCase()}${message.slice(1)}.`,
};

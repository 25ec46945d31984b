/* Sizes, times and durations in words a person reads. */

import { LANGUAGE, texts } from "/static/texts/format.js";

const plural = new Intl.PluralRules(LANGUAGE);

/** A number as people write it; `options` are those of Intl.NumberFormat. */
export const number = (value, options) => value.toLocaleString(LANGUAGE, options);

/** "1 job", "2,000 jobs". A noun with other forms than these gives them by the names of Intl.PluralRules: {one, other}. */
export function many(count, noun) {
  const forms = typeof noun === "string" ? { one: noun, other: `${noun}s` } : noun;
  return texts.count(number(count), forms[plural.select(count)] ?? forms.other);
}

export function bytes(count) {
  if (count < 1024) return many(count, texts.byte);
  let size = count / 1024;
  let unit = 0;
  while (size >= 1024 && unit < texts.units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return texts.size(number(size, { maximumFractionDigits: size < 10 ? 1 : 0, useGrouping: false }), texts.units[unit]);
}

const minutesAndSeconds = (whole) => texts.parts(texts.minutes(Math.floor(whole / 60)), texts.seconds(whole % 60));
const hoursAndMinutes = (whole) => texts.parts(texts.hours(Math.floor(whole / 3600)), texts.minutes(Math.floor((whole % 3600) / 60)));

export function duration(seconds) {
  if (seconds < 0.05) return texts.short;
  if (seconds < 10) return texts.seconds(number(seconds, { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
  const whole = Math.round(seconds);
  if (whole < 60) return texts.seconds(whole);
  return whole < 3600 ? minutesAndSeconds(whole) : hoursAndMinutes(whole);
}

/** A time that passes, or a limit of one, in whole seconds: "5 s", "3 min", "1 h 20 min". */
export function elapsed(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 60) return texts.seconds(whole);
  if (whole < 3600) return whole % 60 ? minutesAndSeconds(whole) : texts.minutes(whole / 60);
  return whole % 3600 < 60 ? texts.hours(Math.floor(whole / 3600)) : hoursAndMinutes(whole);
}

export const secondsBetween = (from, to) => (new Date(to ?? Date.now()) - new Date(from)) / 1000;

export function relative(iso) {
  const seconds = secondsBetween(iso);
  if (seconds < -60) return dayAndTime(iso);
  if (seconds < 45) return texts.justNow;
  if (seconds < 3600) return texts.ago(texts.minutes(Math.max(1, Math.round(seconds / 60))));
  if (seconds < 86_400) return texts.ago(texts.hours(Math.round(seconds / 3600)));
  if (seconds < 7 * 86_400) return texts.ago(many(Math.round(seconds / 86_400), texts.day));
  return new Date(iso).toLocaleDateString([], { dateStyle: "medium" });
}

export const fullTime = (iso) => new Date(iso).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
export const dayAndTime = (iso) => new Date(iso).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
const isToday = (iso) => new Date(iso).toDateString() === new Date().toDateString();
/** Hours and minutes, with the day where that is another one. */
export const shortTime = (iso) =>
  isToday(iso) ? new Date(iso).toLocaleTimeString([], { timeStyle: "short" }) : dayAndTime(iso);
export const clockTime = (iso) => new Date(iso).toLocaleTimeString([], { timeStyle: "medium" });

/** Fills a <time>; one marked data-relative is kept up to date by clock.js. */
export function setTime(node, iso) {
  if (node.dateTime === iso) return;
  node.dateTime = iso;
  node.title = fullTime(iso);
  node.textContent = "relative" in node.dataset ? relative(iso) : dayAndTime(iso);
}

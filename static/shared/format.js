/* Sizes, times and durations in words a person reads. */

import { LANGUAGE, texts } from "/static/texts/format.js";

const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];
const rules = new Intl.PluralRules(LANGUAGE);
const known = CATEGORIES.filter((name) => rules.resolvedOptions().pluralCategories.includes(name));

/** A number as people write it; `options` are those of Intl.NumberFormat. */
export const number = (value, options) => value.toLocaleString(LANGUAGE, options);

/** "1 job", "2,000 jobs": `forms` are those that the language has, in the order of CATEGORIES; a single one takes an s. */
export function many(count, ...forms) {
  const [first, ...others] = forms;
  const all = others.length ? forms : [first, `${first}s`];
  return texts.count(number(count), all[known.indexOf(rules.select(count))]);
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

/** The day of a week that begins with 0, a Sunday. */
export const weekdayName = (day) => new Date(Date.UTC(2023, 0, 1 + day)).toLocaleDateString(LANGUAGE, { weekday: "long", timeZone: "UTC" });
/** A month from 1. */
export const monthName = (month) => new Date(Date.UTC(2023, month - 1)).toLocaleDateString(LANGUAGE, { month: "long", timeZone: "UTC" });

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

/* A cron expression in words; empty where words would be longer than the expression, or not true. */

import { monthName, weekdayName } from "/static/shared/format.js";
import { texts } from "/static/texts/cron.js";

const NICKNAMES = {
  "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
};
const SHORT_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const SHORT_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const MOST_TIMES = 4;
const WEEKDAYS = "1,2,3,4,5";
const WEEKEND = "0,6";


/* The numbers that a field names, null for one that is "*", a step, or of another kind. */
function numbers(field, names = [], first = 0) {
  const found = [];
  for (const part of field.split(",")) {
    const ends = part.split("-").map((end) => {
      const named = names.indexOf(end.toUpperCase());
      return named < 0 ? (/^\d{1,2}$/.test(end) ? Number(end) : NaN) : named + first;
    });
    if (ends.some(Number.isNaN) || ends.length > 2) return null;
    const [from, to = from] = ends;
    for (let number = from; number <= to; number += 1) found.push(number);
  }
  return found.length ? found : null;
}

const stepOf = (field) => Number(/^\*\/(\d{1,2})$/.exec(field)?.[1] ?? NaN);

/* What comes every few minutes or hours; empty where that is not so. */
function oftenWords(minute, hour) {
  if (hour === "*" && (minute === "*" || 60 % stepOf(minute) === 0)) return texts.everyMinutes(minute === "*" ? 1 : stepOf(minute));
  const minutes = numbers(minute);
  if (!minutes || minutes.length > MOST_TIMES) return "";
  if (hour === "*") return texts.everyHours(1, minutes);
  return 24 % stepOf(hour) === 0 ? texts.everyHours(stepOf(hour), minutes) : "";
}

function timeWords(minute, hour) {
  const minutes = numbers(minute) ?? [];
  const times = (numbers(hour) ?? []).flatMap((each) => minutes.map((part) => [each, part]));
  return times.length && times.length <= MOST_TIMES ? texts.at(times) : "";
}

function weekdayWords(field) {
  const days = numbers(field, SHORT_DAYS);
  if (!days) return "";
  const known = [...new Set(days.map((day) => day % 7))].sort();
  if (known.length === 7) return texts.everyDay;
  if (known.join() === WEEKDAYS) return texts.everyWeekday;
  if (known.join() === WEEKEND) return texts.everyWeekend;
  return texts.everyOf([...known.filter(Boolean), ...known.filter((day) => !day)].map(weekdayName));
}

function dateWords(day, month) {
  const days = day === "L" ? [texts.lastDay] : (numbers(day) ?? []).map(texts.day);
  const months = month === "*" ? [texts.eachMonth] : (numbers(month, SHORT_MONTHS, 1) ?? []).map(monthName);
  if (!days.length || !months.length || days.length > MOST_TIMES || months.length > MOST_TIMES) return "";
  return texts.dates(days, months);
}

function dayWords(day, month, weekday) {
  if (day === "*" && month === "*") return weekday === "*" ? texts.everyDay : weekdayWords(weekday);
  if (weekday === "*" && day !== "*") return dateWords(day, month);
  return "";
}

/** Such as "Every weekday at 08:00". */
export function cronWords(cron) {
  const text = cron.trim();
  const fields = (NICKNAMES[text.toLowerCase()] ?? text).split(/\s+/);
  if (fields.length !== 5) return "";
  const [minute, hour, day, month, weekday] = fields;
  const often = oftenWords(minute, hour);
  const times = often || timeWords(minute, hour);
  const days = dayWords(day, month, weekday);
  if (!times || !days) return "";
  /* What comes every few minutes or hours comes every day, unless days are named. */
  const words = often ? texts.often(often, days === texts.everyDay ? "" : days) : texts.onDays(days, times);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

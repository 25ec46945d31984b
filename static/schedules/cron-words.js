/* A cron expression in words; empty where words would be longer than the expression, or not true. */

const NICKNAMES = {
  "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
};
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const SHORT_DAYS = DAYS.map((day) => day.slice(0, 3).toUpperCase());
const SHORT_MONTHS = MONTHS.map((month) => month.slice(0, 3).toUpperCase());
const MOST_TIMES = 4;
const WEEKDAYS = "1,2,3,4,5";
const WEEKEND = "0,6";

const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
const two = (number) => String(number).padStart(2, "0");

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

function timeWords(minute, hour) {
  if (minute === "*" && hour === "*") return "every minute";
  if (hour === "*" && 60 % stepOf(minute) === 0) return stepOf(minute) === 1 ? "every minute" : `every ${stepOf(minute)} minutes`;
  const minutes = numbers(minute);
  if (!minutes) return "";
  const past = `at ${listed(minutes.map((each) => `:${two(each)}`))}`;
  if (hour === "*") return minutes.length > MOST_TIMES ? "" : `every hour ${past}`;
  if (24 % stepOf(hour) === 0 && minutes.length <= MOST_TIMES) return stepOf(hour) === 1 ? `every hour ${past}` : `every ${stepOf(hour)} hours ${past}`;
  const times = (numbers(hour) ?? []).flatMap((each) => minutes.map((part) => `${two(each)}:${two(part)}`));
  return times.length && times.length <= MOST_TIMES ? `at ${listed(times)}` : "";
}

function weekdayWords(field) {
  const days = numbers(field, SHORT_DAYS);
  if (!days) return "";
  const known = [...new Set(days.map((day) => day % 7))].sort();
  if (known.length === 7) return "every day";
  if (known.join() === WEEKDAYS) return "every weekday";
  if (known.join() === WEEKEND) return "every Saturday and Sunday";
  return `every ${listed([...known.filter(Boolean), ...known.filter((day) => !day)].map((day) => DAYS[day]))}`;
}

function dateWords(day, month) {
  const days = day === "L" ? ["the last day"] : (numbers(day) ?? []).map((each) => `day ${each}`);
  const months = month === "*" ? ["each month"] : (numbers(month, SHORT_MONTHS, 1) ?? []).map((each) => MONTHS[each - 1]);
  if (!days.length || !months.length || days.length > MOST_TIMES || months.length > MOST_TIMES) return "";
  return `on ${listed(days)} of ${listed(months)}`;
}

function dayWords(day, month, weekday) {
  if (day === "*" && month === "*") return weekday === "*" ? "every day" : weekdayWords(weekday);
  if (weekday === "*" && day !== "*") return dateWords(day, month);
  return "";
}

/** Such as "Every weekday at 08:00". */
export function cronWords(cron) {
  const text = cron.trim();
  const fields = (NICKNAMES[text.toLowerCase()] ?? text).split(/\s+/);
  if (fields.length !== 5) return "";
  const [minute, hour, day, month, weekday] = fields;
  const times = timeWords(minute, hour);
  const days = dayWords(day, month, weekday);
  if (!times || !days) return "";
  /* What comes every few minutes or hours comes every day, unless days are named. */
  const isOften = times.startsWith("every");
  const words = isOften ? (days === "every day" ? times : `${times}, ${days}`) : `${days} ${times}`;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

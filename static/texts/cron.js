/* When a schedule runs, in words. */

const two = (number) => String(number).padStart(2, "0");
const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
const past = (minutes) => `at ${listed(minutes.map((minute) => `:${two(minute)}`))}`;

export const texts = {
  everyMinutes: (count) => (count === 1 ? "every minute" : `every ${count} minutes`),
  /** On these minutes of every hour, or of every second one, and so on. */
  everyHours: (count, minutes) => `${count === 1 ? "every hour" : `every ${count} hours`} ${past(minutes)}`,
  /** `times` are pairs of an hour and a minute. */
  at: (times) => `at ${listed(times.map(([hour, minute]) => `${two(hour)}:${two(minute)}`))}`,
  everyDay: "every day",
  everyWeekday: "every weekday",
  everyWeekend: "every Saturday and Sunday",
  everyOf: (days) => `every ${listed(days)}`,
  lastDay: "the last day",
  day: (number) => `day ${number}`,
  eachMonth: "each month",
  dates: (days, months) => `on ${listed(days)} of ${listed(months)}`,
  often: (times, days) => (days ? `${times}, ${days}` : times),
  onDays: (days, times) => `${days} ${times}`,
};

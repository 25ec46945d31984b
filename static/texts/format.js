/* The words of counts, sizes and times. */

export const LANGUAGE = "en";

export const texts = {
  count: (number, noun) => `${number} ${noun}`,
  units: ["KB", "MB", "GB", "TB"],
  size: (number, unit) => `${number} ${unit}`,
  short: "less than 0.1 s",
  seconds: (count) => `${count} s`,
  minutes: (count) => `${count} min`,
  hours: (count) => `${count} h`,
  byte: "byte",
  day: "day",
  parts: (first, second) => `${first} ${second}`,
  justNow: "just now",
  ago: (time) => `${time} ago`,
};

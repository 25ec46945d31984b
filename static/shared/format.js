/* Sizes, times and durations in words a person reads. */

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

export function bytes(count) {
  let size = count;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  if (unit === 0) return `${count} ${count === 1 ? "byte" : "bytes"}`;
  return `${size < 10 ? Number(size.toFixed(1)) : Math.round(size)} ${UNITS[unit]}`;
}

export const many = (count, one, more = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

export function duration(seconds) {
  if (seconds < 0.05) return "less than 0.1 s";
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A time that passes, or a limit of one, in whole seconds: "5 s", "3 min", "1 h 20 min". */
export function elapsed(seconds) {
  const whole = Math.floor(seconds);
  const parts = whole < 3600
    ? [[Math.floor(whole / 60), "min"], [whole % 60, "s"]]
    : [[Math.floor(whole / 3600), "h"], [Math.floor((whole % 3600) / 60), "min"]];
  return parts.filter(([count]) => count).map((part) => part.join(" ")).join(" ") || "0 s";
}

export const secondsBetween = (from, to) => (new Date(to ?? Date.now()) - new Date(from)) / 1000;

export function relative(iso) {
  const seconds = secondsBetween(iso);
  if (seconds < -60) return dayAndTime(iso);
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return many(Math.round(seconds / 86_400), "day") + " ago";
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

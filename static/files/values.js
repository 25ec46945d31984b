/* What the texts of a column are, numbers, dates or words, so that it is sorted as people expect. */

const SAMPLE = 500;
const BLANK = /^(?:|-|–|—|n\/?a|nan|null|none)$/i;
const SIGNED = /^\((.+)\)$/;
const POINT = /^[+-]?(?:\d{1,3}(?:[,'’\u00a0\u202f ]\d{3})+|\d+)?(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const COMMA = /^[+-]?(?:\d{1,3}(?:[.'’\u00a0\u202f ]\d{3})+|\d+)(?:,\d+)?$/;
const ISO = /^(\d{4})([-/])(\d\d?)\2(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;
const DAYS = /^(\d\d?)([./-])(\d\d?)\2(\d{4}|\d\d)(?:[, ]+(\d\d?):(\d\d)(?::(\d\d))?)?$/;
const NAMED = /^(?:[a-z]{3,9}\.? \d\d?,? \d{4}|\d\d? [a-z]{3,9}\.? \d{4})$/i;

export const isBlank = (value) => value === null || value === undefined || BLANK.test(String(value).trim());

/* "(1,234.50 €)" is -1,234.50. */
function bare(value) {
  const text = String(value).trim().replaceAll("−", "-");
  const inner = text.match(SIGNED);
  const found = (inner ? `-${inner[1]}` : text).replace(/^([+-]?)[$€£¥]\s?/, "$1").replace(/\s?[%$€£¥]$/, "");
  return found === "" ? "x" : found;
}

const point = (value) => (POINT.test(bare(value)) && /\d/.test(value) ? Number(bare(value).replace(/[,'’\u00a0\u202f ]/g, "")) : NaN);
const comma = (value) => (COMMA.test(bare(value)) ? Number(bare(value).replace(/[.'’\u00a0\u202f ]/g, "").replace(",", ".")) : NaN);

function moment(year, month, day, [hour, minute, second] = []) {
  const full = year.length === 2 ? 2000 + Number(year) : Number(year);
  const found = new Date(Date.UTC(full, month - 1, day, hour ?? 0, minute ?? 0, second ?? 0));
  return found.getUTCMonth() === month - 1 ? found.getTime() : NaN;
}

function zoneMs(zone) {
  const parts = zone?.match(/([+-])(\d\d):?(\d\d)/);
  return parts ? Number(`${parts[1]}1`) * (Number(parts[2]) * 60 + Number(parts[3])) * 60_000 : 0;
}

function iso(value) {
  const parts = String(value).trim().match(ISO);
  if (!parts) return NaN;
  return moment(parts[1], Number(parts[3]), Number(parts[4]), parts.slice(5, 8)) + Number(`0.${parts[8] ?? 0}`) * 1000 - zoneMs(parts[9]);
}

function days(value, monthFirst) {
  const parts = String(value).trim().match(DAYS);
  if (!parts) return NaN;
  const [one, two] = [Number(parts[1]), Number(parts[3])];
  return monthFirst ? moment(parts[4], one, two, parts.slice(5, 8)) : moment(parts[4], two, one, parts.slice(5, 8));
}

const named = (value) => (NAMED.test(String(value).trim()) ? Date.parse(`${String(value).trim()} UTC`) : NaN);

const READERS = [
  ["number", point], ["number", comma], ["date", iso],
  ["date", (value) => days(value, false)], ["date", (value) => days(value, true)], ["date", named],
];

/** {kind: "number" | "date" | "text", read}: `read` gives what values are compared by, NaN for what is another kind. */
export function columnOf(values) {
  const sample = [];
  for (const value of values) {
    if (!isBlank(value) && sample.push(value) === SAMPLE) break;
  }
  if (sample.length) {
    const found = READERS.find(([, read]) => sample.every((value) => !Number.isNaN(read(value))));
    if (found) return { kind: found[0], read: found[1] };
  }
  return { kind: "text", read: String };
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/* What has no value, or one of another kind, stands behind all others, whichever way they are sorted. */
function rank(value, key) {
  if (isBlank(value)) return 2;
  return Number.isNaN(key) ? 1 : 0;
}

/** The places of `values` in order; equal ones stay as they were. */
export function sorted(values, { kind, read }, isDown) {
  const keys = values.map((value) => ({ key: isBlank(value) ? NaN : read(value), value }));
  const ranks = keys.map(({ key, value }) => rank(value, key));
  const compare = kind === "text" ? collator.compare : (one, two) => one - two;
  return values.map((_, place) => place).sort((one, two) => {
    if (ranks[one] !== ranks[two]) return ranks[one] - ranks[two];
    if (ranks[one]) return one - two;
    return (isDown ? -1 : 1) * compare(keys[one].key, keys[two].key) || one - two;
  });
}

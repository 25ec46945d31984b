/* JSON in which whole numbers beyond 2^53 keep all their digits: they are BigInt here. No other
   module reads or writes JSON. A browser without source text access reads them as before. */

/** A number as it was written. */
export function numberOf(text) {
  const number = Number(text);
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(text) ? BigInt(text) : number;
}

const revived = (name, value, { source } = {}) => (typeof value === "number" && source ? numberOf(source) : value);
const written = (name, value) => (typeof value === "bigint" ? (JSON.rawJSON?.(String(value)) ?? Number(value)) : value);

/** A SyntaxError for what is no JSON. Only what has so long a number needs a look at each value. */
export const parse = (text) => JSON.parse(text, /\d{16}/.test(text) ? revived : undefined);
export const stringify = (value) => JSON.stringify(value, written);

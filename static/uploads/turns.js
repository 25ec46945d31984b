/* Few parts are on their way at once; who waits longest is next, so that no upload holds up the others. */

const AT_ONCE = 3;
const waiting = [];
let active = 0;

/** What `act` gives, once it is its turn. */
export async function inTurn(act) {
  if (active >= AT_ONCE) await new Promise((resolve) => waiting.push(resolve));
  else active += 1;
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else active -= 1;
  }
}

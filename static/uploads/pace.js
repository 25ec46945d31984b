/* How fast an upload is: over the last seconds, so that the figure is calm and still true. */

const WINDOW_MS = 8000;
/* Earlier than that, it says nothing. */
const LEAST_MS = 1000;

export function startPace() {
  let marks = [];
  const span = () => marks.at(-1).at - marks[0].at;
  return {
    note(sent) {
      const at = performance.now();
      /* What is sent again after an interruption is no progress, nor is it a step back. */
      if (marks.length && sent < marks.at(-1).sent) marks = [];
      marks.push({ at, sent });
      while (marks.length > 2 && at - marks[1].at > WINDOW_MS) marks.shift();
    },
    restart: () => (marks = []),
    /** Bytes per second, or null while nobody can know. */
    rate() {
      if (marks.length < 2 || span() < LEAST_MS) return null;
      const sent = marks.at(-1).sent - marks[0].sent;
      return sent > 0 ? (1000 * sent) / Math.max(span(), performance.now() - marks[0].at) : null;
    },
  };
}

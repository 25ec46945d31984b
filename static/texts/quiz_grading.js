/* What the viewer of graded answers says. */

import { many, number } from "/static/shared/format.js";

const points = (value) => number(value, { maximumFractionDigits: 2 });
const of = (value, most) => `${points(value)} of ${points(most)}`;

export const texts = {
  verdict: { correct: "Correct", close: "Close", wrong: "Wrong", blank: "Left blank" },
  look: "look at this",
  similarity: (percent) => `${percent} % similar`,
  points,
  of,
  total: "Total",
  answers: "Graded answers",
  sheets: "Points of each sheet",
  column: {
    sheet: "Sheet", question: "Question", given: "Given", expected: "Expected", verdict: "Verdict", points: "Points",
    correct: "Correct", close: "Close", wrong: "Wrong", blank: "Blank",
  },
  summary: ({ reached, most, close, open }) => (close
    ? `${of(reached, most)} points for sure; ${many(close, "answer is", "answers are")} close: decide about up to ${points(open)} more.`
    : `${of(reached, most)} points.`),
};

/* What the viewer of quiz sheets says. */

import { many } from "/static/shared/format.js";

const questions = (count) => many(count, "question");

export const texts = {
  intro: (count, images) => `${questions(count)} on ${many(images, "image")}. Correct what was misread, then grade it.`,
  image: (place) => `Image ${place}`,
  imageTitle: (name, count, hasHandwriting) => `${name}: ${questions(count)}${hasHandwriting ? ", with handwriting" : ""}`,
  picture: (name) => `${name}, upright`,
  noPicture: "The picture was deleted.",
  score: (percent) => `${percent} %`,
  line: (text, score) => `${text}, read with ${score}; show its box`,
  otherLines: "Lines outside the questions",
  readLines: (count) => many(count, "recognised line", "recognised lines"),

  question: (name) => `Question ${name}`,
  number: "Question",
  prompt: "Prompt",
  answer: "Answer",
  remove: "Remove",
  removeQuestion: (name) => `Remove question ${name}`,
  mayBeExchanged: "Prompt and answer may be swapped. ",
  exchange: "Swap",
  add: "Add a question",

  key: "Answer key",
  keyExample: "1: Paris | City of Paris\n2: 1789",
  keyHelp: "One question per line, such as “1: Paris”. Put | between several accepted answers.",
  keyMissing: "Write the answer key first.",
  grade: "Grade",
};

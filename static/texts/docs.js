/* What the reference of the HTTP API says besides its OpenAPI document. */

export const texts = {
  type: {
    string: "text", integer: "whole number", number: "number", boolean: "true or false",
    object: "object", array: "list", null: "null",
  },
  or: " or ",
  listOf: "list of ",
  anyJson: "any JSON",
  file: "file",
  time: "time",
  timeOrNull: "time or null",
  optional: "optional",
  optionalIn: (place) => `${place}, optional`,

  fromTo: (least, most) => `${least} to ${most}`,
  atLeast: (count) => `at least ${count}`,
  atMost: (count) => `at most ${count}`,
  atMostCharacters: (count) => `at most ${count} characters`,
  usual: (value) => `default ${value}`,

  parameters: "Parameters",
  body: "Body",
  bodyOptional: "Body, optional",
  bodyOf: (kind) => `Body, ${kind}`,
  answers: "Answers",
  withHeaders: "with ",
  example: "Example",
  examples: "Examples",

  problems: "Problems",
  problemsOfAll: "Every route may answer these, too.",
  onlyProblemsOfAll: "Only what every route may answer.",
  problemsWords: "What every route may answer, and what only changes may answer.",
  problemsEvery: "Problems of every route",
  changes: "Of POST, PATCH and DELETE",
  problemsChanges: "Problems of changes",
  data: "Data",
  dataWords: "What clients send and Bellhop answers.",
  membersOf: (name) => `Members of ${name}`,
};

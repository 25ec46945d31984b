/* What the job types are called: their labels change when somebody writes a job type. */

let labels = new Map();

export const labelOf = (type) => labels.get(type) ?? type;

export function setLabels(types) {
  labels = new Map(types.map((type) => [type.type, type.label || type.type]));
}

/* Small helpers for building the page without ever parsing data as HTML. */

export const find = (selector, root = document) => root.querySelector(selector);

/* What reorders the text around it, so that one name looks like another: "\u202egnp.exe" as "exe.png". */
const REORDERS = /[\u202a-\u202e\u2066-\u2069]/g;
/** A text with the characters that reorder it made visible, as the commands write them. */
export const visible = (text) => text.replace(REORDERS, (found) => `\\u${found.charCodeAt(0).toString(16)}`);
const shown = (part) => (typeof part === "string" ? visible(part) : part);

/** make("p", {className: "x", title: "y"}, "text", node…): properties, not attributes; "aria-*" and "data-*" become attributes. */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, given] of Object.entries(properties)) {
    if (given === undefined || given === null) continue;
    const value = name === "title" || name.startsWith("aria-") ? shown(given) : given;
    if (name.includes("-") || name === "role" || name === "for") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined).map(shown));
  return node;
}

export const fromTemplate = (selector) => find(selector).content.firstElementChild.cloneNode(true);

/* Writing the same text again would make screen readers speak and selections vanish. */
export function setText(node, given) {
  const text = shown(given);
  if (node.textContent !== text) node.textContent = text;
}

/** Shows `text` in the node, or hides the node when there is none. */
export function showText(node, text) {
  setText(node, text || "");
  node.hidden = !text;
}

/** Says to screen readers and to the eye whether what stands in a field is wrong; without a value the attribute would say no. */
export function markWrong(field, isWrong) {
  if (isWrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

export function setData(node, name, value) {
  if (node.dataset[name] !== String(value)) node.dataset[name] = value;
}

/** Gives the node the children that `draw()` makes, only where `said` is something else than at the last call. */
export function redraw(node, said, draw) {
  const text = said.join("\n");
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  node.replaceChildren(...draw());
}

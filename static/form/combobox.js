/* A field with a list of what was found for its text: the combobox of the ARIA practices. The focus stays in the
   field, and the arrow keys go through the list. */

import { make } from "/static/shared/dom.js";

const PAUSE_MS = 250;

/** {input, list}: `search(text)` resolves to nodes, of which `pick(node)` gets the one that was chosen; `enter(text)` gets what has none. */
export function combobox({ id, label, listLabel, search, pick, enter }) {
  const list = make("ul", { id: `${id}-found`, className: "found", role: "listbox", "aria-label": listLabel, hidden: true });
  const input = make("input", {
    type: "text", id: `${id}-find`, role: "combobox", autocomplete: "off", placeholder: label, dir: "auto",
    "aria-label": label, "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  });
  let active = null;
  let timer = null;
  let asked = 0;

  function mark(node) {
    active?.setAttribute("aria-selected", "false");
    active = node ?? null;
    active?.setAttribute("aria-selected", "true");
    active?.scrollIntoView({ block: "nearest" });
    if (active) input.setAttribute("aria-activedescendant", active.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function show(nodes) {
    nodes.forEach((node, place) => {
      node.id = `${id}-found-${place}`;
      node.setAttribute("role", "option");
      node.setAttribute("aria-selected", "false");
    });
    mark(null);
    list.replaceChildren(...nodes);
    list.hidden = nodes.length === 0;
    input.setAttribute("aria-expanded", !list.hidden);
    if (!list.hidden) list.scrollIntoView({ block: "nearest" });
  }

  function close() {
    clearTimeout(timer);
    asked += 1;
    show([]);
  }

  /* An answer that comes late is not shown. */
  async function open() {
    const mine = (asked += 1);
    const nodes = await search(input.value.trim());
    if (mine === asked && document.activeElement === input) show(nodes);
  }

  function choose(node) {
    input.value = "";
    close();
    pick(node);
  }

  function move(by) {
    if (list.hidden) return open();
    const nodes = [...list.children];
    const place = nodes.indexOf(active) + by;
    return mark(nodes.at(active || by > 0 ? place % nodes.length : -1));
  }

  const keys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => (active ? choose(active) : enter(input.value)),
    Escape: close,
  };
  input.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || (event.key === "Escape" && list.hidden)) return;
    event.preventDefault();
    keys[event.key]();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(open, PAUSE_MS);
  });
  input.addEventListener("click", () => list.hidden && open());
  input.addEventListener("blur", close);
  /* The field keeps the focus when the list is pressed. */
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => target.closest("[role=option]") && choose(target.closest("[role=option]")));
  return { input, list };
}

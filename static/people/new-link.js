/* A link that was made, which is shown once: until the next one, or until the page is left. */

import { tell } from "/static/shared/announce.js";
import { find, setText } from "/static/shared/dom.js";
import { texts } from "/static/texts/people.js";

const shown = find("[data-new-link]");

export function showNewLink({ kind, account, link }) {
  setText(find("[data-new-link-words]"), texts.newLink[kind](account));
  setText(find("[data-new-link-text]"), new URL(link, location.href).href);
  shown.hidden = false;
  shown.scrollIntoView({ block: "nearest" });
}

find("[data-copy-link]").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(find("[data-new-link-text]").textContent);
    tell(texts.copied);
  } catch {
    tell(texts.notCopied, { isProblem: true });
  }
});

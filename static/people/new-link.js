/* A link that was made, which is shown once: until the next one, or until the page is left. */

import { tell } from "/static/shared/announce.js";
import { find, setText } from "/static/shared/dom.js";
import { texts } from "/static/texts/people.js";

const shown = find("[data-new-link]");
const THIS_MACHINE = ["localhost", "127.0.0.1", "[::1]"];

export function showNewLink({ kind, account, link }) {
  const { hostname, href } = new URL(link, location.href);
  const words = [texts.newLink[kind](account), THIS_MACHINE.includes(hostname) && texts.onlyHere];
  setText(find("[data-new-link-words]"), words.filter(Boolean).join(" "));
  setText(find("[data-new-link-text]"), href);
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

/* Jobs of one's own, found by their names; ids can be pasted as well. Each chosen job is a chip. */

import { combobox } from "/static/form/combobox.js";
import { labelFor } from "/static/form/type-chooser.js";
import { announce, tell } from "/static/shared/announce.js";
import { getJob, listJobs } from "/static/shared/api.js";
import { make, setText } from "/static/shared/dom.js";
import { relative } from "/static/shared/format.js";
import { isOpen, userName } from "/static/shared/user.js";
import { statusWord } from "/static/shared/words.js";
import { texts } from "/static/texts/fields.js";

const MOST_FOUND = 8;
const ID = /^[0-9a-f]{20}$/;

/* The ids in a text: as such, or as the addresses of pages of jobs; none if there is anything else. */
function idsIn(text) {
  const words = text.split(/[\s,;]+/).filter(Boolean).map((word) => word.replace(/^.*\/jobs\//, ""));
  return words.every((word) => ID.test(word)) ? words : [];
}

function option(job) {
  const about = [labelFor(job.type), statusWord(job), relative(job.created_at)].join(" · ");
  return make("li", { "data-found": job.job_id }, make("span", { className: "found-name", dir: "auto" }, job.name), make("span", { className: "quiet" }, about));
}

/** The control of a list of ids. */
export function jobPicker(schema, id) {
  const chosen = new Map();
  const chips = make("ul", { className: "chips", "aria-label": texts.jobs.chosen });
  const control = make("div", { className: "picker", role: "group" }, chips);

  function changed() {
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function remove(key) {
    chosen.get(key).node.remove();
    chosen.delete(key);
    field.input.focus();
    changed();
  }

  function add(key, name = key) {
    if (chosen.has(key)) return;
    const text = make("span", { dir: "auto" }, name);
    const button = make("button", { type: "button", className: "button icon", "aria-label": texts.jobs.remove(name) }, "×");
    button.addEventListener("click", () => remove(key));
    const node = make("li", { className: "chip", title: key }, text, button);
    chosen.set(key, { node });
    chips.append(node);
    if (name === key) getJob(key).then(({ job }) => {
      setText(text, job.name);
      button.setAttribute("aria-label", texts.jobs.remove(job.name));
    }, () => {});
  }

  async function search(text) {
    try {
      const { jobs } = await listJobs({ q: text, limit: MOST_FOUND, ...(isOpen() ? {} : { owner: userName() }) });
      const found = jobs.filter((job) => !chosen.has(job.job_id));
      announce(texts.jobs.found(found.length));
      return found.map(option);
    } catch (error) {
      tell(error.message, { isProblem: true });
      return [];
    }
  }

  /* Takes the ids in a text; whether it has any. */
  function take(text) {
    const ids = idsIn(text);
    if (!ids.length) return false;
    ids.forEach((each) => add(each));
    field.input.value = "";
    changed();
    return true;
  }

  const field = combobox({
    id, search, enter: take, label: texts.jobs.find, listLabel: texts.jobs.list,
    pick(node) {
      add(node.dataset.found, node.firstElementChild.textContent);
      changed();
    },
  });
  field.input.addEventListener("paste", (event) => take(event.clipboardData.getData("text/plain")) && event.preventDefault());
  control.append(field.input, field.list);
  control.focus = () => field.input.focus();
  (schema.default ?? []).forEach((each) => add(each));

  const read = () => {
    const ids = [...chosen.keys(), ...idsIn(field.input.value)];
    return ids.length ? ids : undefined;
  };
  const left = () => field.input.value.trim();
  return { control, isGroup: true, read, rule: () => (left() && !idsIn(left()).length ? texts.jobs.unknown(left()) : "") };
}

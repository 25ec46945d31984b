/* Quiz sheets: each picture with the boxes of its lines, beside it the questions to correct, and below
   the answer key. "Grade" submits the corrected text; until then edits stay in sessionStorage. */

import { at, own } from "/static/shared/address.js";
import { freshKey, submitJson } from "/static/shared/api.js";
import { find, make, showText } from "/static/shared/dom.js";
import { parse, stringify } from "/static/shared/json.js";
import { texts } from "/static/texts/quiz.js";

const SVG = "http://www.w3.org/2000/svg";
const DOUBTFUL = 0.8;
let views = 0;

function drawn(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/* What was typed, kept for this tab: a reload or a look at another page loses nothing. */
function keeper({ job, item }, data) {
  const place = own(["quiz", job.job_id, item.index, item.step ?? 0].join(" "));
  const fresh = () => ({
    key: (data.answer_key ?? []).join("\n"),
    images: data.images.map((image) => image.questions.map(({ number, prompt, answer }) => ({ number, prompt, answer }))),
  });
  const read = () => {
    try {
      const kept = parse(sessionStorage.getItem(place));
      return kept?.images?.length === data.images.length ? kept : fresh();
    } catch {
      return fresh();
    }
  };
  const keep = (state) => {
    try {
      sessionStorage.setItem(place, stringify(state));
    } catch {
      /* Full or forbidden: the fields still hold it. */
    }
  };
  return { state: read(), keep };
}

/** One picture with a box per line; `light(lines)` shows the boxes of these lines. */
function pictureNode(image, name, url, onPick) {
  const boxes = new Map();
  const lines = [...image.questions.flatMap((question) => question.lines), ...image.other_lines];
  const owners = image.questions.flatMap((question, place) => question.lines.map(() => place));
  lines.forEach((line, place) => {
    const box = drawn("polygon", { points: line.box.map((corner) => corner.join(",")).join(" "), class: "quiz-box" },
      drawn("title", {}, line.text));
    if (line.score < DOUBTFUL) box.dataset.doubtful = "";
    box.addEventListener("pointerenter", () => onPick(owners[place], line, false));
    box.addEventListener("pointerleave", () => onPick(null, null, false));
    box.addEventListener("click", () => onPick(owners[place], line, true));
    boxes.set(line, box);
  });
  const overlay = drawn("svg", { viewBox: `0 0 ${image.width} ${image.height}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...boxes.values());
  const picture = url
    ? make("img", { src: url, alt: texts.picture(name), width: image.width, height: image.height, loading: "lazy" })
    : make("p", { className: "quiet" }, texts.noPicture);
  const node = make("div", { className: "quiz-picture" }, picture, url ? overlay : null);
  const light = (lit) => boxes.forEach((box, line) => box.toggleAttribute("data-lit", lit.includes(line)));
  return { node, light };
}

function lineButton(line, light) {
  const score = texts.score(Math.round(line.score * 100));
  const button = make("button", { type: "button", className: "quiz-line", "aria-label": texts.line(line.text, score) },
    make("span", { dir: "auto" }, line.text), make("span", { className: "quiz-score" }, score));
  for (const event of ["focus", "pointerenter", "click"]) button.addEventListener(event, () => light([line]));
  for (const event of ["blur", "pointerleave"]) button.addEventListener(event, () => light([]));
  return make("li", {}, button);
}

function lineList(label, lines, light) {
  if (!lines.length) return null;
  return make("details", { className: "quiz-lines" }, make("summary", {}, label),
    make("ul", {}, ...lines.map((line) => lineButton(line, light))));
}

function field(label, control) {
  control.id = `quiz-field-${(views += 1)}`;
  return make("div", { className: "field" }, make("label", { for: control.id }, label), control);
}

/* Rows for the text there is; where CSS can, it fits the field exactly. */
const WIDTH = 32;
const rowsFor = (text) => text.split("\n").reduce((rows, line) => rows + 1 + Math.floor(line.length / WIDTH), 0);

/* 1, "a" or "1.2", as quiz_grading takes it. */
const nameOf = (text) => (/^\d+$/.test(text.trim()) ? Number(text) : text.trim() || null);

/* The name after the last: 4 after 3, "1.3" after "1.2", "c" after "b". */
function nextName(name) {
  if (typeof name === "number") return name + 1;
  if (/\d$/.test(name)) return name.replace(/\d+$/, (digits) => Number(digits) + 1);
  return String.fromCharCode(name.charCodeAt(0) + 1);
}

/* Where it is not sure which text is which: says so, and exchanges them. */
function exchangeNode(question, prompt, answer, changed) {
  const button = make("button", { type: "button", className: "button small" }, texts.exchange);
  button.addEventListener("click", () => {
    [question.prompt, question.answer] = [question.answer, question.prompt];
    [prompt.value, answer.value] = [question.prompt, question.answer];
    changed();
  });
  return make("p", { className: "quiz-unsure" }, texts.mayBeExchanged, button);
}

function questionNode(question, { lines: read, is_sure: isSure = true }, { light, changed, removed }) {
  const number = make("input", { type: "text", maxLength: 12, value: question.number, className: "quiz-number" });
  const prompt = make("textarea", { value: question.prompt, rows: rowsFor(question.prompt), dir: "auto", spellcheck: false });
  const answer = make("textarea", { value: question.answer, rows: rowsFor(question.answer), dir: "auto", spellcheck: false, className: "quiz-answer" });
  const remove = make("button", { type: "button", className: "button small", "aria-label": texts.removeQuestion(question.number) }, texts.remove);
  const node = make("fieldset", { className: "quiz-question" },
    make("legend", { className: "visually-hidden" }, texts.question(question.number)),
    make("div", { className: "quiz-question-head" }, field(texts.number, number), remove),
    field(texts.prompt, prompt), field(texts.answer, answer),
    isSure ? null : exchangeNode(question, prompt, answer, changed),
    read.length ? lineList(texts.readLines(read.length), read, light) : null);
  number.addEventListener("input", () => {
    question.number = nameOf(number.value) ?? question.number;
    find("legend", node).textContent = texts.question(question.number);
    changed();
  });
  for (const [name, control] of [["prompt", prompt], ["answer", answer]]) {
    control.addEventListener("input", () => {
      question[name] = control.value;
      changed();
    });
    control.addEventListener("focus", () => light(read));
    control.addEventListener("blur", () => light([]));
  }
  node.addEventListener("pointerenter", () => light(read));
  node.addEventListener("pointerleave", () => light([]));
  remove.addEventListener("click", removed);
  return { node, answer };
}

function imageNode(image, place, questions, { url, changed }) {
  const name = texts.image(place + 1);
  const cards = new Map();
  const list = make("div", { className: "quiz-questions" });
  const pick = (owner, line, isClick) => {
    light(line ? [line] : []);
    cards.forEach(({ node }, question) => node.toggleAttribute("data-lit", question.from === owner && owner !== null && owner !== undefined));
    const card = [...cards].find(([question]) => question.from === owner)?.[1];
    if (isClick) card?.answer.focus();
  };
  const { node: picture, light } = pictureNode(image, name, url, pick);
  const add = (question, before) => {
    const read = image.questions[question.from] ?? { lines: [] };
    const card = questionNode(question, read, {
      light, changed,
      removed: () => {
        questions.splice(questions.indexOf(question), 1);
        cards.delete(question);
        card.node.remove();
        light([]);
        changed();
        more.focus();
      },
    });
    cards.set(question, card);
    list.insertBefore(card.node, before);
    return card;
  };
  const more = make("button", { type: "button", className: "button small" }, texts.add);
  list.append(more);
  more.addEventListener("click", () => {
    const question = { number: nextName(questions.at(-1)?.number ?? 0), prompt: "", answer: "", from: -1 };
    questions.push(question);
    add(question, more).answer.focus();
    changed();
  });
  questions.forEach((question) => add(question, more));
  const notes = image.warnings.map(({ message }) => make("li", {}, message));
  return make("section", { className: "quiz-image", "aria-label": name },
    make("h4", {}, texts.imageTitle(name, image.question_count, image.has_handwriting)),
    notes.length ? make("ul", { className: "warnings" }, ...notes) : null,
    make("div", { className: "quiz-columns" }, picture, make("div", {}, list, lineList(texts.otherLines, image.other_lines, light))));
}

function gradeForm(state, keep) {
  const text = make("textarea", { value: state.key, rows: 6, spellcheck: false, placeholder: texts.keyExample, className: "quiz-key" });
  const help = make("p", { className: "quiet", id: `quiz-help-${(views += 1)}` }, texts.keyHelp);
  text.setAttribute("aria-describedby", help.id);
  const problem = make("p", { className: "quiz-problem", role: "alert", hidden: true });
  const button = make("button", { type: "submit", className: "button primary" }, texts.grade);
  const form = make("form", { className: "quiz-grade", noValidate: true }, field(texts.key, text), help, problem, button);
  let sent = null;
  text.addEventListener("input", () => {
    state.key = text.value;
    keep();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    showText(problem, text.value.trim() ? "" : texts.keyMissing);
    if (!text.value.trim()) return text.focus();
    const images = state.images.map((questions) => ({ questions: questions.map(({ number, prompt, answer }) => ({ number, prompt, answer })) }));
    const job = { type: "quiz_grading", items: [{ json: { images } }], params: { answer_key: text.value.split("\n").filter((line) => line.trim()) } };
    const content = stringify(job);
    if (sent?.content !== content) sent = { content, key: freshKey() };
    button.disabled = true;
    try {
      const accepted = await submitJson(job, sent.key);
      location.assign(at(`/jobs/${encodeURIComponent(accepted.job_id)}`));
    } catch (error) {
      const wrong = (error.fields ?? []).map(({ field: name, message }) => `${name}: ${message}`).join(" ");
      showText(problem, wrong || error.message);
    } finally {
      /* Also after success: "back" may bring this very page again. */
      button.disabled = false;
    }
  });
  return form;
}

export function view(data, about) {
  const { state, keep } = keeper(about, data);
  const changed = () => keep(state);
  /* Which question was read where, also after some were removed. */
  state.images.forEach((questions) => questions.forEach((question, place) => (question.from ??= place)));
  const images = data.images.map((image, place) => imageNode(image, place, state.images[place], { url: about.fileUrl(image.picture), changed }));
  return make("div", { className: "quiz" },
    make("p", {}, texts.intro(data.total_questions, data.images.length)),
    ...images, gradeForm(state, changed));
}

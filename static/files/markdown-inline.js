/* What stands within a line of Markdown: emphasis, code, links, images. */

import { make } from "/static/shared/dom.js";

const DEPTH = 8;
const NAMES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", mdash: "—", ndash: "–", hellip: "…", rarr: "→", larr: "←", times: "×" };

const CODE = /(`+)(?!`)([^]*?[^`])\1(?!`)/y;
const MARKS_OF_CODE = /`+/y;
const ESCAPE = /\\([!-/:-@[-`{-~])/y;
const BREAK = /(?: {2,}|\\)\n/y;
const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/y;
const AUTOLINK = /<((?:https?:\/\/|mailto:)[^\s<>]+|[\w.+-]+@[\w-]+\.[\w.-]+)>/y;
const ADDRESS = /https?:\/\/[^\s<>"'`*]*[^\s<>"'`*.,;:!?)\]]/y;
const LINK = /(!?)\[((?:[^[\]\\]|\\.|\[(?:[^[\]\\]|\\.)*\])*)\](?:\(\s*(?:<([^<>\n]*)>|((?:[^\s()]|\([^\s()]*\))*))(?:\s+(?:"([^"]*)"|'([^']*)'))?\s*\)|\[([^\]]*)\])?/y;
const MARK = /(\*{1,3}|_{1,3}|~~)(?=\S)/y;
const TAGS = { "*": ["em"], _: ["em"], "**": ["strong"], __: ["strong"], "***": ["strong", "em"], ___: ["strong", "em"], "~~": ["del"] };

function safe(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function linked(address, nodes) {
  const href = safe(address);
  return href ? make("a", { href, rel: "noopener noreferrer", target: "_blank" }, ...nodes) : make("span", {}, ...nodes);
}

function character({ 1: decimal, 2: hexadecimal, 3: name, 0: whole }) {
  if (name) return NAMES[name] ?? whole;
  const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal, 16);
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\ufffd";
}

/* Where emphasis ends: the same mark behind what is no space; within a word, "_" is a letter. */
function endOf(text, mark, from) {
  const isWord = (place) => /[\p{L}\p{N}]/u.test(text[place] ?? " ");
  for (let place = text.indexOf(mark, from + 1); place !== -1; place = text.indexOf(mark, place + 1)) {
    const after = place + mark.length;
    const isOwn = text[place - 1] !== mark[0] && text[after] !== mark[0] && text[place - 1] !== "\\";
    if (isOwn && !/\s/.test(text[place - 1]) && !(mark[0] === "_" && isWord(after))) return place;
  }
  return -1;
}

class Inline {
  constructor(text, about, depth) {
    Object.assign(this, { text, about, depth, at: 0, plain: "", nodes: [], missing: new Set() });
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  add(node, length) {
    if (this.plain) this.nodes.push(this.plain);
    this.plain = "";
    this.nodes.push(node);
    this.at += length;
  }

  say(text, length) {
    this.plain += text;
    this.at += length;
  }

  inner(text) {
    return this.depth >= DEPTH ? [text] : new Inline(text, this.about, this.depth + 1).all();
  }

  all() {
    while (this.at < this.text.length) {
      const next = this.text.slice(this.at).search(/[\\`*_~[\]!<&h \n]/);
      if (next > 0) this.say(this.text.slice(this.at, this.at + next), next);
      else if (next === -1) this.say(this.text.slice(this.at), this.text.length - this.at);
      else if (!this.special()) this.say(this.text[this.at], 1);
    }
    if (this.plain) this.nodes.push(this.plain);
    return this.nodes;
  }

  special() {
    return this.escape() || this.code() || this.link() || this.address() || this.emphasis();
  }

  escape() {
    const broken = this.match(BREAK);
    const escaped = this.match(ESCAPE);
    const entity = this.match(ENTITY);
    if (broken) this.add(make("br"), broken[0].length);
    else if (escaped) this.say(escaped[1], 2);
    else if (entity) this.say(character(entity), entity[0].length);
    return broken ?? escaped ?? entity;
  }

  code() {
    const found = this.match(CODE);
    const marks = this.match(MARKS_OF_CODE);
    if (found) this.add(make("code", {}, found[2].replaceAll("\n", " ").replace(/^ (.*[^ ].*) $/, "$1")), found[0].length);
    else if (marks) this.say(marks[0], marks[0].length);
    return found ?? marks;
  }

  link() {
    const found = this.match(LINK);
    if (!found) return false;
    const [whole, isImage, label, angled, bare, , , name] = found;
    const address = angled ?? bare ?? this.about.links.get((name || label).toLowerCase());
    if (address === undefined) return false;
    this.add(isImage ? this.image(label, address) : linked(address, this.inner(label)), whole.length);
    return true;
  }

  image(label, address) {
    const url = this.about.urlOf(address.replace(/^\.\//, ""));
    return url ? make("img", { src: `${url}${url.includes("?") ? "&" : "?"}view=1`, alt: label, loading: "lazy" }) : linked(address, [label || address]);
  }

  address() {
    const found = this.match(AUTOLINK);
    const bare = found ? null : this.match(ADDRESS);
    if (found) this.add(linked(found[1].includes(":") ? found[1] : `mailto:${found[1]}`, [found[1]]), found[0].length);
    else if (bare) this.add(linked(bare[0], [bare[0]]), bare[0].length);
    return found ?? bare;
  }

  emphasis() {
    const found = this.match(MARK);
    if (!found) return false;
    const [mark] = found;
    const isInWord = mark[0] === "_" && /[\p{L}\p{N}]/u.test(this.text[this.at - 1] ?? " ");
    const from = this.at + mark.length;
    const end = isInWord || this.missing.has(mark) ? -1 : endOf(this.text, mark, from);
    if (end === -1) {
      /* What has no end here has none further on; to look again each time takes long. */
      if (!isInWord) this.missing.add(mark);
      this.say(mark, mark.length);
      return true;
    }
    const inner = this.inner(this.text.slice(from, end));
    this.add(TAGS[mark].reduceRight((nodes, tag) => [make(tag, {}, ...nodes)], inner)[0], end + mark.length - this.at);
    return true;
  }
}

/** The nodes and texts of a piece of Markdown; `about` is {links, urlOf}. */
export const inline = (text, about) => new Inline(text, about, 0).all();

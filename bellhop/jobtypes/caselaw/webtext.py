"""The paragraphs of an HTML page as a reader sees them; nothing of it is run or fetched."""

from __future__ import annotations

import re
from typing import Any

from bellhop.jobtypes.caselaw.characters import is_mark, is_star_page
from bellhop.jobtypes.caselaw.pages import from_pages

# What is no text of a page, what ends a paragraph, what stands within one, and where lines are as
# they were typed.
UNSEEN = {"script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object"}
BLOCKS = {
    "address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "td", "th", "tr",
    "ul",
}  # fmt: skip
INLINE = {"a", "b", "em", "footnotemark", "i", "page-number", "span", "strong"}
# Of a paragraph, so many parts tell what stands before an element.
LAST_PARTS = 8
TYPED = {"pre", "listing", "xmp"}
RAISING = re.compile(r"vertical-align\s*:\s*super\b", re.I)
# What raises by a style sheet, which may be elsewhere, is named after what it is.
RAISED_BY = re.compile(r"foot-?note|end-?note|note-?ref|\bsuper|\b(?:fn|sup)(?:\b|-?ref)", re.I)
RAISED_CLASS = re.compile(r"\.([\w-]+)\s*\{[^{}]*vertical-align\s*:\s*super\b", re.I)
# No mark that is named so is longer.
LONGEST_MARK = 5


def html_paragraphs(text: str) -> list[str]:
    """The paragraphs of the page `text`; none where there is nothing to be seen."""
    from lxml import etree

    from bellhop.jobtypes.knowledge.nesting import parse_deep
    from bellhop.jobtypes.knowledge.visible import remove_hidden

    # Of a text, only the declaration of its own encoding can still be wrong.
    start = text.lstrip()
    if start.startswith("<?xml"):
        start = start.partition("?>")[2]
    try:
        root, _ = parse_deep(start or " ")
    except (etree.ParserError, ValueError):
        return []
    sheets = "".join(root.xpath("//style/text()"))
    raised = set(RAISED_CLASS.findall(sheets))
    for node in root.iter():
        if node.tag in INLINE and _is_raised(node, raised):
            node.tag = "sup"
    remove_hidden(root)
    page = _Page()
    for event, node in etree.iterwalk(root, events=("start", "end")):
        page.enter(node) if event == "start" else page.leave(node)
    return page.paragraphs()


def _is_raised(node: Any, raised: set[str]) -> bool:
    """Whether an element within a line stands raised; `raised` are the classes that do."""
    classes = node.get("class") or ""
    if RAISING.search(node.get("style") or "") or raised & set(classes.split()):
        return True
    is_named = RAISED_BY.search(f"{node.tag} {classes} {node.get('role') or ''}")
    return bool(is_named and len(node.text_content().strip()) <= LONGEST_MARK)


class _Page:
    """Gathers text while its elements are walked through."""

    def __init__(self) -> None:
        # Each is its parts, and whether its lines are as they were typed.
        self._paragraphs: list[tuple[list[str], bool]] = [([], False)]
        self._unseen: Any = None
        self._typed: Any = None

    def paragraphs(self) -> list[str]:
        found: list[str] = []
        for parts, is_typed in self._paragraphs:
            text = "".join(parts)
            found += from_pages([text.splitlines()]).text.split("\n") if is_typed else [text]
        return found

    def enter(self, node: Any) -> None:
        if self._unseen is not None or not isinstance(node.tag, str):
            return
        if self._is_unseen(node):
            self._unseen = node
            return
        if node.tag in TYPED and self._typed is None:
            self._typed = node
        self._break(node)
        self._write(node.text)

    def leave(self, node: Any) -> None:
        if self._unseen is node:
            self._unseen = None
        elif self._typed is node:
            self._typed = None
        if self._unseen is None:
            self._break(node)
            self._write(node.tail)

    def _break(self, node: Any) -> None:
        if node.tag in BLOCKS:
            self._paragraphs.append(([], self._typed is not None))

    def _write(self, text: str | None) -> None:
        if text:
            self._paragraphs[-1][0].append(text)

    def _is_unseen(self, node: Any) -> bool:
        if node.tag in UNSEEN:
            return True
        before = "".join(self._paragraphs[-1][0][-LAST_PARTS:])
        # A link within a page is a mark where no space divides it from what it marks.
        is_link = node.tag == "a" and "#" in (node.get("href") or "")
        if node.tag == "sup" or (is_link and not before[-1:].isspace()):
            return is_mark(node.text_content())
        return node.tag in INLINE and is_star_page(node.text_content(), before)

"""How much of the visible text of a page the extraction left out, so that it can be said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from bellhop.jobtypes.knowledge.shape import (
    AROUND,
    BLOCKS,
    COMMENTS,
    ROLES_AROUND,
    RUNNING_WORDS,
    discarded,
    is_running,
)
from bellhop.jobtypes.knowledge.words import length

Element = Any
# What stands by itself in less letters than this is a label.
LEAST_LETTERS = 8
# Words that may miss within an article, and beside it, and the part of the text that they may be.
WITHIN, WITHIN_PART = 8, 0.05
BESIDE, BESIDE_PART = 100, 0.5
APART = AROUND | {
    "header", "figure", "figcaption", "script", "style", "head", "button", "label", "option",
}  # fmt: skip


class Block(NamedTuple):
    """The words of a piece of text, whether it is a paragraph, and whether it was read."""

    words: int
    is_running: bool
    is_read: bool


def words_left_out(tree: Element, text: str) -> int:
    """The words that are visible on the page and not in the text; 0 where they are few."""
    read = _letters(text)
    blocks = list(_blocks(tree, read))
    places = [place for place, block in enumerate(blocks) if block.is_read]
    if not places:
        return 0
    first, last, whole = places[0], places[-1], length(text)
    within = sum(block.words for block in blocks[first:last] if not block.is_read)
    others = [*blocks[:first], *blocks[last:]]
    beside = sum(block.words for block in others if block.is_running and not block.is_read)
    few_within = within < max(WITHIN, WITHIN_PART * whole)
    few_beside = beside < max(BESIDE, BESIDE_PART * whole)
    return (0 if few_within else within) + (0 if few_beside else beside)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _blocks(tree: Element, read: str) -> Iterator[Block]:
    """The pieces of text of a page in their order, without what stands around its text."""
    left_aside = discarded(tree)
    left = [tree]
    while left:
        element = left.pop()
        if element in left_aside or _is_apart(element):
            continue
        left += [child for child in reversed(element) if isinstance(child.tag, str)]
        for piece in _pieces(element) if element.tag in BLOCKS - {"h1"} else ():
            if len(letters := _letters(piece)) >= LEAST_LETTERS:
                words = length(piece)
                running = words >= RUNNING_WORDS and is_running(element)
                yield Block(words, running, letters in read)


def _is_apart(element: Element) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return (
        element.tag in APART
        or element.get("role") in ROLES_AROUND
        or (element.tag != "body" and bool(COMMENTS.search(names)))
    )


def _pieces(element: Element) -> list[str]:
    """The text of an element without that of the blocks in it, which divide it."""
    pieces, left = [""], _parts(element)
    while left:
        part = left.pop()
        if isinstance(part, str):
            pieces[-1] += part
        elif part.tag in BLOCKS or part.tag in APART:
            pieces.append("")
        else:
            left += _parts(part)
    return pieces


def _parts(element: Element) -> list[Any]:
    """The texts and elements in an element, from the last to the first."""
    parts = [element.text or ""]
    for child in element:
        parts += [child, child.tail or ""] if isinstance(child.tag, str) else [child.tail or ""]
    return parts[::-1]

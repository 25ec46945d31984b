"""Pages whose elements stand deeper in each other than anybody writes.

The parser of a page stops at a depth, and what reads a page afterwards recurses into it. So a deep
page is parsed with the widest limit that the parser has, and its boxes are then taken away from a
depth on; what stands in them stays.
"""

from __future__ import annotations

from typing import Any

Element = Any
# No page that people write comes near.
DEEPEST = 120
# What is no box, and cannot stand in itself.
KEPT = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "a", "br", "hr", "img", "html", "body"}
INLINE = {"span", "b", "i", "em", "strong", "font", "small", "big", "u", "s", "sub", "sup", "label"}


def parse_deep(page: str) -> tuple[Element, bool]:
    """(the tree of a page, whether all of it is in the tree)."""
    from lxml import html

    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    tree = html.document_fromstring(page, parser=parser)
    return tree, not is_cut_off(parser)


def is_cut_off(parser: Any) -> bool:
    """Whether a parser stopped at a depth in the page that it read last."""
    return any("depth" in entry.message for entry in parser.error_log)


def flatten(tree: Element) -> None:
    """Take away the boxes below the greatest depth, in place."""
    left = [(tree, 0)]
    while left:
        element, depth = left.pop()
        children = [(child, depth + 1) for child in element if isinstance(child.tag, str)]
        if depth > DEEPEST and element.tag not in KEPT:
            if element.tag not in INLINE:
                element.text = f" {element.text or ''}"
                element.tail = f" {element.tail or ''}"
            element.drop_tag()
            children = [(child, depth) for child, _ in children]
        left += children

"""Which elements of a page a selector of a style sheet names (Selectors 4, for a page at rest).

A selector that cssselect2 does not know names nothing, nor does one of a pseudo-element or of a
state that only a pointer or a key brings about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import tinycss2
from cssselect2 import ElementWrapper, SelectorError
from cssselect2.compiler import CompiledSelector, compile_selector_list

LONGEST = 2000
MOST_CHARACTERS = 200_000
# Like `:hover`, but cssselect2 does not know them.
STATE = re.compile(r":(?:autofill|fullscreen|modal|popover-open)\b", re.I)
# What cssselect2 raises of a selector that it does not know, or that is nested too deep.
NOT_COMPILED = (ValueError, AttributeError, TypeError, RuntimeError, MemoryError)


class PageElement(ElementWrapper):  # type: ignore[misc]
    """An element of a page, as selectors are asked about it."""

    @property
    def previous_siblings(self) -> Iterator[PageElement]:
        """From the nearest on; cssselect2 itself would keep a tuple of them for each sibling."""
        before = self.previous
        while before is not None:
            yield before
            before = before.previous


def compile_list(tokens: list[Any]) -> list[CompiledSelector]:
    """The selectors of a rule; none where one of them is unknown, as browsers have it."""
    try:
        return [selector for part in _parts(tokens) for selector in _compile(part)]
    except NOT_COMPILED:
        return []


def nested(tokens: list[Any], parent: list[Any]) -> list[Any]:
    """The selectors of a rule inside of another (CSS Nesting 1); none if they grow too long."""
    around = f":is({tinycss2.serialize(parent)})"
    if len(around) * len(tokens) > MOST_CHARACTERS:
        return []
    parts = [tinycss2.serialize(part) for part in _parts(tokens)]
    parts = [p.replace("&", around) if "&" in p else f"{around} {p}" for p in parts]
    return list(tinycss2.parse_component_value_list(",".join(parts)))


def _parts(tokens: list[Any]) -> list[list[Any]]:
    """What stands between commas."""
    groups = groupby(tokens, lambda token: token == ",")
    return [list(part) for is_comma, part in groups if not is_comma]


def _compile(tokens: list[Any]) -> list[CompiledSelector]:
    text = tinycss2.serialize(tokens)
    if len(text) > LONGEST:
        raise ValueError(text)
    try:
        found = compile_selector_list(STATE.sub(":hover", text) if STATE.search(text) else tokens)
    except SelectorError:
        if "::" in text:  # a part of an element
            return []
        raise
    except SyntaxError:  # of the Python code that cssselect2 makes: nested too deep, `:has(:hover)`
        return []
    return [one for one in found if one.pseudo_element is None]

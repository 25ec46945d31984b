"""Which elements of a page a selector of a style sheet names (Selectors 4, for a page at rest).

A selector that cssselect2 does not know names nothing, nor does one of a pseudo-element or of a
state that only a pointer or a key brings about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

import tinycss2
from cssselect2 import ElementWrapper, Matcher, SelectorError
from cssselect2.compiler import CompiledSelector, compile_selector_list

LONGEST = 2000
MOST_CHARACTERS = 200_000
# Some seconds on any machine; the style sheets of a large page need a tenth. Many siblings are
# counted in one step, and an element that is made to be looked at takes several.
MOST_STEPS = 2_500_000
SIBLINGS_A_STEP = 16
STEPS_TO_MAKE = 8
# Like `:hover`, but cssselect2 does not know them.
STATE = re.compile(r":(?:autofill|fullscreen|modal|popover-open)\b", re.I)
# What cssselect2 raises of a selector that it does not know, or that is nested too deep.
NOT_COMPILED = (ValueError, AttributeError, TypeError, RuntimeError, MemoryError)


class TooMuchWork(Exception):
    """A page asks more of its selectors than they may do."""


class Work:
    """What the selectors of a page may do: each selector that is asked about an element is a step,
    and so is each element that it looks at to answer."""

    def __init__(self) -> None:
        self._left = MOST_STEPS

    @property
    def is_done(self) -> bool:
        return self._left < 0

    def take(self, steps: int = 1) -> None:
        """Raises TooMuchWork where none are left."""
        self._left -= steps
        if self._left < 0:
            raise TooMuchWork


class PageElement(ElementWrapper):  # type: ignore[misc]
    """An element of a page, as selectors are asked about it.

    cssselect2 itself would keep a tuple of all ancestors and siblings for each element, and recurse
    to make them.
    """

    work: Work

    @classmethod
    def of_page(cls, root: Any, work: Work) -> PageElement:
        """The root of a page; all of its elements share the work."""
        kind: Any = type(cls.__name__, (cls,), {"work": work})
        element: PageElement = kind.from_html_root(root)
        return element

    @property
    def ancestors(self) -> Iterator[PageElement]:
        """From the nearest on."""
        above = self.parent
        while above is not None:
            self.work.take()
            yield above
            above = above.parent

    @property
    def previous_siblings(self) -> Iterator[PageElement]:
        """From the nearest on."""
        before = self.previous
        while before is not None:
            self.work.take()
            yield before
            before = before.previous

    @property
    def etree_siblings(self) -> list[Any]:
        """The children of the parent; to count them takes less than to ask selectors."""
        self.work.take(len(self._siblings) // SIBLINGS_A_STEP)
        return self._siblings

    @etree_siblings.setter
    def etree_siblings(self, siblings: list[Any]) -> None:
        self._siblings = siblings

    def iter_siblings(self) -> Iterator[PageElement]:
        """All of them, in their order."""
        self.work.take(STEPS_TO_MAKE * len(self._siblings))
        yield from super().iter_siblings()

    def iter_subtree(self) -> Iterator[PageElement]:
        """The element and all that are inside of it."""
        for element in super().iter_subtree():
            self.work.take(STEPS_TO_MAKE)
            yield element


class PageMatcher(Matcher):  # type: ignore[misc]
    """Finds the rules for an element, by the last part of their selectors, as browsers do."""

    def __init__(self, work: Work):
        super().__init__()
        self._work = work

    def add_relevant_selectors(
        self, element: PageElement, selectors: list[Any], relevant: list[Any]
    ) -> None:
        """Add the rules of those `selectors` that name the element, while there is work left."""
        if self._work.is_done:
            return
        try:
            for test, *rule in selectors:
                self._work.take()
                if test(element):
                    relevant.append(tuple(rule))
        except TooMuchWork:
            return


def may_match(tokens: list[Any], names: frozenset[str] | None) -> bool:
    """Whether the classes and ids of a selector of the list are all on the page, as `names` has
    them (".a", "#b"); it takes long to compile those that name nothing."""
    return names is None or any(_needed(part) <= names for part in _parts(tokens))


def _needed(tokens: list[Any]) -> set[str]:
    """The classes and ids that a selector needs, but for those in its brackets."""
    classes = {
        f".{token.value}"
        for before, token in pairwise(tokens)
        if before == "." and token.type == "ident"
    }
    return classes | {f"#{token.value}" for token in tokens if token.type == "hash"}


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

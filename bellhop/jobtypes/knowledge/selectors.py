"""Which elements of a page a selector of a style sheet names (Selectors 4, for a page at rest).

A selector that no browser knows, or that names what only a pointer or a key brings about, names
nothing here either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Element = Any
Test = Callable[[Element], bool]
IDENT = r"(?:[\w\u0080-\U0010ffff-]|\\[0-9a-fA-F]{1,6}\s?|\\[^\n])+"
ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.S)
PART = re.compile(
    rf"(?P<type>\*|{IDENT})|#(?P<id>{IDENT})|\.(?P<class>{IDENT})|\[(?P<attribute>[^\]]*)\]"
    rf"|(?P<element>::{IDENT})|:(?P<pseudo>{IDENT})(?P<opens>\()?"
)
ATTRIBUTE = re.compile(
    rf"\s*(?P<name>{IDENT})\s*(?:(?P<sign>[~|^$*]?=)\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'"
    rf"|(?P<bare>{IDENT}))\s*(?P<flag>[iIsS])?\s*)?"
)
COMBINATOR = re.compile(r"\s*([>+~])\s*|\s+")
NTH = re.compile(r"\s*([+-]?\d{0,6})n\s*(?:([+-])\s*(\d{1,6}))?\s*|\s*([+-]?\d{1,6})\s*", re.I)
DEEPEST = 20
LONGEST = 2000
OLD_PSEUDO_ELEMENTS = ("before", "after", "first-line", "first-letter")
AT_REST = {
    "root": lambda e: e.getparent() is None,
    "scope": lambda e: e.getparent() is None,
    "empty": lambda e: not len(e) and not e.text,
    "link": lambda e: e.tag in ("a", "area") and e.get("href") is not None,
    "any-link": lambda e: e.tag in ("a", "area") and e.get("href") is not None,
    "checked": lambda e: e.get("checked") is not None or e.get("selected") is not None,
    "disabled": lambda e: e.get("disabled") is not None,
    "enabled": lambda e: e.get("disabled") is None,
    "defined": lambda e: True,
    "first-child": lambda e: _place(e) == 1,
    "last-child": lambda e: _place(e, back=True) == 1,
    "only-child": lambda e: _place(e) == _place(e, back=True) == 1,
    "first-of-type": lambda e: _place(e, same=True) == 1,
    "last-of-type": lambda e: _place(e, same=True, back=True) == 1,
    "only-of-type": lambda e: _place(e, same=True) == _place(e, same=True, back=True) == 1,
}  # fmt: skip
COUNTED = {
    "nth-child": (False, False), "nth-last-child": (False, True),
    "nth-of-type": (True, False), "nth-last-of-type": (True, True),
}  # fmt: skip
NOT_AT_REST = {
    "active", "autofill", "current", "focus", "focus-visible", "focus-within", "fullscreen",
    "future", "hover", "modal", "past", "paused", "playing", "popover-open", "target",
    "target-within", "user-invalid", "user-valid", "visited",
}  # fmt: skip


class Unknown(ValueError):
    """No browser knows this selector."""


class Selector(NamedTuple):
    """Compounds from the last to the first, each with the combinator before it."""

    compounds: tuple[tuple[Test, str], ...]
    specificity: tuple[int, int, int]
    # What the element must have: "#id", ".class" or a tag; "*" where it may be any.
    key: str
    # What elements around it must have.
    around: frozenset[str]

    def names(self, element: Element, place: int = 0) -> bool:
        """Whether the compounds from `place` on name this element."""
        test, combinator = self.compounds[place]
        if not test(element):
            return False
        if not combinator:
            return True
        return any(self.names(near, place + 1) for near in _near(element, combinator))


def _near(element: Element, combinator: str) -> Iterator[Element]:
    if combinator == " ":
        return iter(element.iterancestors())
    if combinator == ">":
        parent = element.getparent()
        return iter(()) if parent is None else iter((parent,))
    before = element.itersiblings("*", preceding=True)
    return before if combinator == "~" else iter(list(before)[:1])


def compile_list(text: str) -> list[Selector]:
    """The selectors of a rule; none where one of them is unknown, as browsers have it."""
    try:
        return [found for part in split(text, ",") if (found := _compile(part.strip()))]
    except (Unknown, RecursionError):
        return []


def split(text: str, mark: str) -> list[str]:
    """Text between marks that stand in no brackets and no quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == mark and not depth:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _compile(text: str) -> Selector | None:
    """One selector; None for a part of an element, or a state that a page at rest has not."""
    if text.count("(") > DEEPEST or len(text) > LONGEST:
        raise Unknown(text)
    compounds: list[tuple[Test, str]] = []
    weights = [(0, 0, 0)]
    place, combinator, key = 0, "", "*"
    around: set[str] = set()
    while place < len(text):
        tests, keys, weight, place = _compound(text, place)
        if tests is None:
            return None
        key = next((k for k in keys if k[0] == "#"), keys[0] if keys else "*")
        weights.append(weight)
        compounds.append((_all(tests), combinator))
        if not (found := COMBINATOR.match(text, place)):
            break
        combinator, place = found[1] or " ", found.end()
        if combinator in " >":
            around |= set(keys) - {"*"}
    if place < len(text) or not compounds:
        raise Unknown(text)
    first, second, third = (sum(part) for part in zip(*weights, strict=True))
    weight = (first, second, third)
    return Selector(tuple(reversed(compounds)), weight, key, frozenset(around))


def keys_of(element: Element) -> list[str]:
    """What selectors may name an element by."""
    names = [f".{name}" for name in (element.get("class") or "").split()]
    return [*dict.fromkeys(names), f"#{element.get('id')}", element.tag]


def _all(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda element: all(test(element) for test in tests)


Weight = tuple[int, int, int]


def _compound(text: str, place: int) -> tuple[list[Test] | None, list[str], Weight, int]:
    """(tests, keys, specificity, where it ends); None for tests that hold for no element."""
    start, tests, keys, weight = place, [], [], (0, 0, 0)
    is_never = False
    while found := PART.match(text, place):
        kind, value = found.lastgroup or "", found[found.lastgroup or 0]
        if kind == "type" and place != start:
            break
        place = found.end()
        if kind == "opens":
            inside, place = _inside(text, place)
            kind, value = "function", inside
        test, key, added = _simple(kind, value, (found["pseudo"] or "").lower())
        is_never = is_never or test is None
        tests += [test] if test else []
        keys += [key] if key else []
        weight = (weight[0] + added[0], weight[1] + added[1], weight[2] + added[2])
    if place == start:
        raise Unknown(text)
    return (None if is_never else tests), keys, weight, place


def _inside(text: str, place: int) -> tuple[str, int]:
    """What stands between brackets of which the first is open, and where it ends."""
    depth, end = 1, place
    while end < len(text) and depth:
        depth += (text[end] == "(") - (text[end] == ")")
        end += 1
    if depth:
        raise Unknown(text)
    return text[place : end - 1], end


def _simple(kind: str, value: str, pseudo: str) -> tuple[Test | None, str, Weight]:
    name = _plain(value)
    if kind == "type":
        small = name.lower()
        return (lambda e: small in ("*", e.tag)), small, (0, 0, int(small != "*"))
    if kind == "id":
        return (lambda e: e.get("id") == name), f"#{name}", (1, 0, 0)
    if kind == "class":
        return (lambda e: name in (e.get("class") or "").split()), f".{name}", (0, 1, 0)
    if kind == "attribute":
        return _attribute(value), "", (0, 1, 0)
    if kind == "element" or pseudo in OLD_PSEUDO_ELEMENTS or pseudo in NOT_AT_REST:
        return None, "", (0, 1, 0)
    if kind == "function":
        test, weight = _function(pseudo, value)
        return test, "", weight
    if pseudo not in AT_REST:
        raise Unknown(pseudo)
    return AT_REST[pseudo], "", (0, 1, 0)


def _attribute(text: str) -> Test:
    found = ATTRIBUTE.fullmatch(text)
    if not found:
        raise Unknown(text)
    name, sign = _plain(found["name"]).lower(), found["sign"]
    wanted = next((found[g] for g in ("double", "single", "bare") if found[g] is not None), "")
    wanted = _plain(wanted)
    fold = str.lower if (found["flag"] or "").lower() == "i" or name == "type" else str
    wanted = fold(wanted)

    def test(element: Element) -> bool:
        # Details are for the reader to open.
        value = element.get(name, "" if (name, element.tag) == ("open", "details") else None)
        return value is not None and (not sign or _compares(fold(value), sign, wanted))

    return test


def _compares(value: str, sign: str, wanted: str) -> bool:
    if sign == "=":
        return value == wanted
    if sign == "|=":
        return value == wanted or value.startswith(f"{wanted}-")
    if not wanted:
        return False
    if sign == "~=":
        return wanted in value.split()
    if sign == "^=":
        return value.startswith(wanted)
    return value.endswith(wanted) if sign == "$=" else wanted in value


def _function(name: str, inside: str) -> tuple[Test | None, Weight]:
    if name in COUNTED:
        return _counted(name, inside), (0, 1, 0)
    if name == "lang":
        wanted = [part.strip().strip("\"'").lower() for part in inside.split(",")]
        return (lambda e: any(_compares(_language(e), "|=", one) for one in wanted)), (0, 1, 0)
    if name in ("is", "where", "matches", "-webkit-any", "-moz-any"):
        selectors = [one for part in split(inside, ",") for one in compile_list(part)]
        return (lambda e: any(one.names(e) for one in selectors)), _most(name, selectors)
    if name == "not":
        excluded = _strict(inside)
        return (lambda e: not any(one.names(e) for one in excluded)), _most(name, excluded)
    if name == "has":
        return _has(inside)
    raise Unknown(name)


def _strict(text: str) -> list[Selector]:
    return [found for part in split(text, ",") if (found := _compile(part.strip()))]


def _most(name: str, selectors: list[Selector]) -> Weight:
    if name == "where":
        return 0, 0, 0
    return max((one.specificity for one in selectors), default=(0, 0, 0))


def _has(inside: str) -> tuple[Test, Weight]:
    """`:has(…)` of children (`> a`) and of all that is below."""
    wanted = []
    for part in split(inside, ","):
        below = part.strip()
        if below[:1] in ("+", "~"):
            raise Unknown(inside)
        wanted += [(below[:1] == ">", one) for one in _strict(below.removeprefix(">").strip())]

    def test(element: Element) -> bool:
        return any(
            one.names(inner)
            for is_child, one in wanted
            for inner in (element.iterchildren("*") if is_child else element.iterdescendants("*"))
        )

    return test, _most("has", [one for _, one in wanted])


def _counted(name: str, inside: str) -> Test:
    same, back = COUNTED[name]
    text = inside.partition(" of ")[0].strip().lower()
    text = {"odd": "2n+1", "even": "2n"}.get(text, text)
    found = NTH.fullmatch(text)
    if not found or " of " in inside:
        raise Unknown(inside)
    step, offset = 0, int(found[4] or 0)
    if found[4] is None:
        step = int(found[1] + "1" if found[1] in ("", "+", "-") else found[1])
        offset = int(f"{found[2] or '+'}{found[3] or 0}")

    def test(element: Element) -> bool:
        over = _place(element, same=same, back=back) - offset
        return over == 0 if not step else over % step == 0 and over // step >= 0

    return test


def _place(element: Element, *, same: bool = False, back: bool = False) -> int:
    """The number of an element among its siblings, from 1 on."""
    return 1 + sum(
        1 for _ in element.itersiblings(element.tag if same else "*", preceding=not back)
    )


def _language(element: Element) -> str:
    found = element.xpath("string(ancestor-or-self::*[@lang][1]/@lang)")
    return str(found).lower()


def _plain(text: str) -> str:
    """A name without its escapes."""
    return ESCAPE.sub(
        lambda found: chr(min(int(found[1], 16), 0x10FFFF)) if found[1] else found[2], text
    )

"""The rules of a page's own style sheets, as a browser with a wide screen applies them.

A part of CSS Syntax, Cascade, Nesting and Media Queries: what a rule needs that hides or shows
text. A style sheet that is linked is not here, nor what depends on the size of a container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bellhop.jobtypes.knowledge.selectors import Selector, compile_list, split

TOKEN = re.compile(
    r"/\*.*?(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|url\(\s*[^\"'\s)][^)]*\)"
    r"|\\.|[{}();\[\]]|[^\"'/\\{}();\[\]u]+|.",
    re.S | re.I,
)
DECLARATION = re.compile(r"\s*([\w-]+)\s*:(.*)", re.S)
IMPORTANT = re.compile(r"!\s*important\s*$", re.I)
MOST_CHARACTERS = 4_000_000
MOST_RULES = 50_000
DEEPEST = 8
# The screen of the reader: what a media query is asked about.
SCREEN = {"width": 1280.0, "height": 800.0, "device-width": 1280.0, "device-height": 800.0}
READER = {
    "orientation": "landscape", "prefers-color-scheme": "light", "hover": "hover",
    "any-hover": "hover", "pointer": "fine", "any-pointer": "fine", "scripting": "enabled",
    "prefers-reduced-motion": "no-preference", "display-mode": "browser", "update": "fast",
    "prefers-contrast": "no-preference", "forced-colors": "none", "color": "", "grid": "0",
}  # fmt: skip
LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z%]*)", re.I)
UNITS = {
    "": 1.0, "px": 1.0, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "pt": 4 / 3, "pc": 16.0,
    "in": 96.0, "cm": 37.8, "mm": 3.78, "vw": 12.8, "vh": 8.0, "vmin": 8.0, "vmax": 12.8,
    "%": 12.8, "dvh": 8.0, "svh": 8.0, "lvh": 8.0, "dvw": 12.8,
}  # fmt: skip
# The properties that decide whether a reader sees a text.
TELLING = {
    "animation", "animation-fill-mode", "animation-name", "background", "background-clip",
    "background-color", "background-image", "bottom", "clip", "clip-path", "color",
    "content-visibility", "display", "filter", "font", "font-size", "height", "inset", "left",
    "margin-left", "margin-top", "max-height", "max-width", "opacity", "overflow", "overflow-x",
    "overflow-y", "position", "right", "scale", "text-indent", "text-shadow", "top", "transform",
    "visibility", "-webkit-background-clip", "-webkit-text-fill-color", "width",
}  # fmt: skip
FEATURE = re.compile(r"\(([^()]*)\)")
BOUND = re.compile(r"(<=|>=|<|>|=)")


class Value(NamedTuple):
    """What a declaration says, in small letters, and whether it is marked as important."""

    text: str
    is_important: bool


class Rule(NamedTuple):
    """One selector with its declarations; a later layer beats an earlier one (CSS Cascade 5)."""

    selector: Selector
    declarations: dict[str, Value]
    layer: int


class Sheet:
    """The rules of all style sheets of a page, in their order."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        # The names of animations, and what they end with.
        self.animations: dict[str, dict[str, Value]] = {}
        self.is_whole = True
        self._layers: list[str] = []

    def add(self, text: str, media: str = "") -> None:
        """Take in what a `<style>` holds, where its medium is the screen."""
        if len(text) > MOST_CHARACTERS:
            self.is_whole = False
        elif is_asked(media):
            self._read(re.sub(r"<!--|-->", " ", text), None, None, 0)

    def _read(self, text: str, parent: str | None, layer: str | None, depth: int) -> None:
        """Rules and at-rules; inside of a rule `parent` is its selector."""
        own: dict[str, Value] = {}
        for prelude, block in statements(text):
            name = re.match(r"@(?:-\w+-)?([\w-]+)", prelude)
            if block is None:
                if name and name[1].lower() == "layer":
                    self._layers += [n.strip() for n in prelude[6:].split(",")]
                _add(own, prelude)
            elif depth > DEEPEST or len(self.rules) > MOST_RULES:
                self.is_whole = False
            elif name:
                self._at(name[1].lower(), prelude[name.end() :], block, parent, layer, depth)
            else:
                selector = nested(prelude, parent) if parent is not None else prelude
                self._read(block, selector, layer, depth + 1)
        if own and parent is not None:
            self._keep(parent, own, layer)

    def _at(
        self, name: str, prelude: str, block: str, parent: str | None, layer: str | None, depth: int
    ) -> None:
        if name == "keyframes":
            self.animations[prelude.strip().strip("\"'")] = _last_frame(block)
        elif name == "layer":
            named = prelude.strip() or f"layer {len(self._layers)}"
            self._layers += [named] if named not in self._layers else []
            self._read(block, parent, named, depth + 1)
        elif (name == "media" and is_asked(prelude)) or (
            name in ("supports", "document") and not prelude.strip().lower().startswith("not")
        ):
            self._read(block, parent, layer, depth + 1)

    def _keep(self, selectors: str, declared: dict[str, Value], layer: str | None) -> None:
        kept = {n: v for n, v in declared.items() if n in TELLING or n.startswith("--")}
        if not kept:
            return
        place = (
            self._layers.index(layer) if layer in self._layers else len(self._layers) + MOST_RULES
        )
        self.rules += [Rule(one, kept, place) for one in compile_list(selectors)]


def statements(text: str) -> Iterator[tuple[str, str | None]]:
    """(what stands before, the inside of the block) of each rule; None for a declaration."""
    prelude: list[str] = []
    block: list[str] = []
    braces = brackets = 0
    for found in TOKEN.finditer(text):
        token = found[0]
        if token.startswith("/*"):
            token = " "
        if not braces:
            brackets = max(0, brackets + (token in "([") - (token in ")]"))
        braces += (token == "{") - (token == "}")
        if braces < 0:  # one too many is passed over
            braces = 0
        elif braces or token == "}":
            block.append(token)
        elif token == ";" and not brackets:
            yield "".join(prelude).strip(), None
            prelude = []
        else:
            prelude.append(token)
        if token == "}" and not braces and block:
            yield "".join(prelude).strip(), "".join(block[1:-1])
            prelude, block, brackets = [], [], 0
    if block:  # what is open at the end is closed there
        yield "".join(prelude).strip(), "".join(block[1:])
    elif prelude:
        yield "".join(prelude).strip(), None


def declarations(text: str) -> dict[str, Value]:
    """Those of a `style` attribute or of a rule; of two for one property the later counts."""
    found: dict[str, Value] = {}
    for statement, block in statements(text):
        if block is None:
            _add(found, statement)
    return found


def _add(found: dict[str, Value], text: str) -> None:
    parts = DECLARATION.fullmatch(text)
    if not parts:
        return
    name, said = parts[1].lower(), parts[2].strip()
    value = Value(IMPORTANT.sub("", said).strip().lower(), bool(IMPORTANT.search(said)))
    if value.is_important or not (name in found and found[name].is_important):
        found[name] = value


def _last_frame(block: str) -> dict[str, Value]:
    frames = [
        (part.strip().lower(), inside)
        for prelude, inside in statements(block)
        for part in prelude.split(",")
    ]
    return declarations(";".join(inside or "" for part, inside in frames if part in ("to", "100%")))


def nested(selectors: str, parent: str) -> str:
    """The selectors of a rule inside of another (CSS Nesting 1)."""
    around = f":is({parent})"
    parts = split(selectors, ",")
    return ",".join(p.replace("&", around) if "&" in p else f"{around} {p}" for p in parts)


def pixels(text: str) -> float | None:
    """A length in pixels, for a reader with a common screen; None where it is no plain length."""
    found = LENGTH.fullmatch(re.sub(r"^calc\((.*)\)$", r"\1", text.strip()).strip())
    return (
        float(found[1]) * UNITS[found[2].lower()] if found and found[2].lower() in UNITS else None
    )


def is_asked(media: str) -> bool:
    """Whether a list of media queries holds on the screen of the reader."""
    queries = [query.strip().lower() for query in media.split(",")]
    return not media.strip() or any(map(_holds, queries))


def _holds(query: str) -> bool:
    is_not, words = query.startswith("not "), re.sub(r"^(not|only)\s+", "", query)
    types = re.findall(r"^[a-z]+\b(?!\s*\()", words)
    holds = all(kind in ("all", "screen") for kind in types)
    features = [_has(feature) for feature in FEATURE.findall(words)]
    holds = holds and (any(features) if " or " in words else all(features))
    return holds != is_not


def _has(feature: str) -> bool:
    if BOUND.search(feature):
        return _is_between(BOUND.split(feature))
    name, _, value = (part.strip() for part in feature.partition(":"))
    bound = re.match(r"(min|max)-(.+)", name)
    if bound and bound[2] in SCREEN and (limit := pixels(value)) is not None:
        return SCREEN[bound[2]] >= limit if bound[1] == "min" else SCREEN[bound[2]] <= limit
    return name in READER and value in ("", READER[name])


def _is_between(parts: list[str]) -> bool:
    """A range such as `400px <= width < 700px`."""
    sides = [SCREEN.get(side.strip()) or pixels(side) for side in parts[::2]]
    for low, sign, high in zip(sides, parts[1::2], sides[1:], strict=False):
        if low is None or high is None:
            return False
        if not (
            (low < high and "<" in sign)
            or (low > high and ">" in sign)
            or (low == high and "=" in sign)
        ):
            return False
    return True

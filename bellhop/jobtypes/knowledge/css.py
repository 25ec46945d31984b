"""The rules of a page's own style sheets, as a browser with a wide screen applies them.

A part of Cascade, Nesting and Media Queries: what a rule needs that hides or shows text; tinycss2
reads the syntax. A container is taken to be as large as the screen. A style sheet that is linked is
not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import tinycss2
from cssselect2.compiler import CompiledSelector

from bellhop.jobtypes.knowledge.selectors import compile_list, may_match, nested

MOST_CHARACTERS = 4_000_000
MOST_RULES = 8_000
# Python makes no number of more digits.
LONG_NUMBER = re.compile(r"(\d{4000})\d+")
DEEPEST = 8
# The screen of the reader: what a media query is asked about.
WIDTH_PX, HEIGHT_PX = 1280.0, 800.0
SCREEN = {
    "width": WIDTH_PX, "height": HEIGHT_PX, "device-width": WIDTH_PX, "device-height": HEIGHT_PX,
}  # fmt: skip
READER = {
    "orientation": "landscape", "prefers-color-scheme": "light", "hover": "hover",
    "any-hover": "hover", "pointer": "fine", "any-pointer": "fine", "scripting": "enabled",
    "prefers-reduced-motion": "no-preference", "display-mode": "browser", "update": "fast",
    "prefers-contrast": "no-preference", "forced-colors": "none", "color": "", "grid": "0",
}  # fmt: skip
LENGTHS = re.compile(r"(calc|min|max)\(([^()]*)\)", re.I)
LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z%]*)", re.I)
UNITS = {
    "": 1.0, "px": 1.0, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "pt": 4 / 3, "pc": 16.0,
    "in": 96.0, "cm": 37.8, "mm": 3.78, "vw": 12.8, "vh": 8.0, "vmin": 8.0, "vmax": 12.8,
    "%": 12.8, "dvh": 8.0, "svh": 8.0, "lvh": 8.0, "dvw": 12.8,
}  # fmt: skip
# The properties that decide whether a reader sees a text.
TELLING = {
    "animation", "animation-fill-mode", "animation-name", "backface-visibility", "background",
    "background-clip",
    "background-color", "background-image", "bottom", "clip", "clip-path", "color",
    "content-visibility", "display", "filter", "font", "font-size", "height", "inset", "left",
    "letter-spacing", "line-height", "margin", "margin-left", "margin-top", "mask", "mask-image",
    "max-height", "max-width", "opacity", "overflow", "overflow-x", "overflow-y", "position",
    "right", "rotate", "scale", "text-indent", "text-shadow", "top", "transform", "translate",
    "visibility", "-webkit-background-clip", "-webkit-text-fill-color", "white-space", "width",
    "zoom",
}  # fmt: skip
# Other names of some of them, in a text from left to right.
OTHER_NAMES = {
    "inline-size": "width", "block-size": "height", "max-inline-size": "max-width",
    "max-block-size": "max-height", "inset-inline-start": "left", "inset-inline-end": "right",
    "inset-block-start": "top", "inset-block-end": "bottom", "margin-inline-start": "margin-left",
    "margin-block-start": "margin-top", "-webkit-clip-path": "clip-path", "-webkit-mask": "mask",
    "-webkit-mask-image": "mask-image", "-webkit-transform": "transform",
}  # fmt: skip
# The values that browsers know; they pass over any other.
KNOWN = {
    "display": re.compile(
        r"none|contents|run-in|((-webkit-)?(inline-)?(block|flex|grid|table|box)|inline|math|ruby"
        r"|list-item|flow-root|flow|(table|ruby)-[a-z-]+|\s)+"
    ),
    "visibility": re.compile("visible|hidden|collapse"),
    "opacity": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?%?"),
}
# The first words of the properties that browsers know.
STEMS = {
    "accent", "align", "all", "animation", "appearance", "aspect", "backdrop", "backface",
    "background", "block", "border", "bottom", "box", "break", "caption", "caret", "clear",
    "clip", "color", "column", "columns", "contain", "container", "content", "counter",
    "cursor", "direction", "display", "empty", "filter", "flex", "float", "font", "forced",
    "gap", "grid", "hanging", "height", "hyphens", "image", "initial", "inline", "inset",
    "isolation", "justify", "left", "letter", "line", "list", "margin", "mask", "math", "max",
    "min", "mix", "object", "offset", "opacity", "order", "orphans", "outline", "overflow",
    "overscroll", "padding", "page", "paint", "perspective", "place", "pointer", "position",
    "print", "quotes", "resize", "right", "rotate", "row", "ruby", "scale", "scroll",
    "scrollbar", "shape", "tab", "table", "text", "top", "touch", "transform", "transition",
    "translate", "unicode", "user", "vertical", "view", "visibility", "webkit", "white",
    "widows", "width", "will", "word", "writing", "z", "zoom",
}  # fmt: skip
EVERYWHERE = re.compile(r"inherit|initial|unset|revert|revert-layer|.*\w\(.*", re.S)
FEATURE = re.compile(r"\(([^()]*)\)")
BOUND = re.compile(r"(<=|>=|<|>|=)")


class Value(NamedTuple):
    """What a declaration says, in small letters, and whether it is marked as important."""

    text: str
    is_important: bool


class Rule(NamedTuple):
    """One selector with its declarations; a later layer beats an earlier one (CSS Cascade 5)."""

    selector: CompiledSelector
    declarations: dict[str, Value]
    layer: int


class Sheet:
    """The rules of all style sheets of a page, in their order."""

    def __init__(self, names: frozenset[str] | None = None) -> None:
        """`names` are the classes and ids of the page (".a", "#b"); None where nobody knows."""
        self._names = names
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
            text = LONG_NUMBER.sub(r"\1", text)
            nodes = tinycss2.parse_stylesheet(text, skip_comments=True)
            try:
                self._read(nodes, [], None, 0)
            except RecursionError:  # brackets stand too deep in each other
                self.is_whole = False

    def _read(self, nodes: list[Any], parent: list[Any], layer: str | None, depth: int) -> None:
        """Rules and at-rules; inside of a rule `parent` has its selectors."""
        self._keep(parent, _declared(nodes), layer)
        for node in nodes:
            if node.type not in ("at-rule", "qualified-rule"):
                continue
            if depth > DEEPEST or len(self.rules) > MOST_RULES:
                self.is_whole = False
            elif node.type == "at-rule":
                self._at(node, parent, layer, depth)
            elif selectors := nested(node.prelude, parent) if parent else node.prelude:
                self._read(_inside(node), selectors, layer, depth + 1)
            else:
                self.is_whole = False

    def _at(self, node: Any, parent: list[Any], layer: str | None, depth: int) -> None:
        name = re.sub(r"^-\w+-", "", node.lower_at_keyword)
        prelude = _text(node.prelude)
        if name == "layer":
            named = [one.strip() for one in prelude.split(",")] if prelude else []
            layer = named[0] if named else f"layer {len(self._layers)}"
            self._layers += [one for one in named or [layer] if one not in self._layers]
        if node.content is None:
            return
        if name == "keyframes":
            self.animations[prelude.strip("\"'").lower()] = _last_frame(node)
        elif (
            name == "layer"
            or (name == "media" and is_asked(prelude))
            or (name == "container" and is_asked(prelude[prelude.find("(") :]))
            or (name == "supports" and is_supported(node.prelude))
            or (name == "document" and not prelude.lower().startswith("not"))
        ):
            self._read(_inside(node), parent, layer, depth + 1)
        elif name == "scope":
            self.is_whole = False

    def _keep(self, selectors: list[Any], declared: dict[str, Value], layer: str | None) -> None:
        if declared and selectors and may_match(selectors, self._names):
            place = self._layers.index(layer) if layer else MOST_RULES
            self.rules += [Rule(one, declared, place) for one in compile_list(selectors)]


def declarations(text: str) -> dict[str, Value]:
    """Those of a `style` attribute that count; of two for one property the later one."""
    text = LONG_NUMBER.sub(r"\1", text)
    return _declared(tinycss2.parse_blocks_contents(text, skip_comments=True))


def _declared(nodes: Iterable[Any]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for node in nodes:
        if node.type != "declaration":
            continue
        name = OTHER_NAMES.get(node.lower_name, node.lower_name)
        is_told = name in TELLING or name.startswith("--")
        if is_told and (node.important or not (name in found and found[name].is_important)):
            text = _text(node.value).lower()
            if name not in KNOWN or KNOWN[name].fullmatch(text) or EVERYWHERE.fullmatch(text):
                found[name] = Value(text, node.important)
    return found


def _inside(node: Any) -> list[Any]:
    return list(tinycss2.parse_blocks_contents(node.content))


def _text(tokens: list[Any]) -> str:
    """What they were written as; nothing where brackets stand too deep in each other."""
    try:
        return str(tinycss2.serialize(tokens)).strip()
    except RecursionError:
        return ""


def _last_frame(node: Any) -> dict[str, Value]:
    frames = [inner for inner in _inside(node) if inner.type == "qualified-rule"]
    last = [one for one in frames if {"to", "100%"} & set(_text(one.prelude).lower().split(","))]
    return _declared(part for one in last for part in _inside(one))


def pixels(text: str) -> float | None:
    """A length in pixels, for a reader with a common screen; None where it is no plain length."""
    if function := LENGTHS.fullmatch(text.strip()):
        parts = [_sum(part) for part in function[2].split(",")]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return {"calc": known[0], "min": min(known), "max": max(known)}[function[1]]
    found = LENGTH.fullmatch(text.strip())
    return (
        float(found[1]) * UNITS[found[2].lower()] if found and found[2].lower() in UNITS else None
    )


def _sum(text: str) -> float | None:
    """The sum of some lengths in pixels."""
    terms = re.split(r"\s+([+-])\s+", f"0px + {text.strip()}")
    lengths = [pixels(term) for term in terms[::2]]
    if any(length is None for length in lengths):
        return None
    signs = [1, *(1 if sign == "+" else -1 for sign in terms[1::2])]
    return sum(sign * (length or 0) for sign, length in zip(signs, lengths, strict=True))


def is_supported(tokens: list[Any]) -> bool:
    """Whether a browser does what `@supports` asks (CSS Conditional Rules 4)."""
    words = [token for token in tokens if token.type not in ("whitespace", "comment")]
    joints = [token.lower_value for token in words if token.type == "ident"]
    answers = [_does(token) for token in words if token.type != "ident"]
    if joints[:1] == ["not"]:
        return not all(answers)
    return any(answers) if "or" in joints else all(answers)


def _does(token: Any) -> bool:
    if token.type == "function":
        return token.lower_name != "selector" or bool(compile_list(token.arguments))
    if token.type != "() block":
        return True
    name, colon, value = _text(token.content).lower().partition(":")
    if not colon or "(" in name:  # a condition in parentheses
        return is_supported(token.content)
    is_known = name.strip("- ").split("-")[0] in STEMS or name.startswith("--")
    allowed = KNOWN.get(name.strip())
    return is_known and (allowed is None or bool(allowed.fullmatch(value.strip())))


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

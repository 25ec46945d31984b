"""Remove from a page what none of its readers sees, before anything else reads it.

Text that only machines find is where instructions to an AI are hidden. What counts: elements that
browsers never draw, `hidden`, `aria-hidden`, and what a `style` attribute or a style sheet of the
page hides on a wide screen, also by colour, size or place. A browser decides between rules in the
same way (CSS Cascade). What is folded in `<details>` is for the reader to open, so it stays.

Not known here: linked style sheets, and what a script will show or hide. A page whose root or body
is hidden, or that is nearly all transparent, waits for a script, and is read as if that had run.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from lxml import etree
from tinycss2.color4 import Color, parse_color

from bellhop.jobtypes.knowledge import css
from bellhop.jobtypes.knowledge.css import Sheet, Value, pixels
from bellhop.jobtypes.knowledge.drawn import is_drawn, opacity
from bellhop.jobtypes.knowledge.selectors import PageElement, PageMatcher, Work
from bellhop.jobtypes.knowledge.words import length

Element = Any
NEVER_DRAWN = {
    "area", "audio", "canvas", "datalist", "iframe", "noembed", "noframes", "noscript", "object",
    "param", "rp", "select", "svg", "template", "textarea", "video",
}  # fmt: skip
# What of the style of the root and the body counts, and what a page that fades in begins with.
OF_ROOT = ("--", "background", "color")
FADING = ("visibility", "opacity", "filter")
NEARLY_ALL = 0.95
RUNNING_WORDS = 8
SMALLEST_FONT_PX = 1.0
FAINTEST = 0.02
SAME_COLOUR = 10
OLD_COLOURS = {"font": (("color", "color"),), "body": (("color", "text"),)}
# The spaces of colours that are given by their lightness, and the lightness of white.
LIGHTNESS = {"lab": 100.0, "lch": 100.0, "oklab": 1.0, "oklch": 1.0}
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)")
IN_FONT = re.compile(r"(?:^|\s)([\d.]+[a-z%]*)(?:/|\s)")
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|(?:rgb|hsl|hwb)a?\([^)]*\)|\b[a-z]+\b")
# Red, green and blue from 0 to 255, and the opacity from 0 to 1.
Colour = tuple[float, float, float, float]


class Look(NamedTuple):
    """What an element hands down to those inside of it."""

    is_shown: bool
    font_px: float
    colour: Colour | None
    ground: Colour | None
    is_clear: bool
    opacity: float
    variables: dict[str, str]

    @property
    def is_read(self) -> bool:
        """Whether a reader sees text of this look."""
        return not (
            not self.is_shown
            or self.font_px <= SMALLEST_FONT_PX
            or self.is_clear
            or _are_alike(self.colour, self.ground)
        )


class Removed(NamedTuple):
    """What was found: the words of running text that were removed, whether nearly all of the page
    fades in by a script and so was kept, and whether all style sheets were read."""

    words: int
    fades_in: bool
    is_whole: bool


def remove_hidden(tree: Element) -> Removed:
    """Remove it from the tree of a page, in place."""
    for details in tree.iter("details"):  # they are for the reader to open
        details.set("open", "")
    styles = _Styles(_sheets(tree))
    is_own_style = not tree.xpath("//link[@href][contains(@rel, 'stylesheet')]")
    look = Look(
        True, 16.0, None, (255.0, 255.0, 255.0, 1.0) if is_own_style else None, False, 1.0, {}
    )
    heeds_aria, whole = not _hides_most(tree), running_words(tree)
    words, fades_in = 0, False
    left: list[tuple[PageElement, Look]] = [(PageElement.of_page(tree, styles.work), look)]
    while left:
        place, look = left.pop()
        element = place.etree_element
        style = _attributes(element) | styles.of(place)
        if element.tag in ("html", "body", "head"):
            style = {name: style[name] for name in style if name.startswith(OF_ROOT)}
        elif _fades(style) and running_words(element) >= NEARLY_ALL * whole:
            style, fades_in = {name: style[name] for name in style if name not in FADING}, True
        look, style = _look(element, style, look)
        if _is_gone(element, style, look, heeds_aria):
            words += running_words(element)
            element.drop_tree()
            continue
        if not look.is_read:
            words += _blank(element)
        if not is_own_style:  # a linked style sheet may have put other grounds in between
            look = look._replace(ground=None)
        left += [(child, look) for child in place.iter_children()]
    # The extraction has guesses of its own about them.
    etree.strip_attributes(tree, "style", "aria-hidden")
    return Removed(words, fades_in, styles.is_whole and not styles.work.is_done)


def _attributes(element: Element) -> dict[str, str]:
    """What old attributes say of the colours of an element; any rule beats them."""
    given = {name: element.get(old) for name, old in OLD_COLOURS.get(element.tag, ())}
    given["background-color"] = element.get("bgcolor")
    return {
        name: re.sub(r"^(?=[0-9a-f]{6}$)", "#", value.strip().lower())
        for name, value in given.items() if value
    }  # fmt: skip


def _fades(style: dict[str, str]) -> bool:
    return opacity(style) <= FAINTEST or style.get("visibility") == "hidden"


def running_words(element: Element) -> int:
    """The words of an element that stand in sentences; labels and menus are none."""
    texts = element.xpath(".//text()[not(parent::script or parent::style)]")
    counts = map(length, texts)
    return sum(count for count in counts if count >= RUNNING_WORDS)


def _blank(element: Element) -> int:
    """Take the element's own text away, and leave what is inside of it."""
    texts = [element.text, *(child.tail for child in element)]
    element.text = None
    for child in element:
        child.tail = None
    counts = [length(text or "") for text in texts]
    return sum(count for count in counts if count >= RUNNING_WORDS)


def _hides_most(tree: Element) -> bool:
    """Whether `aria-hidden` is on most of the text: then a dialog is over a page that is seen."""
    marked = tree.xpath("//*[@aria-hidden='true'][not(ancestor::*[@aria-hidden='true'])]")
    return 2 * sum(map(running_words, marked)) > running_words(tree)


def _sheets(tree: Element) -> Sheet:
    classes = {f".{name}" for marked in tree.xpath("//@class") for name in marked.split()}
    sheet = Sheet(frozenset(classes | {f"#{name}" for name in tree.xpath("//@id")}))
    for style in tree.xpath("//style[not(ancestor::noscript or ancestor::template)]"):
        if (style.get("type") or "text/css").strip().lower() == "text/css":
            sheet.add("".join(style.itertext()), style.get("media") or "")
    return sheet


class _Styles:
    """What the rules of a page say of an element."""

    def __init__(self, sheet: Sheet):
        self._animations = sheet.animations
        self.is_whole = sheet.is_whole
        self.work = Work()
        self._matcher = PageMatcher(self.work)
        for rule in sheet.rules:
            self._matcher.add_selector(rule.selector, rule)

    def of(self, element: PageElement) -> dict[str, str]:
        """The value of each property that a rule or the element itself declares."""
        best: dict[str, tuple[tuple[Any, ...], str]] = {}
        for specificity, order, _, rule in self._matcher.match(element):
            rank = (rule.layer, specificity, order)
            _weigh(best, rule.declarations, rank, is_inline=False)
        if own := element.etree_element.get("style"):
            _weigh(best, css.declarations(own), (0,), is_inline=True)
        style = {name: text for name, (_, text) in best.items()}
        return style | self._end_of_animation(style) if style else style

    def _end_of_animation(self, style: dict[str, str]) -> dict[str, str]:
        """What an animation leaves behind that does not go back to its start."""
        words = f"{style.get('animation', '')} {style.get('animation-name', '')} "
        words += style.get("animation-fill-mode", "")
        parts = words.replace(",", " ").split()
        if not {"forwards", "both", "infinite"} & set(parts):
            return {}
        ends = (self._animations.get(name, {}) for name in parts)
        return {name: value.text for end in ends for name, value in end.items()}


def _weigh(
    best: dict[str, tuple[tuple[Any, ...], str]],
    declared: dict[str, Value],
    rank: tuple[Any, ...],
    *,
    is_inline: bool,
) -> None:
    """Keep of two declarations the one that wins (CSS Cascade 5, 6.1)."""
    for name, value in declared.items():
        layer = -rank[0] if value.is_important else rank[0]
        weight = (value.is_important, is_inline, layer, *rank[1:])
        if name not in best or weight >= best[name][0]:
            best[name] = (weight, value.text)


def _look(element: Element, style: dict[str, str], look: Look) -> tuple[Look, dict[str, str]]:
    """The look of an element, and its style without variables."""
    if not style:
        return look, style
    variables = look.variables
    if own := {name: value for name, value in style.items() if name.startswith("--")}:
        variables = {**variables, **own}
    style = {name: _resolved(value, variables) for name, value in style.items()}
    shown = style.get("visibility", "inherit")
    if shown not in ("inherit", "unset"):
        look = look._replace(is_shown=shown not in ("hidden", "collapse"))
    look = look._replace(
        font_px=_font_px(style, look.font_px),
        opacity=look.opacity * opacity(style),
        variables=variables,
    )
    return _coloured(style, look), style


def _resolved(value: str, variables: dict[str, str]) -> str:
    for _ in range(4):
        if "var(" not in value:
            break
        value = VARIABLE.sub(lambda v: variables.get(v[1], v[2] or ""), value)
    return value.strip()


def _font_px(style: dict[str, str], outer: float) -> float:
    size = style.get("font-size")
    if size is None and (
        found := re.search(r"(?:^|\s)([\d.]+[a-z%]*)(?:/|\s)", style.get("font", ""))
    ):
        size = found[1]
    if size is None or size in ("inherit", "unset"):
        return outer
    if size.endswith(("em", "%")) and not size.endswith("rem"):
        part = pixels(size.removesuffix("em").removesuffix("%"))
        return 16.0 if part is None else outer * part / (100 if size.endswith("%") else 1)
    px = pixels(size)
    return 16.0 if px is None else px


def _coloured(style: dict[str, str], look: Look) -> Look:
    """The look with the colours of text and ground; None where they cannot be known."""
    text = style.get("-webkit-text-fill-color") or style.get("color")
    if text and text not in ("inherit", "unset", "currentcolor"):
        is_filled = "text" in style.get("background-clip", "") + style.get(
            "-webkit-background-clip", ""
        )
        look = look._replace(
            colour=(colour := _colour(text)),
            is_clear=bool(colour and colour[3] <= FAINTEST)
            and not is_filled
            and "text-shadow" not in style,
        )
    ground = f"{style.get('background', '')} {style.get('background-color', '')}".strip()
    has_picture = "(" in style.get("background-image", "") or bool(
        re.search("url|gradient", ground)
    )
    if has_picture or style.get("position") in ("absolute", "fixed", "sticky"):
        return look._replace(ground=None)
    colours = [found for part in COLOUR.findall(ground) if (found := _colour(part)) and found[3]]
    if not colours:
        return look
    return look._replace(ground=colours[-1] if colours[-1][3] == 1 else None)


def _colour(text: str) -> Colour | None:
    found = parse_color(text)
    if not isinstance(found, Color):
        return None
    if found.space in LIGHTNESS:
        return _grey(found)
    if found.space not in ("srgb", "hsl", "hwb"):
        return None
    red, green, blue = found.to("srgb").coordinates
    return 255 * red, 255 * green, 255 * blue, found.alpha


def _grey(colour: Color) -> Colour | None:
    """A colour that is given by its lightness, where it is a grey; None for any other."""
    whole = LIGHTNESS[colour.space]
    lightness, *rest = colour.coordinates
    chroma = rest[:1] if colour.space.endswith("lch") else rest
    if any(abs(part or 0) > whole / 100 for part in chroma):
        return None
    level = (lightness or 0) / whole
    light = level**3 if whole == 1 else ((100 * level + 16) / 116) ** 3
    grey = 255 * (1.055 * max(light, 0.0031) ** (1 / 2.4) - 0.055)
    return grey, grey, grey, colour.alpha


def _are_alike(one: Colour | None, other: Colour | None) -> bool:
    if one is None or other is None:
        return False
    return max(abs(a - b) for a, b in zip(one[:3], other[:3], strict=True)) <= SAME_COLOUR


def _is_gone(element: Element, style: dict[str, str], look: Look, heeds_aria: bool) -> bool:
    """Whether the element is not drawn with all that is inside of it."""
    if element.tag in NEVER_DRAWN:
        return not (element.tag == "template" and element.get("shadowrootmode") is not None)
    if heeds_aria and (element.get("aria-hidden") or "").strip().lower() == "true":
        return True
    if style.get("display", _display(element)) == "none" or look.opacity <= FAINTEST:
        return True
    return bool(style) and (style.get("content-visibility") == "hidden" or not is_drawn(style))


def _display(element: Element) -> str:
    """What browsers do with an element of which no style sheet says how it is displayed."""
    is_closed = element.tag == "dialog" and element.get("open") is None
    is_none = is_closed or element.get("hidden") is not None or element.get("popover") is not None
    return "none" if is_none else ""

"""Whether an element of a style is drawn where a reader sees it: its size, place, clip and mask.

A style is the value of each property, in small letters.
"""

from __future__ import annotations

import re

from bellhop.jobtypes.knowledge.css import HEIGHT_PX, WIDTH_PX, pixels

Style = dict[str, str]
# So far to the left or above nothing can be scrolled to; so far to the right nobody does.
FAR_PX, FARTHEST_PX = 900.0, 3000.0
SMALLEST_PART = 0.01
NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%?)")
FUNCTION = re.compile(r"([a-z0-9-]+)\(([^()]*)\)")
SIDES = ("left", "right", "top", "bottom")
GRADIENT = re.compile(r"gradient\((.*)\)")
CLEAR = re.compile(
    r"transparent|(?:rgb|hsl)a?\([^()]*[,/]\s*0(?:\.0+)?%?\)|#(?:[0-9a-f]{3}0|[0-9a-f]{6}00)"
)


def is_drawn(style: Style) -> bool:
    """Whether something of it is seen, as far as its box goes."""
    return not (
        number(style.get("zoom", "")) == 0
        or _is_outside(style)
        or _is_flat(style)
        or _is_clipped(style)
        or _is_masked(style)
    )


def number(text: str) -> float | None:
    """A number or percentage; None where it is something else."""
    found = NUMBER.fullmatch(re.sub(r"^calc\((.*)\)$", r"\1", text.strip()).strip())
    return float(found[1]) / (100 if found[2] else 1) if found else None


def opacity(style: Style) -> float:
    """The opacity of the element alone, from 0 to 1."""
    filtered = re.search(r"opacity\(([^)]*)\)", style.get("filter", ""))
    found = [number(value) for value in (style.get("opacity", ""), filtered[1] if filtered else "")]
    return min([1.0, *(max(0.0, value) for value in found if value is not None)])


def _functions(style: Style) -> list[tuple[str, list[str]]]:
    """The names and values of what a transform does."""
    found = FUNCTION.findall(style.get("transform", ""))
    return [(name, re.split(r"[\s,]+", values.strip())) for name, values in found]


# Places.


def _is_outside(style: Style) -> bool:
    """Whether it is drawn so far away that no reader gets there."""
    back = [style.get(name, "") for name in ("text-indent", "margin-left", "margin-top")]
    back += [style.get("letter-spacing", ""), *style.get("margin", "").split()]
    moved = style.get("translate", "").split()
    for name, values in _functions(style):
        moved += values if name.startswith("translate") else values[4:6] if name == "matrix" else []
    if style.get("position") in ("absolute", "fixed", "relative"):
        sides = [style.get(side, "") for side in SIDES] + style.get("inset", "").split()
        back += sides
        moved += sides if style["position"] != "relative" else []
    is_back = any((px := pixels(value)) is not None and px <= -FAR_PX for value in back + moved)
    return is_back or any(map(_is_far, moved)) or _is_off_screen(style) or _is_indented(style)


def _is_far(value: str) -> bool:
    px = pixels(value)
    return px is not None and abs(px) >= (FAR_PX if px < 0 else FARTHEST_PX) and value[-1] != "%"


def _is_off_screen(style: Style) -> bool:
    """Whether what never scrolls begins behind an edge of the screen."""
    if style.get("position") != "fixed":
        return False
    places = [pixels(style.get(side, "")) for side in SIDES]
    limits = (WIDTH_PX, WIDTH_PX, HEIGHT_PX, HEIGHT_PX)
    return any(px is not None and px >= most for px, most in zip(places, limits, strict=True))


def _is_indented(style: Style) -> bool:
    """Whether its one line begins behind its box, which cuts it off."""
    indent = pixels(style.get("text-indent", ""))
    is_line = "nowrap" in style.get("white-space", "") and "hidden" in style.get("overflow", "")
    return is_line and indent is not None and indent >= FAR_PX


# Sizes.


def _is_flat(style: Style) -> bool:
    """Whether it is scaled or turned until nothing is left of it."""
    parts = [number(value) for value in style.get("scale", "").split()]
    turns = [style.get("rotate", "")] if style.get("rotate", "")[:1] in ("x", "y") else []
    for name, values in _functions(style):
        if name.startswith("scale"):
            parts += [number(value) for value in values]
        elif name == "matrix" and len(values) == 6:
            a, b, c, d = (number(value) or 0.0 for value in values[:4])
            parts.append(a * d - b * c)
        elif name in ("rotatex", "rotatey"):
            turns += values
    if any(part is not None and abs(part) <= SMALLEST_PART for part in parts):
        return True
    angles = [_degrees(turn) for turn in turns]
    is_behind = style.get("backface-visibility") == "hidden" and 180 in angles
    return is_behind or bool({90, 270} & set(angles))


def _degrees(text: str) -> int | None:
    """A plain angle, from 0 to 359."""
    found = re.search(r"([+-]?[\d.]+)(deg|turn|grad)$", text)
    if not found or number(found[1]) is None:
        return None
    return round(float(found[1]) * {"deg": 1, "turn": 360, "grad": 0.9}[found[2]]) % 360


def _is_clipped(style: Style) -> bool:
    """Whether nothing of it is left, or a dot of one pixel."""
    is_free = style.get("position") in ("absolute", "fixed")
    if is_free and (found := re.match(r"rect\((.*)\)", style.get("clip", ""))):
        top, right, bottom, left = (
            [pixels(p) for p in re.split(r"[\s,]+", found[1].strip())] + [None] * 4
        )[:4]
        if _is_dot(left, right) or _is_dot(top, bottom):
            return True
    if _is_cut(style.get("clip-path", "")):
        return True
    overflow = " ".join(style.get(f"overflow{axis}", "") for axis in ("", "-x", "-y"))
    if not re.search("hidden|clip|auto|scroll", overflow):
        return False
    most = 1 if re.search("hidden|clip", overflow) else 0
    sizes = (style.get(name, "") for name in ("width", "height", "max-width", "max-height"))
    is_small = any((px := pixels(size)) is not None and px <= most for size in sizes)
    return is_small or pixels(style.get("line-height", "")) == 0


def _is_dot(start: float | None, end: float | None) -> bool:
    return start is not None and end is not None and end - start <= 1


def _is_cut(path: str) -> bool:
    shape, _, rest = path.partition("(")
    values = [value for value in re.split(r"[\s,]+", rest.rstrip(") ")) if value]
    if shape == "inset":
        sides = (values + values[:1] * 3)[:4] if len(values) < 2 else values
        top, right, bottom, left = (*sides, *sides[len(sides) - 2 :])[:4] if sides else ("",) * 4
        parts = [
            number(side) if side.endswith("%") else None for side in (top, right, bottom, left)
        ]
        return (parts[0] or 0) + (parts[2] or 0) >= 1 or (parts[1] or 0) + (parts[3] or 0) >= 1
    if shape in ("circle", "ellipse"):
        return bool(values) and pixels(values[0]) == 0
    if shape == "polygon":
        return len({" ".join(point.split()) for point in rest.rstrip(") ").split(",")}) == 1
    sizes = [pixels(value) for value in values]
    if shape == "rect" and len(sizes) >= 4:
        return _is_dot(sizes[3], sizes[1]) or _is_dot(sizes[0], sizes[2])
    return shape == "xywh" and any(size is not None and size <= 1 for size in sizes[2:4])


def _is_masked(style: Style) -> bool:
    """Whether a mask of clear colours only lies over it."""
    found = GRADIENT.search(f"{style.get('mask', '')} {style.get('mask-image', '')}")
    stops = re.split(r",(?![^()]*\))", found[1]) if found else []
    coloured = [
        stop.strip() for stop in stops if not re.match(r"\s*(?:to|from|at|[\d.]+deg)\b", stop)
    ]
    return bool(coloured) and all(CLEAR.match(stop) for stop in coloured)

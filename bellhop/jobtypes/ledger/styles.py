"""What the style of a spreadsheet's cell says and its value does not: a side, an indent, bold.

Called for each sheet of a workbook. A side that is shown by the number format ("Cr" behind the
number) becomes the sign of the amount; indents, outlines and bold become leading spaces, as CSV
would have them. Must never change the size of an amount.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from xml.etree import ElementTree

from bellhop.jobtypes.ledger.cells import SIDE_SIGNS, normal
from bellhop.jobtypes.reading.refusals import corrupt_file

# Parts of a number format: a text as it is shown, or what stands for something else.
FORMAT = re.compile(
    r'"(?P<text>[^"]*)"|\\(?P<char>.)|\[(?P<bracket>[^\]]*)\]|[_*].|(?P<end>;)|.', re.S
)
ODS_STYLE = re.compile(rb'<style:style style:name="([^"]+)"[^>]*?(?:/>|>(.*?)</style:style>)', re.S)
UNITS = {b"cm": 10.0, b"in": 25.4, b"pt": 0.353, b"pc": 4.23, b"mm": 1.0}  # in millimetres
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[\d.]+)")


class Style(NamedTuple):
    """What a cell looks like: its number format, how far it is moved in, whether it is bold."""

    format: str = ""
    indent: int = 0
    is_bold: bool = False

    @property
    def says_something(self) -> bool:
        return bool(self.indent or self.is_bold or any(side_of(self.format, n) for n in (1, -1)))


@dataclass
class Look:
    """What a sheet looks like: the cells whose style says something, the cells whose number is
    shown with a side, and the outline levels of rows; all count from 0."""

    styles: dict[tuple[int, int], Style] = field(default_factory=dict)
    shown: dict[tuple[int, int], str] = field(default_factory=dict)
    outline: dict[int, int] = field(default_factory=dict)


def apply_look(rows: list[list[Any]], look: Look) -> None:
    """Put what the look says into the cells."""
    for (row, column), style in look.styles.items():
        if (cell := cell_of(rows, row, column)) is not None and is_number(cell):
            rows[row][column] = with_side(cell, side_of(style.format, cell))
    for (row, column), text in look.shown.items():
        if (cell := cell_of(rows, row, column)) is not None and is_number(cell):
            minus = bool(re.search(r"[-\u2212(]", text))
            rows[row][column] = with_side(cell, (side_in(text), minus))
    bold = any(style.is_bold for style in look.styles.values())
    places = {row for row, _ in look.styles} | set(look.outline)
    for row in range(len(rows)) if bold else sorted(places):
        for column, cell in enumerate(rows[row] if row < len(rows) else ()):
            style = look.styles.get((row, column), Style())
            spaces = 2 * (style.indent + look.outline.get(row, 0)) + (bold and not style.is_bold)
            if spaces and isinstance(cell, str) and cell:
                rows[row][column] = " " * spaces + cell


def cell_of(rows: list[list[Any]], row: int, column: int) -> Any:
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else None


def is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def with_side(value: float, side: tuple[int, bool] | None) -> float:
    """The signed amount of a number that is shown on a side, and with or without a minus."""
    if side is None or not side[0]:
        return value
    sign, minus = side
    return -sign * abs(value) if minus else sign * abs(value)


def side_in(text: str) -> int:
    """1 or -1 for the debit or credit mark in a text such as "1,200.00 Cr", 0 for none."""
    words = re.findall(r"[^\W\d]+", normal(text))
    signs = {SIDE_SIGNS[word] for word in words if word in SIDE_SIGNS}
    return signs.pop() if len(signs) == 1 else 0


def side_of(code: str, value: float) -> tuple[int, bool] | None:
    """The side that a number format shows with a value, and whether it shows a minus."""
    if not code:
        return None
    sections = sections_of(code)
    at = section_for([condition for _, condition in sections], value)
    side = side_in(sections[at][0])
    # The section for negative numbers shows a minus only if it is written there.
    minus = value < 0 and (at == 0 or bool(re.search(r"[-\u2212(]", sections[at][0])))
    return (side, minus) if side else None


def sections_of(code: str) -> list[tuple[str, str]]:
    """The texts that each section of a format shows, and its condition."""
    found, text, condition = [], "", ""
    for part in FORMAT.finditer(code):
        if part["end"]:
            found.append((text, condition))
            text = condition = ""
        elif part["bracket"] is not None:
            condition = part["bracket"] if CONDITION.fullmatch(part["bracket"]) else condition
        elif part["text"] is not None or part["char"]:
            text += part["text"] or part["char"] or ""
        elif part[0] in "-(":
            text += part[0]
        else:
            text += " " if part[0] in "0#?,." else ""
    return [*found, (text, condition)]


def section_for(conditions: list[str], value: float) -> int:
    """Which section shows a value: by its condition, else by the sign."""
    if any(conditions):
        fits = (n for n, one in enumerate(conditions) if not one or holds(one, value))
        return next(fits, len(conditions) - 1)
    if value < 0 and len(conditions) > 1:
        return 1
    return 2 if not value and len(conditions) > 2 else 0


def holds(condition: str, value: float) -> bool:
    match = CONDITION.fullmatch(condition)
    if not match:
        return False
    limit = float(match[2])
    return {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit,
            "=": value == limit, "<>": value != limit}[match[1]]  # fmt: skip


def xlsx_styles(xml: bytes) -> dict[bytes, Style]:
    """The styles of an Excel workbook that say something, by the number that cells call them.

    Raises BadInput (corrupt_file).
    """
    try:
        return dict(read_styles(ElementTree.fromstring(xml)))
    except (ElementTree.ParseError, ValueError) as error:
        raise corrupt_file(f"The styles of the workbook cannot be read ({error}).") from error


def read_styles(root: ElementTree.Element) -> Iterator[tuple[bytes, Style]]:
    listed = root.findall("{*}numFmts/{*}numFmt")
    formats = {one.get("numFmtId"): one.get("formatCode", "") for one in listed}
    fonts = root.findall("{*}fonts/{*}font")
    bold = [any(is_on(b) for b in font.findall("{*}b")) for font in fonts]
    for number, xf in enumerate(root.findall("{*}cellXfs/{*}xf")):
        font, align = int(xf.get("fontId", "0")), xf.find("{*}alignment")
        indent = 0 if align is None else int(align.get("indent", "0"))
        style = Style(formats.get(xf.get("numFmtId"), ""), indent, bold[font : font + 1] == [True])
        if style.says_something:
            yield str(number).encode(), style


def is_on(element: ElementTree.Element) -> bool:
    return element.get("val", "1") not in ("0", "false")


def ods_styles(xml: bytes) -> dict[bytes, Style]:
    """The styles of an OpenDocument spreadsheet that say something, by name."""
    found = {}
    for name, inner in ODS_STYLE.findall(xml):
        margin = re.search(rb'fo:margin-left="([\d.]+)(\w+)"', inner)
        indent = round(float(margin[1]) * UNITS.get(margin[2], 1)) if margin else 0
        style = Style("", indent, b'fo:font-weight="bold"' in inner)
        if style.says_something:
            found[name] = style
    return found

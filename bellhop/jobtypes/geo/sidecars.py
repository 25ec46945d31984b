"""Text files beside an image: world file, .prj, .aux.xml and .points, told apart by content.

The rules. A world file begins with six lines of one number each; more numbers are refused, other
text after them is left out. A .prj is one definition of a coordinate reference system. An .aux.xml
is XML with the root PAMDataset or GeodataXform (`pam` reads it). A .points file of QGIS is a table
of map x, map y, source x, source y and whether the point is used; a comment before it may name the
coordinate reference system.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from pathlib import Path

from bellhop import BadInput
from bellhop.jobtypes.geo import crs, grid, pam
from bellhop.jobtypes.geo.model import ControlPoint, Geotransform, Sidecar
from bellhop.jobtypes.geo.refusals import MOST_POINTS, bad_gcps
from bellhop.jobtypes.reading.text import read_text

MOST_WORLD_FILE_CHARACTERS = 10_000
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
POINTS_HEADER = re.compile(r'#?\s*"?mapX"?\s*[,;\t]', re.IGNORECASE)
POINTS_CRS = re.compile(r"#\s*CRS\s*:", re.IGNORECASE)
COLUMNS = {"mapx": 0, "mapy": 1, "sourcex": 2, "sourcey": 3, "pixelx": 2, "pixely": 3, "enable": 4}
# How a person calls each kind.
NAMES = {
    "world_file": "the world file", "prj": "the .prj file", "aux_xml": "the .aux.xml file",
    "points": "the .points file",
}  # fmt: skip
OFF = ("0", "false")


def read(file: Path) -> Sidecar:
    """What a text file tells about the image.

    Raises BadInput: bad_world_file, bad_aux_xml, bad_gcps, unsupported_type, too_large.
    """
    text = read_text(file).lstrip("\ufeff")
    if pam.is_pam(text):
        return pam.read(text, file.name)
    if is_crs(text):
        return Sidecar(kind="prj", name=file.name, crs=" ".join(text.split()))
    lines = [line for line in text.splitlines() if line.strip()]
    if is_points(lines):
        points, system = read_points(lines)
        return Sidecar(kind="points", name=file.name, control_points=points, crs=system)
    return Sidecar(kind="world_file", name=file.name, geotransform=read_world_file(text))


def is_aux_xml(text: str) -> bool:
    """Whether this XML is one that may stand beside an image."""
    return pam.is_pam(text.lstrip("\ufeff"))


def is_crs(text: str) -> bool:
    """Whether it is WKT, a PROJ string or a code with its authority, and nothing else."""
    one_line = text.strip()
    return bool(crs.DEFINITION.match(one_line)) or (
        crs.code_of(one_line) is not None and not one_line.isdigit()
    )


def read_world_file(text: str) -> Geotransform:
    """The geotransform that a world file stands for. Raises BadInput bad_world_file."""
    if len(text) > MOST_WORLD_FILE_CHARACTERS:
        raise _bad_world_file("it is too long")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # Some programs write numbers with a comma, which then is in all of them.
    is_comma = not any("." in line.split()[0] for line in lines[:6])
    numbers = []
    for line in lines:
        line = line.rstrip(",;")
        first, *rest = line.replace(",", ".").split() if is_comma else line.split()
        if not NUMBER.fullmatch(first) or any(map(NUMBER.fullmatch, rest)):
            break
        numbers.append(float(first))
    if not numbers:
        raise _bad_world_file("its first line is not a number")
    if len(numbers) != 6:
        raise _bad_world_file(f"it begins with {len(numbers)} numbers")
    gt = grid.from_world_file(numbers)
    if grid.is_degenerate(gt):
        raise _bad_world_file("its pixels have no size")
    return gt


def _bad_world_file(why: str) -> BadInput:
    return BadInput(
        f"The text file is not a world file: {why}.",
        code="bad_world_file",
        hint="A world file begins with six lines with one number each, as GIS programs write it "
        "(.tfw, .jgw, .pgw, .wld). A .prj file must contain WKT.",
    )


def is_points(lines: Sequence[str]) -> bool:
    """Whether these lines are a .points file of QGIS, with or without its header."""
    if any(POINTS_HEADER.match(line) or POINTS_CRS.match(line) for line in lines):
        return True
    rows = [re.split(r"[,\t]", line) for line in lines if not line.startswith("#")]
    return bool(rows) and all(
        len(row) >= 4 and all(NUMBER.fullmatch(cell.strip()) for cell in row[:4]) for row in rows
    )


def read_points(lines: Sequence[str]) -> tuple[tuple[ControlPoint, ...], str]:
    """The points that are used, and the coordinate reference system as text, empty without one.

    Rows count downwards; QGIS itself counts y upwards from the upper edge. Raises BadInput
    bad_gcps.
    """
    order, start = list(range(5)), 0
    for number, line in enumerate(lines):
        if POINTS_HEADER.match(line):
            names = [cell.strip(' #"').lower() for cell in re.split(r"[,;\t]", line)]
            columns = {COLUMNS[name]: place for place, name in enumerate(names) if name in COLUMNS}
            if not columns.keys() >= {0, 1, 2, 3}:
                raise bad_gcps("The .points file lacks a column of coordinates.")
            order, start = [columns.get(column, len(names)) for column in range(5)], number + 1
            break
    system = _crs_before(lines[: start - 1] if start else lines)
    rows = [line for line in lines[start:] if not line.lstrip().startswith("#")]
    if len(rows) > MOST_POINTS:
        raise bad_gcps(f"The file has {len(rows):,} control points; the limit is {MOST_POINTS:,}.")
    points = tuple(point for line in rows if (point := _point(line, order)))
    if not points:
        raise bad_gcps("No point of the .points file is in use.")
    return points, system


def _crs_before(lines: Sequence[str]) -> str:
    """What stands behind `#CRS:`, also where it goes on in the next lines."""
    text = ""
    for line in lines:
        if found := POINTS_CRS.match(line):
            text = line[found.end() :]
        elif text and crs.is_open(text):
            text += line.lstrip("# ")
    return " ".join(text.split())


def _point(line: str, order: Sequence[int]) -> ControlPoint | None:
    """The point of a row; None for one that is not used. Raises BadInput bad_gcps."""
    mark = next((mark for mark in ",;\t" if mark in line), ",")
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=mark))]
    cells += [""] * (max(order) + 1 - len(cells))
    x, y, column, row, is_used = (cells[place] for place in order)
    if is_used.lower() in OFF:
        return None
    if not all(map(NUMBER.fullmatch, (x, y, column, row))):
        raise bad_gcps(f'"{line[:100]}" is not a control point.')
    point = ControlPoint(float(column), -float(row), float(x), float(y))
    if not all(map(math.isfinite, (point.column, point.row, point.x, point.y))):
        raise bad_gcps(f'"{line[:100]}" is not a control point.')
    return point

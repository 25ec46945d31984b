"""What was sent: which file is the image, the files beside it, and the parameters as numbers."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bellhop import BadInput
from bellhop.jobtypes.geo import sidecars
from bellhop.jobtypes.geo.model import ControlPoint, Crs, Sidecar
from bellhop.jobtypes.geo.refusals import MOST_POINTS, bad_bounds, bad_gcps
from bellhop.jobtypes.reading.kinds import NAMES, kind_of
from bellhop.jobtypes.reading.refusals import unsupported_type
from bellhop.jobtypes.reading.text import read_text

IMAGES = ("tiff", "png", "jpeg", "webp", "bmp")
TEXTS = ("text", "xml")
# A longitude may run on behind the 180th meridian, so that a box can cross it.
MOST_LONGITUDE, MOST_LATITUDE = 360.0, 90.0


def choose(files: Sequence[Path]) -> tuple[Path, str, tuple[Sidecar, ...]]:
    """The image, its kind, and what the files beside it say.

    Raises BadInput: unsupported_type, too_many_files, bad_world_file, bad_aux_xml, bad_gcps,
    empty_file.
    """
    kinds = [(file, kind_of(file)) for file in files]
    images = [(file, kind) for file, kind in kinds if kind in IMAGES]
    texts = [file for file, kind in kinds if kind in TEXTS]
    others = [kind for file, kind in kinds if kind not in IMAGES and not _is_sidecar(file, kind)]
    if others or not images:
        what = NAMES[others[0]] if others else "a text file and no image"
        raise unsupported_type(
            what,
            "Send a TIFF, PNG, JPEG, WebP or BMP image, with or without its world file, .prj, "
            ".aux.xml and .points.",
        )
    if len(images) > 1:
        raise _too_many_files(f"{len(images)} images were sent.")
    image, kind = images[0]
    beside = tuple(sidecars.read(file) for file in texts)
    twice = [name for name, count in Counter(b.kind for b in beside).items() if count > 1]
    if twice:
        raise _too_many_files(f"Two files could be {sidecars.NAMES[twice[0]]}.")
    return image, kind, beside


def _is_sidecar(file: Path, kind: str) -> bool:
    return kind == "text" or (kind == "xml" and sidecars.is_aux_xml(read_text(file)))


def _too_many_files(what: str) -> BadInput:
    return BadInput(
        what,
        code="too_many_files",
        hint="Send one image with at most one world file, .prj, .aux.xml and .points; submit one "
        "job for each image.",
    )


def read_points(texts: Sequence[str]) -> tuple[ControlPoint, ...]:
    """Control points from `column,row,x,y` each. Raises BadInput bad_gcps."""
    if len(texts) > MOST_POINTS:
        raise bad_gcps(f"{len(texts):,} control points were given; the limit is {MOST_POINTS:,}.")
    points = []
    for text in texts:
        parts = re.split(r"[\s,;]+", text.strip())
        try:
            column, row, x, y = map(float, parts)
        except ValueError:
            raise bad_gcps(f'"{text[:100]}" is not a control point.') from None
        if not all(map(math.isfinite, (column, row, x, y))):
            raise bad_gcps(f'"{text[:100]}" is not a control point.')
        points.append(ControlPoint(column, row, x, y))
    return tuple(points)


def check_bounds(bounds: Sequence[float], system: Crs) -> None:
    """Refuse what cannot be bounds in this CRS. Raises BadInput bad_bounds."""
    if len(bounds) != 4:
        raise bad_bounds(f"The bounds have {len(bounds)} numbers, not four.")
    west, south, east, north = bounds
    if not all(map(math.isfinite, bounds)):
        raise bad_bounds("The bounds must be finite numbers.")
    if not (west < east and south < north):
        raise bad_bounds(
            "The bounds have no area: min x must be less than max x, and min y than max y."
        )
    if not system.is_geographic or system.unit not in (None, "degree"):
        return
    if max(abs(west), abs(east)) > MOST_LONGITUDE or max(-south, north) > MOST_LATITUDE:
        raise bad_bounds(f"The bounds are not valid degrees, the unit of {system.name}.")
    if east - west > MOST_LONGITUDE:
        raise bad_bounds("The bounds go more than once around the earth.")

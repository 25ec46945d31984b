"""What was sent: which file is the image, the world file, and the parameters as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from bellhop import BadInput
from bellhop.jobtypes.geo import grid
from bellhop.jobtypes.geo.model import ControlPoint, Crs, Georeference, Geotransform, Source, Wanted
from bellhop.jobtypes.geo.refusals import bad_bounds, bad_gcps, missing_cog, missing_georeference
from bellhop.jobtypes.reading.kinds import NAMES, kind_of
from bellhop.jobtypes.reading.refusals import unsupported_type
from bellhop.jobtypes.reading.text import decode

IMAGES = ("tiff", "png", "jpeg", "webp", "bmp")
MOST_WORLD_FILE_BYTES = 10_000
MOST_POINTS = 10_000
# A longitude may run on behind the 180th meridian, so that a box can cross it.
MOST_LONGITUDE, MOST_LATITUDE = 360.0, 90.0


def choose(files: Sequence[Path]) -> tuple[Path, str, Geotransform | None]:
    """The image, its kind, and the geotransform of the world file if there is one.

    Raises BadInput: unsupported_type, too_many_files, bad_world_file, empty_file.
    """
    kinds = [(file, kind_of(file)) for file in files]
    images = [(file, kind) for file, kind in kinds if kind in IMAGES]
    texts = [file for file, kind in kinds if kind == "text"]
    others = [kind for _, kind in kinds if kind not in (*IMAGES, "text")]
    if others or not images:
        what = NAMES[others[0]] if others else "a text file and no image"
        raise unsupported_type(
            what, "Send a TIFF, PNG, JPEG, WebP or BMP image, with or without its world file."
        )
    if len(images) > 1 or len(texts) > 1:
        raise BadInput(
            f"{len(images)} images and {len(texts)} text files were sent.",
            code="too_many_files",
            hint="Send one image with at most one world file; submit one job for each image.",
        )
    image, kind = images[0]
    return image, kind, read_world_file(texts[0]) if texts else None


def read_world_file(file: Path) -> Geotransform:
    """The geotransform a world file stands for. Raises BadInput bad_world_file."""
    if file.stat().st_size > MOST_WORLD_FILE_BYTES:
        raise _bad_world_file("it is too long")
    # Some programs write numbers with a comma.
    lines = [line.strip().replace(",", ".") for line in decode(file.read_bytes()).splitlines()]
    lines = [line for line in lines if line]
    try:
        numbers = [float(line) for line in lines]
    except ValueError:
        raise _bad_world_file("one of its lines is not a number") from None
    if len(numbers) != 6:
        raise _bad_world_file(f"it has {len(numbers)} numbers")
    gt = grid.from_world_file(numbers)
    if grid.is_degenerate(gt):
        raise _bad_world_file("its pixels have no size")
    return gt


def _bad_world_file(why: str) -> BadInput:
    return BadInput(
        f"The text file is not a world file: {why}.",
        code="bad_world_file",
        hint="A world file has six lines with one number each, as GIS programs write it "
        "(.tfw, .jgw, .pgw, .wld).",
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


def georeference(source: Source, wanted: Wanted, given: Crs | None) -> Georeference:
    """Where the image shall lie: what was asked for, else what the file says itself.

    `given` is the system of the parameter `crs`. Raises BadInput: missing_georeference,
    bad_bounds, bad_gcps, ambiguous_georeference.
    """
    ways = {
        "bounds": wanted.bounds,
        "world_file": wanted.world_file,
        "gcps": wanted.control_points or None,
    }
    asked = [name for name, value in ways.items() if value is not None]
    if len(asked) > 1:
        raise BadInput(
            f"The georeference was given in several ways: {' and '.join(asked)}.",
            code="ambiguous_georeference",
            hint="Give only one of `bounds`, a world file and `gcps`.",
        )
    if not asked:
        return _own(source, given)
    system = given or source.crs
    if system is None and source.has_crs:
        raise missing_cog("A coordinate reference system without an EPSG code")
    if system is None:
        raise missing_georeference(
            f"Without `crs`, the coordinate reference system, the {asked[0].replace('_', ' ')} "
            "cannot be used."
        )
    gt = wanted.world_file
    if wanted.bounds is not None:
        check_bounds(wanted.bounds, system)
        gt = grid.from_bounds(wanted.bounds, source.width, source.height)
        if grid.is_degenerate(gt) or gt[0] + gt[1] == gt[0] or gt[3] + gt[5] == gt[3]:
            raise bad_bounds("The bounds are too small for the number of pixels.")
    points = wanted.control_points
    if points:
        grid.fit(points)
    return Georeference(
        source=asked[0], is_new=True, crs=system, geotransform=gt, control_points=points
    )


def _own(source: Source, given: Crs | None) -> Georeference:
    """What the file says, with the system of the parameter where it is another."""
    if source.geotransform is None and not source.control_points:
        raise missing_georeference("The image has no georeference, and none was given.")
    is_new = given is not None and (source.crs is None or given.name != source.crs.name)
    system = given or source.crs
    return Georeference(
        source="file",
        is_new=is_new or source.geotransform is None,
        crs=system,
        geotransform=source.geotransform,
        control_points=() if source.geotransform else source.control_points,
    )

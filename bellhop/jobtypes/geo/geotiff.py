"""The georeference of a GeoTIFF in its tags (OGC 19-008r4), read as GDAL reads it, and written."""

from __future__ import annotations

import math
from typing import Any

from bellhop.jobtypes.geo import crs, epsg, grid
from bellhop.jobtypes.geo.model import ControlPoint, Crs, Geotransform
from bellhop.jobtypes.geo.tiff import BITS, SAMPLE_FORMAT, SAMPLES, Directory

PIXEL_SCALE, TIEPOINTS, TRANSFORMATION, KEYS, NODATA = 33550, 33922, 34264, 34735, 42113
DOUBLES_OF_KEYS, TEXTS_OF_KEYS = 34736, 34737
# All tags that say where an image lies.
PLACE = (PIXEL_SCALE, TIEPOINTS, TRANSFORMATION, KEYS, DOUBLES_OF_KEYS, TEXTS_OF_KEYS)
MODEL_TYPE, RASTER_TYPE, GEOGRAPHIC_CODE, PROJECTED_CODE, VERTICAL_CODE = (
    1024, 1025, 2048, 3072, 4096,
)  # fmt: skip
PROJECTED, GEOGRAPHIC, PIXEL_IS_AREA, PIXEL_IS_POINT, USER_DEFINED = 1, 2, 1, 2, 32767
SHORT, DOUBLE = 3, 12
KINDS = {1: "UInt", 2: "Int", 3: "Float", 5: "CInt", 6: "CFloat"}


def keys_of(directory: Directory) -> dict[int, int]:
    """The GeoKeys that are numbers by their ids."""
    values = directory.tags.get(KEYS, ())
    if len(values) < 4 or not all(isinstance(v, int) for v in values):
        return {}
    entries = [values[place : place + 4] for place in range(4, len(values) - 3, 4)]
    return {key: value for key, location, _, value in entries[: values[3]] if location == 0}


def crs_of(keys: dict[int, int]) -> Crs | None:
    """The system that the keys name by an EPSG code; None without one."""
    key = {PROJECTED: PROJECTED_CODE, GEOGRAPHIC: GEOGRAPHIC_CODE}.get(keys.get(MODEL_TYPE, 0), 0)
    code = keys.get(key, USER_DEFINED)
    kind = epsg.kind_of(code)
    if VERTICAL_CODE in keys or kind not in ("geographic", "projected"):
        return None
    return crs.by_code(code, is_geographic=kind == "geographic")


def has_crs(keys: dict[int, int]) -> bool:
    """Whether the keys describe a system, named or not."""
    return bool(keys.keys() & {GEOGRAPHIC_CODE, PROJECTED_CODE})


def geotransform_of(directory: Directory) -> Geotransform | None:
    """From pixel size and tie point, or from the matrix; None where the tags have neither."""
    scale = _doubles(directory, PIXEL_SCALE)
    ties = _doubles(directory, TIEPOINTS)
    matrix = _doubles(directory, TRANSFORMATION)
    gt: Geotransform
    if len(scale) >= 2 and scale[0] and scale[1] and len(ties) >= 6:
        # A negative height of a pixel is a common mistake: GDAL takes the image as north-up.
        width, height = scale[0], -abs(scale[1])
        gt = (ties[3] - ties[0] * width, width, 0.0, ties[4] - ties[1] * height, 0.0, height)
    elif len(matrix) == 16:
        gt = (matrix[3], matrix[0], matrix[1], matrix[7], matrix[4], matrix[5])
    else:
        return None
    if grid.is_degenerate(gt):
        return None
    if keys_of(directory).get(RASTER_TYPE) == PIXEL_IS_POINT:
        x, y = grid.at(gt, -0.5, -0.5)
        gt = (x, gt[1], gt[2], y, gt[4], gt[5])
    return gt


def control_points_of(directory: Directory) -> tuple[ControlPoint, ...]:
    """The tie points of an image that has nothing else."""
    ties = _doubles(directory, TIEPOINTS)
    if geotransform_of(directory) or len(ties) < 6:
        return ()
    shift = 0.5 if keys_of(directory).get(RASTER_TYPE) == PIXEL_IS_POINT else 0.0
    rows = [ties[place : place + 6] for place in range(0, len(ties) - 5, 6)]
    return tuple(ControlPoint(c + shift, r + shift, x, y) for c, r, _, x, y, _ in rows)


def nodata_of(directory: Directory) -> float | None:
    """The value that stands for "no data", written by GDAL as text."""
    try:
        return float(directory.text(NODATA).strip())
    except ValueError:
        return None


def dtype_of(directory: Directory) -> str:
    """The type of the samples as GDAL calls it."""
    bits, form = directory.number(BITS, 1), directory.number(SAMPLE_FORMAT, 1)
    kind = KINDS.get(form, "UInt")
    if kind.startswith("C"):
        return f"{kind}{bits // 2}"  # GDAL counts the bits of each part
    if kind == "Float":
        return "Float64" if bits > 32 else "Float32"
    size = next((size for size in (8, 16, 32) if bits <= size), 64)
    return "Byte" if (kind, size) == ("UInt", 8) else f"{kind}{size}"


def sample_bytes(directory: Directory) -> int:
    """Of one pixel in all bands."""
    return directory.number(SAMPLES, 1) * max(1, (directory.number(BITS, 1) + 7) // 8)


def tags_for(gt: Geotransform, system: Crs) -> dict[int, tuple[int, Any]]:
    """Type and value of the tags that place an image; a `system` without a code cannot be told."""
    if system.epsg is None:
        raise ValueError("only a coordinate reference system with an EPSG code has tags")
    model = GEOGRAPHIC if system.is_geographic else PROJECTED
    code = GEOGRAPHIC_CODE if system.is_geographic else PROJECTED_CODE
    entries = [(MODEL_TYPE, model), (RASTER_TYPE, PIXEL_IS_AREA), (code, system.epsg)]
    keys = [1, 1, 0, len(entries)]
    for key, value in entries:
        keys += [key, 0, 1, value]
    tags: dict[int, tuple[int, Any]] = {KEYS: (SHORT, tuple(keys))}
    if gt[2] == 0 and gt[4] == 0 and gt[1] > 0 and gt[5] < 0:
        tags[PIXEL_SCALE] = DOUBLE, (gt[1], -gt[5], 0.0)
        tags[TIEPOINTS] = DOUBLE, (0.0, 0.0, 0.0, gt[0], gt[3], 0.0)
    else:
        rows = (gt[1], gt[2], 0.0, gt[0]), (gt[4], gt[5], 0.0, gt[3])
        tags[TRANSFORMATION] = DOUBLE, (*rows[0], *rows[1], *(0.0,) * 7, 1.0)
    return tags


def _doubles(directory: Directory, tag: int) -> tuple[float, ...]:
    values = directory.tags.get(tag, ())
    is_sound = all(isinstance(v, float | int) and math.isfinite(v) for v in values)
    return tuple(map(float, values)) if is_sound else ()

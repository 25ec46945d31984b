"""What the parts hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# GDAL's order: x of the upper left corner, x per column, x per row, then the same of y.
Geotransform = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]  # min x, min y, max x, max y
Told = tuple[str, str]  # code and message of a warning


@dataclass(frozen=True)
class Crs:
    """A coordinate reference system: `name` is `EPSG:n`, or WKT where it has no code.

    `unit` is that of the coordinates (`degree`, `metre`, …) and `title` what people call it,
    None where they are not known.
    """

    name: str
    is_geographic: bool
    epsg: int | None = None
    unit: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class ControlPoint:
    """A place of the image (in pixels from its upper left corner) and its coordinates."""

    column: float
    row: float
    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """What a file beside the image tells: its place, its system as text (empty: none), or both.

    `kind` is world_file, prj, aux_xml or points.
    """

    kind: str
    name: str
    geotransform: Geotransform | None = None
    control_points: tuple[ControlPoint, ...] = ()
    crs: str = ""

    @property
    def is_place(self) -> bool:
        return self.geotransform is not None or bool(self.control_points)


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the image is and where it says it lies; `dtype` as GDAL calls it (Byte, UInt16, …).

    `has_crs` is true also where the system has no code and `crs` stays None.
    """

    path: Path
    kind: str
    width: int
    height: int
    bands: int
    dtype: str
    nodata: float | None = None
    geotransform: Geotransform | None = None
    crs: Crs | None = None
    has_crs: bool = False
    control_points: tuple[ControlPoint, ...] = ()
    is_cog: bool = False
    warnings: tuple[Told, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Georeference:
    """Where the image shall lie: by a geotransform, or by control points.

    `source` is file, bounds, gcps, world_file, aux_xml or points; `is_new` is false when the file
    says the same already.
    """

    source: str
    is_new: bool
    crs: Crs | None
    geotransform: Geotransform | None = None
    control_points: tuple[ControlPoint, ...] = ()
    warnings: tuple[Told, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The parameters: `resampling` is auto or one of GDAL's methods."""

    bounds: tuple[float, ...] | None
    crs: str
    control_points: tuple[ControlPoint, ...]
    sidecars: tuple[Sidecar, ...]
    output: str
    resampling: str

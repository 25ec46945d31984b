"""Where an image shall lie, when several sources say it, and in which system.

The rule. A place that a parameter gives (`bounds`, `gcps`) counts; together with one from another
parameter or a file beside the image it is refused. Else the first of these counts: a geotransform
in .aux.xml, in the world file, control points in .aux.xml, in .points, the image itself. The
system is the parameter `crs`, else that of the file that gives the place, else .prj, .aux.xml,
.points, the image itself. What says otherwise than what counts is told as a warning.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from bellhop import BadInput
from bellhop.jobtypes.geo import grid, sidecars
from bellhop.jobtypes.geo.inputs import check_bounds
from bellhop.jobtypes.geo.model import (
    ControlPoint,
    Crs,
    Georeference,
    Geotransform,
    Sidecar,
    Source,
    Told,
    Wanted,
)
from bellhop.jobtypes.geo.refusals import bad_bounds, bad_gcps, missing_cog, missing_georeference

PLACES = ("aux_xml", "world_file", "points")
SYSTEMS = ("prj", "aux_xml", "points")
# Places nearer to each other are the same, written with fewer digits.
MOST_DIFFERENCE_PIXELS = 0.5
# How far outside of the image a control point may be set, as a share of its width and height.
MARGIN = 0.1
MIRRORED = "The control points mirror the image; check the sign of their rows."
ReadCrs = Callable[[str], Crs]


def georeference(source: Source, wanted: Wanted, read_crs: ReadCrs) -> Georeference:
    """Where the image shall lie: what was asked for, else what its files or it itself say.

    Raises BadInput: missing_georeference, bad_bounds, bad_gcps, ambiguous_georeference,
    unknown_crs, missing_extra.
    """
    given = {"bounds": wanted.bounds, "gcps": wanted.control_points or None}
    asked = [name for name, value in given.items() if value is not None]
    beside = sorted(
        (_on_image(sidecar, source) for sidecar in wanted.sidecars if sidecar.is_place),
        key=lambda s: (s.geotransform is None, PLACES.index(s.kind)),
    )
    if len(asked) > 1 or (asked and beside):
        ways = [*asked, *(sidecars.NAMES[sidecar.kind] for sidecar in beside)]
        raise BadInput(
            f"The georeference was given in several ways: {' and '.join(ways)}.",
            code="ambiguous_georeference",
            hint="Give only one of `bounds`, `gcps` and files with the position.",
        )
    system, told = _system(source, wanted, beside, read_crs)
    if not asked and not beside:
        return _own(source, system, told)
    system = system or source.crs
    name = asked[0] if asked else beside[0].kind
    if system is None:
        raise _without_crs(source, name)
    gt, points = None, wanted.control_points
    if wanted.bounds is not None:
        gt = _from_bounds(wanted.bounds, system, source)
    elif beside:
        gt, points = beside[0].geotransform, beside[0].control_points
    used = f"`{name}`" if asked else beside[0].name
    place = gt or grid.fit(points)
    mirrored = [("gcps_mirrored", MIRRORED)] if gt is None and grid.is_mirrored(place) else []
    return Georeference(
        source=name, is_new=True, crs=system, geotransform=gt, control_points=points,
        warnings=(*told, *mirrored, *_differences(source, used, place, beside[1:])),
    )  # fmt: skip


def _without_crs(source: Source, name: str) -> BadInput:
    if source.has_crs:
        return missing_cog("A coordinate reference system without an EPSG code")
    place = sidecars.NAMES.get(name, f"the {name}").replace("the gcps", "the control points")
    return missing_georeference(
        f"Without `crs`, the coordinate reference system, {place} cannot be used."
    )


def _from_bounds(bounds: Sequence[float], system: Crs, source: Source) -> Geotransform:
    check_bounds(bounds, system)
    gt = grid.from_bounds(bounds, source.width, source.height)
    if grid.is_degenerate(gt) or gt[0] + gt[1] == gt[0] or gt[3] + gt[5] == gt[3]:
        raise bad_bounds("The bounds are too small for the number of pixels.")
    return gt


def _own(source: Source, given: Crs | None, told: tuple[Told, ...]) -> Georeference:
    """What the image says itself, with the system that was given where it is another."""
    if source.geotransform is None and not source.control_points:
        raise missing_georeference("The image has no georeference, and none was given.")
    is_new = given is not None and (source.crs is None or given.name != source.crs.name)
    return Georeference(
        source="file",
        is_new=is_new or source.geotransform is None,
        crs=given or source.crs,
        geotransform=source.geotransform,
        control_points=() if source.geotransform else source.control_points,
        warnings=told,
    )


def _system(
    source: Source, wanted: Wanted, beside: Sequence[Sidecar], read_crs: ReadCrs
) -> tuple[Crs | None, tuple[Told, ...]]:
    """The system that was given or stands beside the image, and warnings of those that differ."""
    others = sorted(
        (s for s in wanted.sidecars if s.kind in SYSTEMS), key=lambda s: SYSTEMS.index(s.kind)
    )
    named = [("`crs`", wanted.crs)] if wanted.crs else []
    by_kind = {s.kind: s for s in (*beside[:1], *others)}
    named += [(s.name, s.crs) for s in by_kind.values() if s.crs]
    if not named:
        return None, ()
    system = read_crs(named[0][1])
    told = []
    for name, text in named[1:]:
        try:
            other = read_crs(text)
        except BadInput as error:
            text = f"The CRS in {name} was not compared: {error.message}"
            told.append(("crs_not_compared", text))
            continue
        if other.name != system.name:
            told.append(("crs_differs", f"{name} says {_called(other)}; {_called(system)} of "
                         f"{named[0][0]} was used."))  # fmt: skip
    return system, tuple(told)


def _called(system: Crs) -> str:
    return system.name if system.epsg or not system.title else system.title


def _on_image(sidecar: Sidecar, source: Source) -> Sidecar:
    """Points of QGIS count pixels, or are in the coordinates that the image has already.

    That which puts them onto the image is true. Raises BadInput bad_gcps where none or both do.
    """
    if sidecar.kind != "points" or not sidecar.control_points:
        return sidecar
    readings = [sidecar.control_points]
    if source.geotransform:
        own = grid.inverse(source.geotransform)
        readings.append(tuple(
            dataclasses.replace(p, column=column, row=row)
            for p in sidecar.control_points
            for column, row in [grid.at(own, p.column, -p.row)]
        ))  # fmt: skip
    fitting = [points for points in readings if _are_inside(points, source)]
    if len(fitting) != 1:
        raise bad_gcps(
            f"The points of {sidecar.name} are not inside the image. Their source y must be "
            "negative below its upper edge."
        )
    return dataclasses.replace(sidecar, control_points=fitting[0])


def _are_inside(points: Sequence[ControlPoint], source: Source) -> bool:
    across, down = source.width * MARGIN, source.height * MARGIN
    return all(
        -across <= p.column <= source.width + across and -down <= p.row <= source.height + down
        for p in points
    )


def _differences(
    source: Source, used: str, place: Geotransform, others: Sequence[Sidecar]
) -> list[Told]:
    """Warnings of the places that differ from the used one by more than a part of a pixel."""
    placed = [(s.name, _placed(s.geotransform, s.control_points)) for s in others]
    placed.append(("the image itself", _placed(source.geotransform, source.control_points)))
    told = []
    for name, gt in placed:
        if gt is None:
            continue
        corners = [
            ControlPoint(column, row, *grid.at(gt, column, row))
            for column in (0, source.width)
            for row in (0, source.height)
        ]
        distance = grid.misfit_pixels(place, corners)
        if distance > MOST_DIFFERENCE_PIXELS:
            told.append(("georeference_differs", f"{used} was used; {name} puts the image "
                         f"{distance:,.1f} pixels from there."))  # fmt: skip
    return told


def _placed(gt: Geotransform | None, points: Sequence[ControlPoint]) -> Geotransform | None:
    """The geotransform, or the one nearest to the points."""
    if gt or not points:
        return gt
    try:
        return grid.fit(points)
    except BadInput:
        return None

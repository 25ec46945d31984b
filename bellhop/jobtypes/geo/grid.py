"""Geotransforms: from bounds, world files and control points, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bellhop.jobtypes.geo.model import Box, ControlPoint, Geotransform
from bellhop.jobtypes.geo.refusals import bad_gcps


def from_bounds(box: Sequence[float], width: int, height: int) -> Geotransform:
    """North is up; the outer edges of the image are the bounds."""
    west, south, east, north = box
    return (west, (east - west) / width, 0.0, north, 0.0, -(north - south) / height)


def from_world_file(numbers: Sequence[float]) -> Geotransform:
    """Of the six lines of a world file, whose origin is the centre of the upper left pixel."""
    x_per_column, y_per_column, x_per_row, y_per_row, x, y = numbers
    corner_x = x - x_per_column / 2 - x_per_row / 2
    corner_y = y - y_per_column / 2 - y_per_row / 2
    return (corner_x, x_per_column, x_per_row, corner_y, y_per_column, y_per_row)


def is_degenerate(gt: Geotransform) -> bool:
    """Whether it has no area, or is no number."""
    area = gt[1] * gt[5] - gt[2] * gt[4]
    return not all(map(math.isfinite, gt)) or area == 0 or not math.isfinite(area)


def is_mirrored(gt: Geotransform) -> bool:
    """Whether the image, with north up, would be seen from behind."""
    return gt[1] * gt[5] - gt[2] * gt[4] > 0


def at(gt: Geotransform, column: float, row: float) -> tuple[float, float]:
    """The coordinates of a place of the image."""
    return (
        gt[0] + column * gt[1] + row * gt[2],
        gt[3] + column * gt[4] + row * gt[5],
    )


def inverse(gt: Geotransform) -> Geotransform:
    """From coordinates to columns and rows."""
    area = gt[1] * gt[5] - gt[2] * gt[4]
    a, b, d, e = gt[5] / area, -gt[2] / area, -gt[4] / area, gt[1] / area
    return (-a * gt[0] - b * gt[3], a, b, -d * gt[0] - e * gt[3], d, e)


def bounds(gt: Geotransform, width: int, height: int) -> Box:
    """The box around the four corners of the image."""
    corners = [at(gt, column, row) for column in (0, width) for row in (0, height)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def pixel_size(gt: Geotransform) -> tuple[float, float]:
    """The length of a step along a row and along a column, in the unit of the CRS."""
    return math.hypot(gt[1], gt[4]), math.hypot(gt[2], gt[5])


def edge_points(box: Box, steps: int = 22) -> Iterator[tuple[float, float]]:
    """Points along the four sides of a box, its corners among them."""
    west, south, east, north = box
    for n in range(steps + 1):
        x = west + (east - west) * n / steps
        y = south + (north - south) * n / steps
        yield from ((x, south), (x, north), (west, y), (east, y))


def fit(points: Sequence[ControlPoint]) -> Geotransform:
    """The geotransform nearest to the control points (least squares of x and of y).

    Raises BadInput bad_gcps where they are too few or on one line.
    """
    if len(points) < 3:
        raise bad_gcps(f"{len(points)} control points were given; at least 3 are needed.")
    try:
        gt = _least_squares(points)
    except (OverflowError, ValueError) as error:
        raise bad_gcps("The numbers of the control points are too large.") from error
    if is_degenerate(gt):
        raise bad_gcps("The control points lie on one line of the map.")
    return gt


def _least_squares(points: Sequence[ControlPoint]) -> Geotransform:
    # About their mean, so that large coordinates do not cost digits.
    mean = [sum(v) / len(points) for v in zip(*map(_numbers, points), strict=True)]
    centred = [[n - m for n, m in zip(_numbers(p), mean, strict=True)] for p in points]
    cc = math.fsum(c * c for c, _, _, _ in centred)
    rr = math.fsum(r * r for _, r, _, _ in centred)
    cr = math.fsum(c * r for c, r, _, _ in centred)
    determinant = cc * rr - cr * cr
    if determinant <= 1e-9 * max(cc, rr) ** 2:
        raise bad_gcps("The control points lie on one line of the image.")
    slopes = []
    for axis in (2, 3):
        cv = math.fsum(p[0] * p[axis] for p in centred)
        rv = math.fsum(p[1] * p[axis] for p in centred)
        slopes.append(((cv * rr - rv * cr) / determinant, (rv * cc - cv * cr) / determinant))
    (a, b), (d, e) = slopes
    return (mean[2] - a * mean[0] - b * mean[1], a, b, mean[3] - d * mean[0] - e * mean[1], d, e)


def misfit_pixels(gt: Geotransform, points: Sequence[ControlPoint]) -> float:
    """How far the farthest control point is from where the geotransform puts it, in pixels."""
    area = gt[1] * gt[5] - gt[2] * gt[4]
    worst = 0.0
    for point in points:
        x, y = at(gt, point.column, point.row)
        dx, dy = point.x - x, point.y - y
        columns = (dx * gt[5] - dy * gt[2]) / area
        rows = (dy * gt[1] - dx * gt[4]) / area
        worst = max(worst, math.hypot(columns, rows))
    return worst


def _numbers(point: ControlPoint) -> tuple[float, float, float, float]:
    return point.column, point.row, point.x, point.y

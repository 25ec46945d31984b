"""Tells handwriting from print by shape; how sure the reader is says nothing about it.

Called by `quiz`. Printed letters stand apart, on one base line, with two heights of tops;
written ones are joined and stand where they fell. Measured over the joined-up blobs of ink of a
line. The stroke of a line of fewer than `FEW` blobs is compared with that of the page's print.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy

from bellhop.jobtypes.sheets.lines import Line, Pixels, level

HEIGHT = 64
# Parts of the line's height.
LEAST_BLOB = 0.18
ALIGNED = 0.035
BIN = 3
# One for letters that stand apart, one for bottoms, one for tops in line; print is above.
PRINT_LIKE = 2.25
FEW = 5
# Of 255: there is less ink than ground.
HALF = 127
# How much the height of the letters of two printed lines of one size may differ.
SAME_SIZE = 0.2


@dataclass
class Shape:
    """What is measured of a line; `size` is the median height of its blobs in page pixels."""

    blobs: int
    likeness: float
    size: float


def mark_handwriting(page: Pixels, lines: list[Line]) -> None:
    """Set `is_handwritten`, `likeness` and `size` of each line."""
    shapes = [_shape(page, line) for line in lines]
    printed = []
    for line, shape in zip(lines, shapes, strict=True):
        line.size = shape.size
        if shape.blobs >= FEW:
            line.likeness = shape.likeness
            line.is_handwritten = shape.likeness < PRINT_LIKE
            if not line.is_handwritten:
                printed.append(shape.size)
    sizes = numpy.array(printed)
    for line, shape in zip(lines, shapes, strict=True):
        if shape.blobs < FEW and sizes.size and shape.size:
            nearest = float(numpy.min(numpy.abs(sizes / shape.size - 1)))
            line.is_handwritten = nearest > SAME_SIZE


def _shape(page: Pixels, line: Line) -> Shape:
    blobs = _blobs(level(page, line.box, HEIGHT))
    characters = sum(character.isalnum() for character in line.text)
    if not len(blobs):
        return Shape(0, 0.0, 0.0)
    apart = min(1.0, len(blobs) / max(characters, 1))
    tops, bottoms = blobs[:, 1], blobs[:, 1] + blobs[:, 3]
    base = numpy.median(bottoms)
    on_base = float(numpy.mean(numpy.abs(bottoms - base) <= HEIGHT * ALIGNED))
    counts, _ = numpy.histogram(tops, bins=numpy.arange(0, HEIGHT + BIN + 1, BIN))
    in_line = float(numpy.sort(counts)[-2:].sum() / len(blobs))
    size = float(numpy.median(blobs[:, 3])) * line.height / HEIGHT
    return Shape(len(blobs), apart + on_base + in_line, size)


def _blobs(crop: Pixels) -> Any:
    """Left, top, width, height and area of the blobs of ink, without dots and rules."""
    found = cv2.connectedComponentsWithStats(ink_of(crop), connectivity=8)[2][1:]
    is_letter = (found[:, 3] >= HEIGHT * LEAST_BLOB) & (found[:, 4] > 20)
    return found[is_letter]


def ink_of(crop: Pixels) -> Pixels:
    """255 where there is ink, dark on light or light on dark, else 0."""
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    _, ink = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    return numpy.asarray(ink if ink.mean() < HALF else 255 - ink, "uint8")

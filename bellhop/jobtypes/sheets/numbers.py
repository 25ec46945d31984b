"""Looks again for numbers that the search for lines passed over, where the others say they are.

Called by `quiz`. A lone digit beside a line of handwriting is often not found as a line. It is
taken only if it reads as the very number that is missing there.
"""

from __future__ import annotations

import cv2
import numpy

from bellhop.jobtypes.sheets.handwriting import ink_of
from bellhop.jobtypes.sheets.labels import Label, readings
from bellhop.jobtypes.sheets.lines import Corners, Line, Pixels, read_box
from bellhop.jobtypes.sheets.questions import Gap

MOST_TRIES = 40


def find_numbers(page: Pixels, gaps: list[Gap]) -> list[Line]:
    """The missing numbers of `gaps` that are there, as lines of their own."""
    found: dict[int, Line] = {}
    tries = MOST_TRIES
    for gap in gaps:
        for box in _candidates(page, gap):
            if gap.number in found or tries == 0:
                break
            tries -= 1
            text, score = read_box(page, box)
            if any(_is_at(label, gap) for label in readings(text)):
                found[gap.number] = Line(text.strip(), score, box)
    return list(found.values())


def _is_at(label: Label, gap: Gap) -> bool:
    return label.kind == gap.kind and label.number == gap.number and not label.is_weak


def _candidates(page: Pixels, gap: Gap) -> list[Corners]:
    """Boxes on the page around what may be digits in the strip of a gap, from top to bottom."""
    origin, right, below = gap.box[0], gap.box[1] - gap.box[0], gap.box[3] - gap.box[0]
    wide, high = (round(float(numpy.linalg.norm(side))) for side in (right, below))
    if wide < 4 or high < 4:
        return []
    corners = numpy.array([[0, 0], [wide, 0], [wide, high], [0, high]], "float32")
    move = cv2.getPerspectiveTransform(gap.box.astype("float32"), corners)
    strip = numpy.asarray(cv2.warpPerspective(page, move, (wide, high)), "uint8")
    blobs = cv2.connectedComponentsWithStats(ink_of(strip), connectivity=8)[2][1:]
    boxes = []
    for left, top, edge, foot in _words(blobs.tolist(), gap.height):
        pad = 0.25 * (foot - top)
        xs = (left - pad, edge + pad, edge + pad, left - pad)
        ys = (top - pad, top - pad, foot + pad, foot + pad)
        places = [origin + right / wide * x + below / high * y for x, y in zip(xs, ys, strict=True)]
        boxes.append(numpy.array(places, "float32"))
    return boxes


def _words(blobs: list[list[int]], height: float) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of blobs of a digit's size that begin where numbers do,
    each with what follows it closely."""
    words = []
    for left, top, width, tall, _ in sorted(blobs, key=lambda blob: blob[1]):
        if not (0.25 * height < tall < 1.5 * height and left < 1.6 * height):
            continue
        edge, foot = left + width, top + tall
        for other, start, more, deep, _ in sorted(blobs):
            is_beside = start < foot and start + deep > top and deep > 2
            if left < other < edge + 0.4 * tall and is_beside and start + deep < foot + 0.3 * tall:
                edge = max(edge, other + more)
        words.append((left, top, edge, foot))
    return words

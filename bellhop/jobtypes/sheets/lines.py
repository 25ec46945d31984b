"""Finds and reads the lines of a page with the models that come in rapidocr's wheel.

Called by `quiz`; the one module that knows rapidocr. PP-OCRv6 small reads French handwriting
with half the errors of PP-OCRv5 mobile. Crops are made here: rapidocr's own turns every tall
crop by 90 degrees, which a lone "1." is.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy
from numpy.typing import NDArray

from bellhop.jobtypes.sheets.fitted import Reader
from bellhop.jobtypes.sheets.voting import Reading, vote

# Blue, green, red: the order the models were trained in.
Pixels = NDArray[numpy.uint8]
Corners = NDArray[numpy.float32]

LEAST_SCORE = 0.4
# A box counts as a line of a turned page when it is this much taller than wide.
TALL = 1.5
# Lines read both ways to tell a page from one that is upside down.
PROBES = 6
SURE_SCORE = 0.95
# A line read with less is read again from other cuts. Print seldom is.
CLEAR_SCORE = 0.97
READING_HEIGHT = 48
MODEL = "PP-OCRv6_rec_small.onnx"


@dataclass
class Line:
    """One line: `box` has its corners from top left clockwise, in pixels of the upright page.

    `likeness` to print is 0 to 3, None of a line of few letters; `size` is their height in pixels.
    """

    text: str
    score: float
    box: Corners
    is_handwritten: bool = False
    likeness: float | None = None
    size: float = 0.0

    @property
    def left(self) -> float:
        return float(self.box[:, 0].min())

    @property
    def right(self) -> float:
        return float(self.box[:, 0].max())

    @property
    def middle(self) -> float:
        return float(self.box[:, 1].mean())

    @property
    def height(self) -> float:
        return float(numpy.linalg.norm(self.box[3] - self.box[0]))


def read_lines(page: Pixels) -> tuple[Pixels, int, list[Line]]:
    """The upright page, the degrees it was turned clockwise for that, and its lines."""
    turned = 0
    boxes = _boxes_of(page)
    if _lie_on_their_side(boxes):
        page, turned = _turn(page, 90), 90
        boxes = _boxes_of(page)
    lines = _read(page, boxes)
    if _is_upside_down(page, lines):
        page, turned = _turn(page, 180), turned + 180
        lines = _read(page, _boxes_of(page))
    return page, turned, [line for line in lines if _is_text(line)]


def _is_text(line: Line) -> bool:
    return line.score >= LEAST_SCORE and any(c.isalnum() for c in line.text)


def _turn(page: Pixels, degrees: int) -> Pixels:
    """The page turned clockwise."""
    return numpy.ascontiguousarray(numpy.rot90(page, -degrees // 90))


def _sides(box: Corners) -> tuple[float, float]:
    """Width and height of a box along its own edges."""
    across = (numpy.linalg.norm(box[1] - box[0]) + numpy.linalg.norm(box[2] - box[3])) / 2
    down = (numpy.linalg.norm(box[3] - box[0]) + numpy.linalg.norm(box[2] - box[1])) / 2
    return float(across), float(down)


def _lie_on_their_side(boxes: list[Corners]) -> bool:
    """Whether the long boxes, which hold most of the text, stand upright."""
    tall = wide = 0.0
    for box in boxes:
        across, down = _sides(box)
        if down > TALL * across:
            tall += down
        elif across > TALL * down:
            wide += across
    return tall > wide


def _is_upside_down(page: Pixels, lines: list[Line]) -> bool:
    """Whether the longest lines read better from the other side."""
    longest = sorted(lines, key=lambda line: -_sides(line.box)[0])[:PROBES]
    if not longest or numpy.mean([line.score for line in longest]) > SURE_SCORE:
        return False
    upright = turned = 0.0
    for line in longest:
        crop = level(page, line.box, READING_HEIGHT)
        upright += _weight(_recognize(crop))
        turned += _weight(_recognize(_turn(crop, 180)))
    return turned > upright


def _weight(reading: Reading) -> float:
    """How much of a text was read, and how surely."""
    text, score = reading
    return score * len(text)


def _read(page: Pixels, boxes: list[Corners]) -> list[Line]:
    lines = []
    for box in boxes:
        text, score = read_box(page, box)
        lines.append(Line(text.strip(), score, box))
    return lines


def read_box(page: Pixels, box: Corners) -> tuple[str, float]:
    """Text and score of what is in `box`; what is not clear print is read again as handwriting."""
    plain = level(page, box, READING_HEIGHT)
    text, score = _recognize(plain)
    if not 0 < score < CLEAR_SCORE:
        return text, score
    cuts = [level(page, _grown(box, by), READING_HEIGHT) for by in (-0.08, 0.06)]
    cuts += [_stretched(plain, 0.85), _stretched(plain, 1.2), _slanted(plain)]
    if _hand_reader().knows(text):
        readings = [_hand_reader().read(cut) for cut in (plain, *cuts)]
    else:
        readings = [_recognize(cut) for cut in cuts]
    return vote([(text, score), *readings])


def _grown(box: Corners, by: float) -> Corners:
    """The box made higher on both sides by a part of its height."""
    edge = (box[3] - box[0] + box[2] - box[1]) / 2 * by
    return numpy.asarray(box + numpy.array([-edge, -edge, edge, edge]), "float32")


def _stretched(crop: Pixels, factor: float) -> Pixels:
    return numpy.asarray(cv2.resize(crop, None, fx=factor, fy=1), "uint8")


def _slanted(crop: Pixels) -> Pixels:
    """Leaning a little less to the right, as most hands do."""
    height, width = crop.shape[:2]
    move = numpy.array([[1, -0.2, 0.1 * height], [0, 1, 0]], "float32")
    return numpy.asarray(
        cv2.warpAffine(crop, move, (width, height), borderMode=cv2.BORDER_REPLICATE), "uint8"
    )


def level(page: Pixels, box: Corners, height: int) -> Pixels:
    """The part of the page in `box`, made level, and `height` pixels high."""
    across, down = (max(1, round(side)) for side in _sides(box))
    corners = numpy.array([[0, 0], [across, 0], [across, down], [0, down]], "float32")
    move = cv2.getPerspectiveTransform(box.astype("float32"), corners)
    crop = cv2.warpPerspective(
        page, move, (across, down), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    size = (max(1, round(across * height / down)), height)
    way = cv2.INTER_AREA if down > height else cv2.INTER_CUBIC
    return numpy.asarray(cv2.resize(crop, size, interpolation=way), "uint8")


def _boxes_of(page: Pixels) -> list[Corners]:
    found = _engine()(page, use_det=True, use_cls=False, use_rec=False)
    boxes = found.boxes if getattr(found, "boxes", None) is not None else []
    return [numpy.asarray(box, "float32") for box in boxes]


def _recognize(crop: Pixels) -> tuple[str, float]:
    found = _engine()(crop, use_det=False, use_cls=False, use_rec=True)
    if not getattr(found, "txts", None):
        return "", 0.0
    return found.txts[0], float(found.scores[0])


def _threads() -> int:
    """One core stays free for the web, which runs on the same machine."""
    return max(1, min(4, len(os.sched_getaffinity(0)) - 1))


@functools.cache
def _engine() -> Any:
    """Loaded once per process: loading takes as long as reading a page."""
    from rapidocr import RapidOCR

    threads = _threads()
    cv2.setNumThreads(threads)
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.text_score": 0.0,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


@functools.cache
def _hand_reader() -> Reader:
    """Loaded where the first line is not clear."""
    import rapidocr

    return Reader(Path(rapidocr.__file__).parent / "models" / MODEL, _threads())

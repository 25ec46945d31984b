"""Looks again for answers that the search for lines passed over, such as a lone digit.

Called by `quiz`, for questions without an answer. What is there is read if it can be, and named
if not: a question with writing is never blank in silence.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy

from bellhop.jobtypes.sheets.handwriting import ink_of
from bellhop.jobtypes.sheets.lines import Corners, Line, Pixels, read_box
from bellhop.jobtypes.sheets.questions import Question

# Of the page's width: questions this near in x stand below each other.
SAME_COLUMN = 0.15
# In heights of the line with the number.
LAST_REACH = 3.5
LEAST_TALL, MOST_TALL, MOST_WIDE = 0.35, 2.2, 12
WORD_GAP = 0.8
PAD = 0.25
RULE = 3
MOST_TRIES = 3
SURE_SCORE = 0.8
# Less of a crop in gray levels is noise.
LEAST_CONTRAST = 40

Rectangle = tuple[int, int, int, int]


def find_answers(
    page: Pixels, blank: Sequence[Question], questions: Sequence[Question], lines: Sequence[Line]
) -> tuple[list[Line], list[Question]]:
    """Lines that belong to `blank` ones of the `questions`, and those whose ink stays unread."""
    found: list[Line] = []
    unread: list[Question] = []
    for question in blank:
        boxes = _writing(page, question, questions, lines)[:MOST_TRIES]
        read = [
            Line(text.strip(), score, box) for box in boxes for text, score in [read_box(page, box)]
        ]
        good = [
            line
            for line in read
            if line.score >= SURE_SCORE and line.text.replace(" ", "").isalnum()
        ]
        found += good
        unread += [question] if boxes and not good else []
    return found, unread


def _writing(
    page: Pixels, question: Question, questions: Sequence[Question], lines: Sequence[Line]
) -> list[Corners]:
    """Boxes around ink of the size of writing that stands at a question and in no line."""
    left, top, right, bottom = _place(page, question, questions)
    height = question.lines[0].height
    crop = page[top:bottom, left:right].copy()
    if min(crop.shape[:2]) < height / 2:
        return []
    origin = numpy.array([left, top], "float32")
    ground = numpy.median(crop, axis=(0, 1))
    for line in lines:
        cv2.fillPoly(crop, [numpy.asarray(line.box - origin, "int32")], ground.tolist())
    if numpy.ptp(crop) < LEAST_CONTRAST:
        return []
    ink = ink_of(crop)
    rules = cv2.morphologyEx(ink, cv2.MORPH_OPEN, numpy.ones((1, int(RULE * height)), "uint8"))
    ink[rules > 0] = 0
    return [
        numpy.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], "float32") + origin
        for x, y, w, h in _words(ink, height)
    ]


def _place(page: Pixels, question: Question, questions: Sequence[Question]) -> Rectangle:
    """Left, top, right and bottom of where the answer may be: to the next number."""
    first = question.lines[0]
    near = SAME_COLUMN * page.shape[1]
    top = float(first.box[:, 1].min())
    others = [other.lines[0] for other in questions if other is not question]
    below = [
        float(other.box[:, 1].min())
        for other in others
        if abs(other.left - first.left) < near and other.middle > first.middle + first.height / 2
    ]
    beside = [other.left for other in others if other.left > first.left + near]
    last = max(float(line.box[:, 1].max()) for line in question.lines)
    bottom = min(below, default=last + LAST_REACH * first.height)
    right = min(beside, default=page.shape[1]) - first.height / 2
    return max(0, int(first.left)), max(0, int(top)), int(right), int(bottom)


def _words(ink: Pixels, height: float) -> list[Rectangle]:
    """Left, top, width and height of words, from left to right, with a margin."""
    labels, stats = cv2.connectedComponentsWithStats(ink, connectivity=8)[1:3]
    tall, wide = stats[:, 3] / height, stats[:, 2] / height
    is_writing = (tall > LEAST_TALL) & (tall < MOST_TALL) & (wide < MOST_WIDE)
    is_writing[0] = False
    kept = numpy.asarray(is_writing[labels] * 255, "uint8")
    joined = cv2.dilate(kept, numpy.ones((1, max(1, int(WORD_GAP * height))), "uint8"))
    boxes = cv2.connectedComponentsWithStats(joined, connectivity=8)[2][1:, :4]
    pad = int(PAD * height)
    return sorted((x - pad, y - pad, w + 2 * pad, h + 2 * pad) for x, y, w, h in boxes.tolist())

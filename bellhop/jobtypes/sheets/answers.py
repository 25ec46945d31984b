"""Tells the prompts of a page's questions from the answers; never exchanges them in silence.

Called by `quiz`. The page is judged as a whole, because its questions are made alike: either
prompts stand behind the numbers, or answers do. Prompts stand there where many of them ask, where
something of another kind is below, or where they are long. The first line of such a question is
never the answer; lines of another kind are: written by hand, of another height, or less like
print. Where only a guess is left, `is_sure` is False.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from bellhop.jobtypes.sheets.labels import readings
from bellhop.jobtypes.sheets.lines import Line
from bellhop.jobtypes.sheets.questions import Question

# A rule to write on, in any way it may be read.
RULE = re.compile(r"[_…]{2,}|[.·-]{4,}|(?:\. ){3,}\.?")
ASKED = re.compile(r"^(.*?[?:？：])(?=\s|_|$|\w)\s*(.*)$", re.DOTALL)  # noqa: RUF001
ENDED = re.compile(r"[?？:：.!]\W*$")  # noqa: RUF001
POINTS = re.compile(r"^[(\[]?\s*\d+\s*(?:points?|pts?|marks?)\.?\s*[)\]]?$|^/\s*\d+$", re.I)
# Words of a printed line that may be an answer by itself.
FEW_WORDS = 5
# Part of the questions of a sheet with prompts that end in a question mark or a colon.
MANY_ASK = 1 / 3
# How much less like print than the prompts, and how much lower or higher, another kind is.
OTHER_LIKENESS = 0.35
OTHER_HEIGHT = 1.2
# In heights of a line: print this near below a prompt goes on with it.
CLOSE = 1.35
# In heights of a line: print this far below an answer does not go on with it.
FAR = 2.5
# Part of the height of the lower of two lines that stand on one row.
ON_ROW = 0.4


@dataclass(frozen=True)
class Parts:
    """Prompt and answer of a question; lines of one part are joined by a line break."""

    prompt: str
    answer: str
    is_sure: bool = True


@dataclass(frozen=True)
class _Piece:
    """The text of a line without its number and rules."""

    text: str
    line: Line
    is_behind_number: bool

    @property
    def by_hand(self) -> bool:
        return self.line.is_handwritten and not POINTS.match(self.text)


def split_page(questions: Sequence[Question]) -> list[Parts]:
    """The parts of each question of a page."""
    page = [_pieces(question) for question in questions]
    prompts = _Prompts(page)
    asks = [any(_asks(p) for p in pieces if p.is_behind_number) for pieces in page]
    has_prompts, is_sure = (True, True)
    if sum(asks) < MANY_ASK * max(1, len(page)):
        has_prompts, is_sure = _judge(page, prompts)
    if not has_prompts:
        return [_answer_alone(pieces, is_sure) for pieces in page]
    return [_with_prompt(pieces, prompts, is_sure) for pieces in page]


class _Prompts:
    """What the lines of the numbers have in common, if these are prompts."""

    def __init__(self, page: list[list[_Piece]]):
        firsts = [pieces[0] for pieces in page if pieces and pieces[0].is_behind_number]
        known = [p.line.likeness for p in firsts if p.line.likeness is not None]
        self._likeness = median(known) if known else None
        self._height = median(p.line.height for p in firsts) if firsts else 0.0
        # Blurred print is like handwriting.
        self._is_clear = 2 * sum(p.by_hand for p in firsts) < len(firsts)
        self.others_below = sum(any(self.is_other(p) for p in q[1:]) for q in page)
        self.below = sum(len(q) > 1 for q in page)

    def is_other(self, piece: _Piece) -> bool:
        """Whether a line is of another kind than the prompts."""
        if POINTS.match(piece.text):
            return False
        ratio = piece.line.height / self._height if self._height else 1.0
        if (self._is_clear and piece.by_hand) or not 1 / OTHER_HEIGHT < ratio < OTHER_HEIGHT:
            return True
        if self._likeness is None or piece.line.likeness is None:
            return False
        return self._likeness - piece.line.likeness > OTHER_LIKENESS


def _pieces(question: Question) -> list[_Piece]:
    first = question.lines[0]
    texts = [question.rest, *(line.text for line in question.lines[1:])]
    pieces = [
        _Piece(_clean(text), line, line is first or _is_beside(line, first))
        for text, line in zip(texts, question.lines, strict=True)
    ]
    return [piece for piece in pieces if piece.text]


def _is_beside(line: Line, first: Line) -> bool:
    """Whether a line stands on the row of the number."""
    top = max(line.box[:, 1].min(), first.box[:, 1].min())
    bottom = min(line.box[:, 1].max(), first.box[:, 1].max())
    return bool(bottom - top > ON_ROW * min(line.height, first.height))


def _judge(page: list[list[_Piece]], prompts: _Prompts) -> tuple[bool, bool]:
    """Of a page that does not ask: whether prompts are behind the numbers, and if that is sure."""
    heads = [[p for p in pieces if p.is_behind_number] for pieces in page]
    filled = [head for head in heads if head]
    written = sum(any(p.by_hand for p in head) for head in filled)
    lower = sum(any(not p.is_behind_number for p in pieces) for pieces in page)
    if filled and 2 * lower >= len(page):
        is_other = 2 * prompts.others_below > prompts.below
        return is_other or not written, 2 * written < len(filled) or not is_other
    if 2 * written >= len(filled):
        return False, True
    if median(len(" ".join(p.text for p in head).split()) for head in filled) > FEW_WORDS:
        return True, True
    return False, False


def _asks(piece: _Piece) -> bool:
    """A colon in what is written by hand is part of it."""
    found = ASKED.match(piece.text)
    return bool(found and (not piece.by_hand or found[1][-1] in "?？"))  # noqa: RUF001


def _split(text: str) -> tuple[str, str]:
    """What asks, and what is behind it."""
    found = ASKED.match(text)
    return (found[1].strip(), found[2].strip()) if found else (text, "")


def _answer_alone(pieces: list[_Piece], is_sure: bool) -> Parts:
    return Parts("", "\n".join(p.text for p in pieces), is_sure or not pieces)


def _with_prompt(pieces: list[_Piece], prompts: _Prompts, is_sure: bool) -> Parts:
    """The prompt goes on to the first line of another kind; print far below is no answer."""
    place = next((n for n in range(1, len(pieces)) if _ends_prompt(pieces, n, prompts)), None)
    if place is None:
        return _of_one_kind(pieces, prompts, is_sure)
    prompt, answer = pieces[:place], pieces[place : place + 1]
    for before, piece in pairwise(pieces[place:]):
        if prompts.is_other(piece):
            answer.append(piece)
        elif _is_choice(piece) or piece.line.middle - before.line.middle > FAR * before.line.height:
            prompt.append(piece)
        else:
            answer.append(piece)
            is_sure = False
    return Parts(_joined(prompt), _joined(answer), is_sure)


def _ends_prompt(pieces: list[_Piece], place: int, prompts: _Prompts) -> bool:
    """Whether the answer begins here; what asks goes on with an open prompt."""
    piece = pieces[place]
    is_open = not any(ENDED.search(before.text) for before in pieces[:place])
    return prompts.is_other(piece) and not (is_open and _asks(piece))


def _of_one_kind(pieces: list[_Piece], prompts: _Prompts, is_sure: bool) -> Parts:
    """A question of which all lines are like prompts: an answer in print, or none."""
    for place, piece in enumerate(pieces):
        asked, behind = _split(piece.text) if _asks(piece) else (piece.text, "")
        if behind and (asked[-1] in "?？" or len(behind.split()) <= FEW_WORDS):  # noqa: RUF001
            prompt = "\n".join([*(p.text for p in pieces[:place]), asked])
            answer = "\n".join([behind, *(p.text for p in pieces[place + 1 :])])
            return Parts(prompt, answer, is_sure and prompts.is_other(piece))
        if ENDED.search(piece.text):
            return _after_end(pieces[: place + 1], pieces[place + 1 :], prompts, is_sure)
    # An answer may be in the same box, behind a prompt that does not ask.
    return Parts(_joined(pieces), "", is_sure and not any(prompts.is_other(p) for p in pieces))


def _after_end(prompt: list[_Piece], more: list[_Piece], prompts: _Prompts, is_sure: bool) -> Parts:
    """Print behind the end of a prompt: choices, more of the prompt, or an answer."""
    if all(_is_choice(piece) for piece in more):
        return Parts(_joined([*prompt, *more]), "", is_sure)
    if len(more) == 1 and more[0].is_behind_number:
        return Parts(_joined(prompt), _joined(more), is_sure=False)
    if 2 * prompts.others_below >= prompts.below:
        # What is too short to be told from print stands where the others have their answer.
        is_short = all(piece.line.likeness is None for piece in more)
        return Parts(_joined(prompt), _joined(more), is_sure and is_short)
    if more[0].line.middle - prompt[-1].line.middle > CLOSE * prompt[-1].line.height:
        return Parts(_joined(prompt), _joined(more), is_sure=False)
    return Parts(_joined([*prompt, *more]), "", is_sure=False)


def _is_choice(piece: _Piece) -> bool:
    labels = [label for label in readings(piece.text) if label.style and label.rest]
    return bool(labels or POINTS.match(piece.text))


def _joined(pieces: list[_Piece]) -> str:
    return "\n".join(piece.text for piece in pieces)


def _clean(text: str) -> str:
    return " ".join(RULE.sub(" ", text).split())

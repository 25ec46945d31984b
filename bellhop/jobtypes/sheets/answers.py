"""Tells the printed prompt of a question from the answer.

Called by `quiz`. Where one of both is written by hand, that is the answer; where all is printed
or all is written, the answer follows a question mark, a colon or the number itself.
"""

from __future__ import annotations

import re

from bellhop.jobtypes.sheets.questions import Question

# A rule to write on, in any way it may be read.
RULE = re.compile(r"[_…]{2,}|[.·-]{4,}|(?:\. ){3,}\.?")
ASKED = re.compile(r"^(.*?[?:？：])(?=\s|_|$|\w)\s*(.*)$", re.DOTALL)  # noqa: RUF001
POINTS = re.compile(r"^[(\[]?\s*\d+\s*(?:points?|pts?|marks?)\.?\s*[)\]]?$|^/\s*\d+$", re.I)
# Words of a printed line that may be an answer by itself.
FEW_WORDS = 5


def split(question: Question, *, page_has_handwriting: bool) -> tuple[str, str]:
    """Prompt and answer of a question; lines of one part are joined by a line break."""
    texts = [question.rest, *(line.text for line in question.lines[1:])]
    by_hand = [line.is_handwritten for line in question.lines]
    parts = [
        (_clean(text), hand and not POINTS.match(text))
        for text, hand in zip(texts, by_hand, strict=True)
    ]
    parts = [(text, hand) for text, hand in parts if text]
    if all(hand for _, hand in parts) or not any(hand for _, hand in parts):
        written = bool(parts) and parts[0][1]
        return _by_signs([text for text, _ in parts], written, page_has_handwriting)
    prompt = [text for text, hand in parts if not hand]
    return "\n".join(prompt), "\n".join(text for text, hand in parts if hand)


def _by_signs(texts: list[str], is_written: bool, page_has_handwriting: bool) -> tuple[str, str]:
    whole = "\n".join(texts)
    found = ASKED.match(whole)
    # Who writes the number writes the answer; a colon in it is part of it.
    if found and not (is_written and found[1].endswith((":", "："))):  # noqa: RUF001
        return found[1].strip(), found[2].strip()
    if is_written:
        return "", whole
    if page_has_handwriting or len(texts) > 1 or len(whole.split()) > FEW_WORDS:
        return whole, ""
    return "", whole


def _clean(text: str) -> str:
    return " ".join(RULE.sub(" ", text).split())

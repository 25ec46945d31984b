"""The expected answers as a person writes them, one question a line: `1: Paris | City of Paris`.

Called by `quiz`, which checks and hands it on, and `quiz_grading`. Pure Python.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bellhop import BadInput

LINE = re.compile(r"^\s*(?:q(?:uestion)?\.?\s*)?(\d{1,3})\s*(?:[:.)=\t]|\s[-–—]\s)\s*(.*)$", re.I)
# "/" alone may be a fraction or "km/h".
BETWEEN = re.compile(r"\s*\|\s*|\s+/\s+")

Key = dict[int, list[str]]


def parse_key(lines: Sequence[str]) -> Key:
    """The accepted answers of each number; a line break within a line begins another.

    Raises BadInput `bad_answer_key` for a line without a number or an answer, or a number twice.
    """
    key: Key = {}
    for place, line in enumerate("\n".join(lines).splitlines(), 1):
        if not line.strip():
            continue
        found = LINE.match(line)
        answers = [a.strip() for a in BETWEEN.split(found[2]) if a.strip()] if found else []
        if not found or not answers:
            raise _bad(
                f'Line {place} of the answer key is not like "1: Paris": {line.strip()[:80]}'
            )
        number = int(found[1])
        if number in key:
            raise _bad(f"The answer key has question {number} twice, again in line {place}.")
        key[number] = answers
    return key


def _bad(text: str) -> BadInput:
    return BadInput(
        text,
        code="bad_answer_key",
        hint='Write one question per line, such as "1: Paris". Put | between several answers.',
    )

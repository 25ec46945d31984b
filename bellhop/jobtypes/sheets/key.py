"""The expected answers as a person writes them, one question a line: `1: Paris | City of Paris`.

Called by `quiz`, which checks and hands it on, and `quiz_grading`. Pure Python.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bellhop import BadInput

NAME = r"\d{1,2}(?:\.\d{1,2}){1,3}(?=\s*[:)=\t]|\s+[-–—]\s)|\d{1,3}|[a-z]"
LINE = re.compile(rf"^\s*(?:q(?:uestion)?\.?\s*)?({NAME})\s*(?:[:.)=\t]|\s[-–—]\s)\s*(.*)$", re.I)
# "/" alone may be a fraction or "km/h".
BETWEEN = re.compile(r"\s*\|\s*|\s+/\s+")

# 1, "a" or "1.2".
Name = int | str
Key = dict[Name, list[str]]


def parse_key(lines: Sequence[str]) -> Key:
    """The accepted answers of each question; a line break within a line begins another.

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
        number = name_of(found[1])
        if number in key:
            raise _bad(f"The answer key has question {number} twice, again in line {place}.")
        key[number] = answers
    return key


def name_of(text: str) -> Name:
    """The name of a question as it is compared: digits are a number, letters are small."""
    return int(text) if text.isdecimal() else text.casefold()


def in_order(name: Name) -> tuple[int, ...]:
    """To sort names by: numbers, then "1.2" before "1.10", then letters."""
    if isinstance(name, int):
        return 0, name
    return (1, *map(int, name.split("."))) if name[:1].isdigit() else (2, *map(ord, name))


def _bad(text: str) -> BadInput:
    return BadInput(
        text,
        code="bad_answer_key",
        hint='Write one question per line, such as "1: Paris". Put | between several answers.',
    )

"""Compares an answer with those expected. Never calls an answer right that a person might not.

Called by `quiz_grading`. Right is what differs in nothing but case, accents, punctuation, an
article or the way a number is written; a small misspelling is close, because Gambia and Zambia
differ by one letter too. Pure Python.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from bellhop.jobtypes.sheets.plain import Quantity, lookalike, plain, quantity, without_article

Verdict = Literal["correct", "close", "wrong", "blank"]
RANK: dict[Verdict, int] = {"correct": 3, "close": 2, "wrong": 1, "blank": 0}
# Part of the letters that may differ in an answer that a person looks at.
CLOSE = 0.3
# Shorter answers differ in meaning by one letter.
SHORT = 3
# Above this, words are compared instead of letters.
LONG = 200
CHOICE = re.compile(r"^\W*([a-z])\s*(?:[).:\]-]|$)", re.IGNORECASE)
SAME = {"true": {"t", "vrai", "v"}, "vrai": {"v", "true", "t"},
        "false": {"f", "faux"}, "faux": {"f", "false"}}  # fmt: skip


class Comparison(NamedTuple):
    """How an answer compares with the one of `expected` it is nearest to; similarity 0 to 1."""

    verdict: Verdict
    similarity: float
    expected: str


def compare(accepted: Sequence[str], given: str) -> Comparison:
    """The best comparison of `given` with one of the `accepted` answers."""
    if not any(c.isalnum() or c in "+<>=%°∞" for c in given):
        return Comparison("blank", 0.0, accepted[0])
    found = [Comparison(*_compared(expected, given), expected) for expected in accepted]
    return max(found, key=lambda one: (RANK[one.verdict], one.similarity))


def _compared(expected: str, given: str) -> tuple[Verdict, float]:
    first, second = without_article(plain(expected)), without_article(plain(given))
    if not first or not second:
        is_same = expected.strip().casefold() == given.strip().casefold()
        return ("correct", 1.0) if is_same else ("wrong", 0.0)
    if first == second or second in SAME.get(first, ()):
        return "correct", 1.0
    if numbers := quantity(expected):
        return _compared_number(numbers, expected, given)
    if len(first) == 1 and first.isalpha():
        return _compared_choice(first, given)
    return _compared_text(first, second)


def _compared_number(wanted: Quantity, expected: str, given: str) -> tuple[Verdict, float]:
    """A number is right or wrong; close is one read with letters, or with another unit."""
    values, unit = wanted
    near = similarity(plain(expected), plain(given))
    if (other := quantity(given)) and values & other[0]:
        return ("correct", 1.0) if unit.replace(" ", "") == other[1].replace(" ", "") else (
            "close", near)  # fmt: skip
    if other is None and lookalike(expected) == lookalike(given):
        return "close", near
    told = (quantity(word.group()) for word in re.finditer(r"[+-]?\d[\d.,]*", given))
    if other is None and any(one and one[0] & values for one in told):
        return "close", near
    return "wrong", near


def _compared_choice(letter: str, given: str) -> tuple[Verdict, float]:
    """One letter of a choice, also as "b) Paris"."""
    if found := CHOICE.match(given):
        return ("correct", 1.0) if plain(found[1]) == letter else ("wrong", 0.0)
    is_near = lookalike(given) == lookalike(letter) or plain(given).split()[0] == letter
    return ("close", 0.5) if is_near else ("wrong", 0.0)


def _compared_text(first: str, second: str) -> tuple[Verdict, float]:
    near = similarity(first, second)
    whole, other = first.replace(" ", ""), second.replace(" ", "")
    if whole == other:
        return ("correct" if whole.isalpha() else "close"), max(near, 0.99)
    words, others = first.split(), second.split()
    holds = f" {first} " in f" {second} " and len(first) > SHORT
    is_part = f" {second} " in f" {first} " and len(second) > SHORT
    if holds or is_part or sorted(words) == sorted(others) or lookalike(first) == lookalike(second):
        return "close", near
    longest = max(len(first), len(second))
    changed = round((1 - near) * longest)
    allowed = max(1, int(CLOSE * longest)) if len(whole) > SHORT else 0
    return ("close" if changed <= allowed else "wrong"), near


def similarity(first: str, second: str) -> float:
    """1 for the same text, 0 for nothing in common: edits (swaps count once) over length."""
    if max(len(first), len(second)) > LONG:
        return _similarity(first.split(), second.split())
    return _similarity(first, second)


def _similarity(first: Sequence[Any], second: Sequence[Any]) -> float:
    longest = max(len(first), len(second), 1)
    before: list[int] = []
    above = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        row = [i]
        for j, other in enumerate(second, 1):
            best = min(above[j] + 1, row[-1] + 1, above[j - 1] + (one != other))
            is_swap = i > 1 and j > 1 and one == second[j - 2] and first[i - 2] == other
            row.append(min(best, before[j - 2] + 1) if is_swap else best)
        before, above = above, row
    return 1 - above[-1] / longest

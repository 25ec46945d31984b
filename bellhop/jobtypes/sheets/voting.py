"""One text out of several readings of the same line (ROVER, Fiscus 1997, on characters).

Called by `lines`. Errors of a reader on handwriting depend on how the crop was cut; readings of
several cuts disagree where they are wrong, and their vote is wrong less often than the best of
them. Pure Python.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

Reading = tuple[str, float]
# A reading of score 0.9 counts twice one of 0.82.
POWER = 8


def vote(readings: Sequence[Reading]) -> Reading:
    """The text on which `readings` of (text, score 0 to 1) agree most, and the score of its kin."""
    weights = [max(score, 1e-3) ** POWER for _, score in readings]
    base = _most_central([text for text, _ in readings], weights)
    votes: dict[float, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (text, _), weight in zip(readings, weights, strict=True):
        placed = _placed(base, text)
        for place in range(len(base)):
            votes[place][placed.pop(place, "")] += weight
        for between, characters in placed.items():
            votes[between][characters] += weight
    score = sum(s * w for (_, s), w in zip(readings, weights, strict=True)) / sum(weights)
    return _elected(base, votes, sum(weights)), score


def _most_central(texts: list[str], weights: list[float]) -> str:
    """The text nearest to all others."""
    far = {
        text: sum(w * _table(text, other)[-1][-1] for other, w in zip(texts, weights, strict=True))
        for text in texts
    }
    return min(far, key=lambda text: far[text])


def _elected(base: str, votes: dict[float, dict[str, float]], total: float) -> str:
    """The most voted characters; what stands between those of `base` needs a majority."""
    text = ""
    for place in range(len(base) + 1):
        if between := votes.get(place - 0.5):
            characters = max(between, key=lambda c: between[c])
            text += characters if between[characters] > total / 2 else ""
        if place < len(base):
            text += max(votes[place], key=lambda c: votes[place][c])
    return text


def _table(first: str, second: str) -> list[list[int]]:
    """Edit distances of all beginnings."""
    rows = [list(range(len(second) + 1))]
    for place, character in enumerate(first, 1):
        row, above = [place], rows[-1]
        for column, other in enumerate(second):
            step = above[column] + (character != other)
            row.append(min(step, above[column + 1] + 1, row[-1] + 1))
        rows.append(row)
    return rows


def _placed(base: str, text: str) -> dict[float, str]:
    """The characters of `text` by place in `base`; those between two places by the half."""
    rows = _table(base, text)
    placed: dict[float, str] = defaultdict(str)
    i, j = len(base), len(text)
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (base[i - 1] != text[j - 1]):
            i, j = i - 1, j - 1
            placed[i] = text[j]
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
            placed[i] = ""
        else:
            j -= 1
            placed[i - 0.5] = text[j] + placed[i - 0.5]
    return placed

"""What the benchmarks hand to each other: figures with their bars, and the table of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table; without a bar it is for information only.

    `spread` is the lowest and highest round, where `measured` is the median of rounds.
    """

    name: str
    measured: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    spread: tuple[float, float] | None = None

    def is_ok(self) -> bool:
        too_much = self.at_most is not None and self.measured > self.at_most
        too_little = self.at_least is not None and self.measured < self.at_least
        return not (too_much or too_little)

    def row(self) -> tuple[str, str, str, str]:
        """(figure, measured, bar, ok) as text."""
        measured = f"{_number(self.measured)} {self.unit}"
        if self.spread:
            measured += f"  ({_number(self.spread[0])} to {_number(self.spread[1])})"
        if self.at_most is None and self.at_least is None:
            return self.name, measured, "", ""
        sign, bar = ("<=", self.at_most) if self.at_least is None else (">=", self.at_least)
        ok = "ok" if self.is_ok() else "MISSED"
        return self.name, measured, f"{sign} {bar:g} {self.unit}", ok


def of_rounds(name: str, rounds: Sequence[float], unit: str, **bar: float) -> Figure:
    """The median of several rounds with their spread."""
    spread = min(rounds), max(rounds)
    return Figure(name=name, measured=statistics.median(rounds), unit=unit, spread=spread, **bar)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile; of 60 values the 99th is the largest."""
    return sorted(values)[math.ceil(percent / 100 * len(values)) - 1]


def table(figures: Sequence[Figure]) -> str:
    """All figures, one line each."""
    rows = [("figure", "measured", "bar", ""), *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"

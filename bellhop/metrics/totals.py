"""The durable counters of /metrics: they only grow, and outlive the jobs that they count.

jobs/lifecycle adds to them in the transaction of what they count, so that whatever is killed,
nothing counts twice or not at all. They have few rows: types, statuses and codes are bounded.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from typing import NamedTuple

from bellhop.base.errors import ITEM_ERRORS
from bellhop.database.database import query, write_many

# Upper bounds of lengths of time, in seconds: from a quick item to one that takes half a day.
BOUNDS_S = (
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200,
    14400, 43200,
)  # fmt: skip
BOUNDS_MS = [round(1000 * bound) for bound in BOUNDS_S]
# Above all bounds, and where only the number counts.
NO_BUCKET = 0
# Codes that Bellhop itself gives; those of job types are without number, and count as `OTHER`.
CODES = frozenset((*ITEM_ERRORS, "bad_input", "dependency_failed", "try_again"))
OTHER = "other"
ADD = """
    INSERT INTO total (what, type, status, code, bucket, count, seconds)
    VALUES (:what, :type, :status, :code, :bucket, :count, :seconds)
    ON CONFLICT (what, type, status, code, bucket) DO UPDATE
        SET count = total.count + excluded.count, seconds = total.seconds + excluded.seconds"""
EVERY = """
    SELECT what, type, status, code, bucket, count, seconds FROM total
    WHERE typeof(count) = 'integer' AND typeof(seconds) = 'real'
    ORDER BY what, type, status, code, bucket"""


class Total(NamedTuple):
    """How often something happened; `seconds` is the sum of how long it took each time."""

    what: str
    type: str
    status: str
    code: str
    bucket: int
    number: int
    seconds: float


class Totals:
    """What a transaction adds, in one statement.

    On PostgreSQL, two that add to the same rows would wait for each other, each for the other's:
    whoever writes has the lock of the change number first, which all moves of items need.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str, str, int], list[float]] = {}

    def add(
        self,
        what: str,
        type_name: str = "",
        status: str = "",
        code: str = "",
        *,
        bucket: int = NO_BUCKET,
        seconds: float = 0.0,
    ) -> None:
        """Count once more what happened to an item or job of a type."""
        known = code if code in CODES or not code else OTHER
        sums = self._found.setdefault((what, type_name, status, known, bucket), [0, 0.0])
        sums[0] += 1
        sums[1] += seconds

    def add_time(self, what: str, type_name: str, seconds: float) -> None:
        """Count a length of time in its bucket."""
        place = bisect.bisect_left(BOUNDS_S, max(0.0, seconds))
        bucket = BOUNDS_MS[place] if place < len(BOUNDS_MS) else NO_BUCKET
        self.add(what, type_name, bucket=bucket, seconds=max(0.0, seconds))

    def write(self) -> None:
        """Add all of it; inside the caller's transaction."""
        names = ("what", "type", "status", "code", "bucket")
        rows = [
            {**dict(zip(names, key, strict=True)), "count": int(count), "seconds": float(seconds)}
            for key, (count, seconds) in self._found.items()
        ]
        write_many(ADD, rows)


def submitted(type_name: str) -> None:
    """Count a job that is accepted; in its transaction."""
    totals = Totals()
    totals.add("submitted", type_name)
    totals.write()


def every() -> dict[str, list[Total]]:
    """All totals, by what they count."""
    found: dict[str, list[Total]] = defaultdict(list)
    for row in query(EVERY):
        found[row[0]].append(Total(*row))
    return found


def held_bytes() -> int:
    """What the jobs and uploads of everybody hold, as their rows say."""
    return int(query("SELECT coalesce(sum(bytes), 0) FROM storage_use")[0][0])

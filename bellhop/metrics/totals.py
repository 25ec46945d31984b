"""The durable counters of /metrics: they only grow, and outlive the jobs that they count.

jobs/lifecycle adds to them in the transaction of what they count, so that whatever is killed,
nothing counts twice or not at all. They have few rows: types, statuses and codes are bounded.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from typing import Any, NamedTuple

from bellhop.base.errors import ITEM_ERRORS
from bellhop.database.database import query, write_many

# Upper bounds of lengths of time, in seconds: from a quick item to one that takes half a day.
BOUNDS_S = (
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200,
    14400, 43200,
)  # fmt: skip
BOUNDS_MS = [round(1000 * bound) for bound in BOUNDS_S]
# Above all bounds; and where nobody knows how long it took, or only the number counts.
ABOVE, NO_LENGTH = 0, -1
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
        seconds: float | None = None,
    ) -> None:
        """Count once more what happened to an item or job of a type, and how long it took."""
        if code and code not in CODES:
            code = OTHER
        bucket = NO_LENGTH if seconds is None else bucket_ms(seconds)
        sums = self._found.setdefault((what, type_name, status, code, bucket), [0, 0.0])
        sums[0] += 1
        sums[1] += seconds or 0.0

    def write(self) -> None:
        """Add all of it; inside the caller's transaction."""
        rows: list[dict[str, Any]] = [
            {
                "what": what, "type": type_name, "status": status, "code": code, "bucket": bucket,
                "count": count, "seconds": seconds,
            }
            for (what, type_name, status, code, bucket), (count, seconds) in self._found.items()
        ]  # fmt: skip
        write_many(ADD, rows)


def bucket_ms(seconds: float) -> int:
    """The least bound that is not below a length of time, in milliseconds."""
    place = bisect.bisect_left(BOUNDS_S, seconds)
    return BOUNDS_MS[place] if place < len(BOUNDS_MS) else ABOVE


def submitted(type_name: str) -> None:
    """Count a job that is accepted; in its transaction."""
    blank = {"status": "", "code": "", "bucket": NO_LENGTH, "count": 1, "seconds": 0.0}
    query(ADD, {"what": "submitted", "type": type_name, **blank})


def every() -> dict[str, list[Total]]:
    """All totals, by what they count."""
    found: dict[str, list[Total]] = defaultdict(list)
    for row in query(EVERY):
        found[row[0]].append(Total(*row))
    return found


def held_bytes() -> int:
    """What the jobs and uploads of everybody hold, as their rows say."""
    return int(query("SELECT coalesce(sum(bytes), 0) FROM storage_use")[0][0])

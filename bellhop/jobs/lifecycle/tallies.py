"""What runs of items came to, counted by slots of time in the transactions that end them.

Whoever looks at a month reads these few rows and no items. They outlive their jobs. Nobody asks
for the end of a delivery or a notice, which no list shows, so it is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bellhop.base.errors import ItemError
from bellhop.base.times import wall_s
from bellhop.base.units import DAY_S
from bellhop.database.database import query, write_many
from bellhop.jobs.newjob import OWN_TYPES
from bellhop.jobs.queries.reasons import reason_of
from bellhop.jobs.spans import bucket_of

SLOT_S, HOUR_S = 300, 3600
# How wide slots are once they are so old.
WIDER = ((HOUR_S, 2 * HOUR_S), (int(DAY_S), 8 * int(DAY_S)))
KEPT_S = 32 * int(DAY_S)
MOST_MESSAGE = 1000
ADD = """
    INSERT INTO tally (at, owner, type, what, bucket, count, peak)
    VALUES (:at, :owner, :type, :what, :bucket, :count, :peak)
    ON CONFLICT (at, owner, type, what, bucket) DO UPDATE
        SET count = tally.count + excluded.count, peak = max(tally.peak, excluded.peak)"""
ADD_FAILURE = """
    INSERT INTO failure (at, owner, type, code, reason, count, first_at, last)
    VALUES (:at, :owner, :type, :code, :reason, :count, :first_at, :last)
    ON CONFLICT (at, owner, type, code, reason) DO UPDATE
        SET count = failure.count + excluded.count, last = max(failure.last, excluded.last)"""
# Rows of one owner and time, and of several, become those of another.
MERGED = (
    """INSERT INTO tally (at, owner, type, what, bucket, count, peak)
    SELECT {at} AS to_at, {owner} AS to_owner, type, what, bucket, sum(count), max(peak)
    FROM tally WHERE {which} GROUP BY to_at, to_owner, type, what, bucket
    ON CONFLICT (at, owner, type, what, bucket) DO UPDATE
        SET count = tally.count + excluded.count, peak = max(tally.peak, excluded.peak)""",
    "DELETE FROM tally WHERE {which}",
    """INSERT INTO failure (at, owner, type, code, reason, count, first_at, last)
    SELECT {at} AS to_at, {owner} AS to_owner, type, code, reason, sum(count), min(first_at),
        max(last)
    FROM failure WHERE {which} GROUP BY to_at, to_owner, type, code, reason
    ON CONFLICT (at, owner, type, code, reason) DO UPDATE
        SET count = failure.count + excluded.count, last = max(failure.last, excluded.last),
            first_at = min(failure.first_at, excluded.first_at)""",
    "DELETE FROM failure WHERE {which}",
)
WIDEN = [
    sql.format(at="at - at % :width", owner="owner", which="at < :until AND at % :width != 0")
    for sql in MERGED
]
HAND_OVER = [
    sql.format(at="at", owner="CAST(:to AS TEXT)", which="owner = :owner") for sql in MERGED
]
FORGET = ("DELETE FROM tally WHERE at < :until", "DELETE FROM failure WHERE at < :until")


@dataclass(slots=True)
class Measured:
    """How long an item waited until its first start, and ran, in seconds; None where nobody knows.

    `peak_bytes` is the most memory that it was seen to hold.
    """

    waited_s: float | None = None
    ran_s: float | None = None
    peak_bytes: int = 0


UNKNOWN = Measured()
# An item that ended: its owner, its type, and what was measured.
Ended = tuple[str, str, Measured]


def count(what: str, ended: Sequence[Ended]) -> None:
    """Count items that have just completed or failed, and how long they waited and ran."""
    found = Counter[tuple[str, str, str, int]]()
    peaks = dict[tuple[str, str, str, int], int]()
    for owner, type_name, measured in ended:
        if type_name in OWN_TYPES:
            continue
        found[owner, type_name, what, 0] += 1
        if measured.waited_s is not None:
            found[owner, type_name, "waited", bucket_of(measured.waited_s)] += 1
        if measured.ran_s is not None:
            ran = owner, type_name, "ran", bucket_of(measured.ran_s)
            found[ran] += 1
            peaks[ran] = max(peaks.get(ran, 0), measured.peak_bytes)
    names, slot = ("owner", "type", "what", "bucket"), _slot()
    rows = [
        {**dict(zip(names, row, strict=True)), "at": slot, "count": n, "peak": peaks.get(row, 0)}
        for row, n in found.items()
    ]
    write_many(ADD, rows)


def note_failures(ended: Sequence[Ended], error: ItemError, job: int, now: str) -> None:
    """Count why items have just failed, of which the last one is of `job`."""
    code, reason = reason_of(error.code, error.message)
    last = f"{now} {job} {error.message[:MOST_MESSAGE]}"
    why = {"at": _slot(), "code": code, "reason": reason, "first_at": now, "last": last}
    found = Counter((owner, kind) for owner, kind, _ in ended if kind not in OWN_TYPES)
    rows = [{"owner": owner, "type": kind, "count": n, **why} for (owner, kind), n in found.items()]
    write_many(ADD_FAILURE, rows)


def _slot() -> int:
    return int(wall_s()) // SLOT_S * SLOT_S


def forget_old() -> None:
    """Make the slots wider that are hours or days old, and forget those of more than a month."""
    now = int(wall_s())
    for width, age_s in WIDER:
        until = (now - age_s) // width * width
        _all(WIDEN, width=width, until=until)
    _all(FORGET, until=now - KEPT_S)


def _all(statements: Sequence[str], **values: Any) -> None:
    for sql in statements:
        query(sql, values)

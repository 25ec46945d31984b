"""What went wrong in a period, and how the job types did: read from the tallies of the lifecycle.

Times here are in seconds since 1970, as the slots of the tallies have them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bellhop.accounts.access import User, owned
from bellhop.base.times import wall_s
from bellhop.base.units import DAY_S
from bellhop.database.database import query
from bellhop.jobs.spans import percentile

HOUR_S = 3600
MOST_ERRORS = 100
# What the lifecycle notes of the last failure; nothing is shown of what is spoiled.
LAST = re.compile(r"(?P<at>\S+) (?P<job>\d{1,18}) (?P<message>.*)", re.DOTALL)
IN_PERIOD = "at >= :begin AND at < :end AND {}"
RUNS = """
    SELECT at - at % :width AS slot, what, sum(count) FROM tally
    WHERE {} AND what IN ('completed', 'failed') GROUP BY slot, what"""
OF_TYPES = """
    SELECT type, what, bucket, sum(count), max(peak) FROM tally
    WHERE {} GROUP BY type, what, bucket"""
# The most frequent, and one more where there are.
ERRORS = """
    SELECT type, code, reason, sum(count) AS times, min(first_at), max(last) AS newest FROM failure
    WHERE {} GROUP BY type, code, reason ORDER BY times DESC, newest DESC, type, code LIMIT :most"""
KNOWN_AS = "type || '/' || code || '/' || reason"
TRENDS = f"""
    SELECT {KNOWN_AS} AS known, at - at % :width AS slot, sum(count) FROM failure
    WHERE {{}} AND {KNOWN_AS} IN (SELECT value FROM json_each(:known)) GROUP BY known, slot"""
JOB_IDS = """
    SELECT id, job_id FROM job WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))"""
COUNTED_SINCE = "SELECT min(at) FROM tally"


class Period(NamedTuple):
    """A stretch of time in slots of equal width, of which the last one has not ended."""

    begin: int
    end: int
    width: int

    @property
    def slots(self) -> range:
        """When each slot begins."""
        return range(self.begin, self.end, self.width)


# {its name: (the width of a slot, how many)}
PERIODS = {"1h": (300, 12), "24h": (HOUR_S, 24), "7d": (HOUR_S, 168), "30d": (int(DAY_S), 30)}


def period(name: str) -> Period:
    """The period of `PERIODS` that ends with the slot of this moment."""
    width, count = PERIODS[name]
    end = (int(wall_s()) // width + 1) * width
    return Period(end - count * width, end, width)


class Runs(NamedTuple):
    """How many items completed and failed in a slot, each step for itself."""

    at: int
    completed: int
    failed: int


@dataclass
class ErrorGroup:
    """Items of a type that failed for one reason.

    `trend` is how many in each slot of the period; `message` and `job_id` are of the last one, the
    id None when its job was deleted.
    """

    type: str
    code: str
    reason: str
    count: int
    first_at: str
    last_at: str
    message: str
    job_id: str | None
    trend: list[int]


@dataclass
class TypeFigures:
    """How the items of a type did: counts; seconds by their bucket (see spans.py); bytes."""

    completed: int = 0
    failed: int = 0
    ran: Counter[int] = field(default_factory=Counter)
    waited: Counter[int] = field(default_factory=Counter)
    peak_bytes: int = 0

    def shown(self) -> dict[str, Any]:
        """Percentiles for people; None where nothing was measured."""
        spans = {"wait": self.waited, "run": self.ran}
        return {
            "completed": self.completed,
            "failed": self.failed,
            **{
                f"{name}_p{percent}_s": percentile(counts, percent / 100)
                for name, counts in spans.items()
                for percent in (50, 95)
            },
            "peak_bytes": self.peak_bytes or None,
        }


def counted_since() -> int | None:
    """The oldest slot that anything was counted in; None before the first."""
    ((at,),) = query(COUNTED_SINCE)
    return at if at is None else int(at)


def runs(viewer: User, of: Period) -> list[Runs]:
    """What came of the viewer's items in each slot; of everybody's for who reads all."""
    found = {(slot, what): int(count) for slot, what, count in _of_period(RUNS, viewer, of)}
    return [
        Runs(slot, found.get((slot, "completed"), 0), found.get((slot, "failed"), 0))
        for slot in of.slots
    ]


def types(viewer: User, of: Period) -> dict[str, TypeFigures]:
    """Of each type of which something was counted in the period."""
    figures: dict[str, TypeFigures] = {}
    for name, what, bucket, count, peak in _of_period(OF_TYPES, viewer, of):
        known = figures.setdefault(name, TypeFigures())
        if what in ("completed", "failed"):
            setattr(known, what, int(count))
        elif what in ("ran", "waited"):
            getattr(known, what)[bucket] = int(count)
        known.peak_bytes = max(known.peak_bytes, peak)
    return figures


def errors(viewer: User, of: Period) -> tuple[list[ErrorGroup], bool]:
    """The most frequent reasons of the period, `MOST_ERRORS` at most; whether there are more."""
    rows = _of_period(ERRORS, viewer, of, most=MOST_ERRORS + 1)
    found = [(row, last) for row in rows[:MOST_ERRORS] if (last := LAST.fullmatch(str(row[5])))]
    trends = _trends(viewer, of, ["/".join(row[:3]) for row, _ in found])
    ids = dict(query(JOB_IDS, {"ids": json.dumps([int(last["job"]) for _, last in found])}))
    groups = [
        ErrorGroup(
            type=row[0], code=row[1], reason=row[2], count=int(row[3]), first_at=row[4],
            last_at=last["at"], message=last["message"], job_id=ids.get(int(last["job"])),
            trend=[trends["/".join(row[:3]), slot] for slot in of.slots],
        )
        for row, last in found
    ]  # fmt: skip
    return groups, len(rows) > MOST_ERRORS


def _trends(viewer: User, of: Period, known: list[str]) -> Counter[tuple[str, int]]:
    """How often each of these groups failed in each slot."""
    found = _of_period(TRENDS, viewer, of, known=json.dumps(known)) if known else []
    return Counter({(name, slot): int(count) for name, slot, count in found})


def _of_period(sql: str, viewer: User, of: Period, **values: Any) -> list[tuple[Any, ...]]:
    where = IN_PERIOD.format(owned(viewer))
    return query(sql.format(where), {**of._asdict(), "viewer": viewer.name, **values})

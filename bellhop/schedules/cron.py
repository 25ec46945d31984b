"""When a cron expression comes next: cronsim knows the calendar, this module the clocks of a zone.

An expression names what clocks show. Where it names hours, each time comes once in a night: the
first of two times that clocks show it, and where they skip it, when they change. Where it names
every hour, its minutes come in each hour that passes, of which a night may have one more or less.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bellhop.base.errors import Problem, invalid_field
from bellhop.base.times import as_timestamp

MOST_CRON, MOST_QUOTED = 1000, 40
HOURS = 24
NOTHING, MINUTE, DAY = timedelta(), timedelta(minutes=1), timedelta(days=1)
MEANT = "must be five fields like 30 7 * * 1-5: minute, hour, day, month, weekday"
FIELDS = {
    "minute": "0–59", "hour": "0–23", "day of the month": "1–31, L or LW",
    "month": "1–12 or JAN–DEC", "day of the week": "0–7 or SUN–SAT",
}  # fmt: skip
NICKNAMES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip


def next_time(cron: Any, timezone: Any, after: datetime) -> str:
    """The first time after `after` that a cron expression names, as it is stored.

    Raises the problem of an expression or a zone that is none, or that never comes.
    """
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, OSError, TypeError, ValueError):
        raise invalid_field("timezone", "must be a name like Europe/Berlin or UTC") from None
    expression = _expression(cron)
    try:
        return as_timestamp(_first(expression, zone, after))
    except (CronSimError, StopIteration, OverflowError):
        raise invalid_field("cron", "never matches a date") from None


@functools.lru_cache(maxsize=4096)
def times_after(cron: str, timezone: str, first: str, count: int) -> tuple[str, ...]:
    """`first`, a time as it is stored, and those that follow it, `count` at most."""
    times = [first]
    with contextlib.suppress(Problem, ValueError):
        while len(times) < count:
            times.append(next_time(cron, timezone, datetime.fromisoformat(times[-1])))
    return tuple(times)


def _expression(cron: Any) -> str:
    """The five fields that are meant; raises the problem that names the wrong one."""
    text = cron.strip() if isinstance(cron, str) else ""
    text = NICKNAMES.get(text.lower(), text)
    fields = text.split()
    if text.startswith("@"):
        raise invalid_field("cron", f"must be five fields or one of {', '.join(NICKNAMES)}")
    if len(fields) != len(FIELDS) or len(text) > MOST_CRON:  # cronsim takes seconds as well
        raise invalid_field("cron", MEANT)
    for place, given in enumerate(fields):
        for term in given.split(","):
            if not _may_stand(term, place):
                raise _wrong_field(place, term)
    return text


def _may_stand(term: str, place: int) -> bool:
    fields = ["*"] * len(FIELDS)
    fields[place] = term
    try:
        CronSim(" ".join(fields), datetime.min)
    except CronSimError:
        return False
    return True


def _wrong_field(place: int, term: str) -> Problem:
    name, allowed = list(FIELDS.items())[place]
    ranges = "; a range goes from low to high" if "-" in term else ""
    return invalid_field("cron", f"{name} must be {allowed}, not {term[:MOST_QUOTED]}{ranges}")


def _first(expression: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment after `after`; StopIteration when none comes within fifty years."""
    wall = after.astimezone(zone).replace(tzinfo=None)
    # Clocks that are about to be put back will show again what they showed since then.
    start = wall + min(NOTHING, _put_forward(wall, zone))
    names_hours = len(CronSim(expression, start).hours) < HOURS

    def following(fold: int) -> Iterator[datetime]:
        for shown in CronSim(expression, start):
            at = _moment(shown, zone, fold, makes_up=names_hours)
            if at and at > after:
                yield at

    return min([next(following(fold)) for fold in ((0,) if names_hours else (0, 1))])


def _moment(wall: datetime, zone: ZoneInfo, fold: int, *, makes_up: bool) -> datetime | None:
    """When clocks show `wall`, the first or (`fold` 1) the second time; None when they skip it.

    `makes_up`: then it is the moment of the change, unless the zone skips the whole day.
    """
    skipped = _put_forward(wall, zone)
    if skipped >= (DAY if makes_up else MINUTE):
        return None
    while _put_forward(wall, zone) > NOTHING:
        wall += MINUTE
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _put_forward(wall: datetime, zone: ZoneInfo) -> timedelta:
    """By how much clocks skip `wall`; negative where they show it twice (PEP 495), else zero."""
    before, after = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    assert before is not None and after is not None
    return after - before

"""When a cron expression comes next, in the nights in which clocks are put forward or back.

Some of these nights are looked at here; `make nights` looks at those of forty years in every zone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bellhop.base.errors import Problem
from bellhop.schedules.cron import next_time

IS_WHOLE = os.environ.get("NIGHTS") == "all"
FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
WEEK, DAY, MINUTE = timedelta(days=7), timedelta(days=1), timedelta(minutes=1)
AROUND = timedelta(hours=5)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
# By an hour, half an hour, two hours or a day; at midnight, a minute after it, up to midnight.
ODD_ZONES = (
    "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia",
    "Pacific/Kwajalein", "America/Havana", "America/Sao_Paulo", "America/St_Johns",
    "America/Scoresbysund", "Africa/Casablanca", "Asia/Pyongyang", "Asia/Beirut",
)  # fmt: skip
EVERY = set(range(24))
# {an expression: the hours and the minutes that it names}
EXPRESSIONS = {
    "30 2 * * *": ({2}, {30}),
    "*/30 2 * * *": ({2}, {0, 30}),
    "* 2 1-31 * *": ({2}, set(range(60))),
    "*/15 1-3 * * *": ({1, 2, 3}, {0, 15, 30, 45}),
    "0 */2 * * *": (set(range(0, 24, 2)), {0}),
    "0-59/7 0,1,2,23 * * 0-6": ({0, 1, 2, 23}, set(range(0, 60, 7))),
    "59 23 * * *": ({23}, {59}),
    "@daily": ({0}, {0}),
    "@hourly": (EVERY, {0}),
    "30 0-23 * * *": (EVERY, {30}),
    "*/20 */1 * * *": (EVERY, {0, 20, 40}),
}
ONCE_A_NIGHT = ["30 2 * * *", "0 0 * * *", "30 0 * * *", "15 1 * * *", "0 3 * * *", "@daily"]


class Night(NamedTuple):
    """When the clocks of a zone change."""

    zone: ZoneInfo
    at: datetime


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """To the minute; of several within a week only one."""

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    for number in range((LAST - FIRST) // WEEK):
        low = FIRST + number * WEEK
        high, before = low + WEEK, offset(low)
        if offset(high) != before:
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            yield high


@cache
def nights() -> list[Night]:
    """Of zones that do the same at the same moment only one."""
    zones = sorted(available_timezones()) if IS_WHOLE else ODD_ZONES
    found = [Night(ZoneInfo(name), at) for name in zones for at in changes(ZoneInfo(name))]
    known = {(n.at, *offsets(n)): n for n in found}
    return list(known.values()) if IS_WHOLE else found[::5]


def offsets(night: Night) -> list[timedelta | None]:
    """Before and after."""
    return [at.astimezone(night.zone).utcoffset() for at in (night.at - MINUTE, night.at)]


def runs(cron: str, zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The times from `begin` to `end`, each asked for when the one before it has come."""
    last = begin - MINUTE
    while (at := datetime.fromisoformat(next_time(cron, zone.key, last))) <= end:
        assert at > last
        yield at
        last = at


def named(cron: str, night: Night) -> Iterator[datetime]:
    """The times of a night, found by looking at the clocks each minute."""
    hours, minutes = EXPRESSIONS[cron]
    shown, last = set(), None
    for number in range(-2 * AROUND // MINUTE, AROUND // MINUTE + 1):
        at = night.at + number * MINUTE
        wall = at.astimezone(night.zone).replace(tzinfo=None, fold=0)
        is_new = hours == EVERY or wall not in shown
        past = [wall - n * MINUTE for n in range(1 if hours == EVERY else passed(last, wall))]
        is_named = any(each.hour in hours and each.minute in minutes for each in past)
        if is_named and is_new and at >= night.at - AROUND:
            yield at
        shown.add(wall)
        last = wall


def passed(last: datetime | None, wall: datetime) -> int:
    """How many minutes clocks went on to show `wall`; 1 when they were put back or skip a day."""
    went_on = (wall - last) // MINUTE if last else 1
    return went_on if 0 < went_on < DAY // MINUTE else 1


@pytest.mark.parametrize("cron", EXPRESSIONS)
def test_it_names_what_clocks_show_in_a_night_in_which_they_change(cron: str) -> None:
    for night in nights():
        found = list(runs(cron, night.zone, night.at - AROUND, night.at + AROUND))
        assert found == list(named(cron, night)), (night.zone.key, str(night.at))


@pytest.mark.parametrize("cron", EXPRESSIONS)
def test_it_names_the_next_of_them_whenever_it_is_asked(cron: str) -> None:
    """Also in the hour that clocks repeat: nothing that is past, or would come at once."""
    for night in nights():
        times = list(named(cron, night))
        for number in range(0, 2 * AROUND // MINUTE, 17):
            after = night.at - AROUND + number * MINUTE + timedelta(seconds=1)
            if later := [at for at in times if at > after]:
                found = datetime.fromisoformat(next_time(cron, night.zone.key, after))
                assert found == later[0], (night.zone.key, str(after))


@pytest.mark.parametrize("cron", ONCE_A_NIGHT)
def test_it_comes_once_a_night(cron: str) -> None:
    """Also where clocks skip a whole day: nothing comes for a day that there is not."""
    for zone, at in nights():
        begin = datetime.combine(at.astimezone(zone).date() - 2 * DAY, time(), zone)
        end = begin + 5 * DAY - MINUTE
        days = [begin.date() + number * DAY for number in range(5)]
        ran = [run.astimezone(zone).date() for run in runs(cron, zone, begin, end)]
        there = [day for day in days if is_there(day, zone)]
        assert ran == there, (zone.key, str(at))


def is_there(day: date, zone: ZoneInfo) -> bool:
    """Whether clocks show any time of a day."""
    noon = datetime.combine(day, time(12), zone)
    return noon.astimezone(UTC).astimezone(zone).date() == day


@pytest.mark.parametrize(
    ("nickname", "expected"),
    [
        ("@yearly", "2027-01-01T00:00"),
        ("@annually", "2027-01-01T00:00"),
        ("@monthly", "2026-04-01T00:00"),
        ("@weekly", "2026-03-08T00:00"),
        ("@daily", "2026-03-02T00:00"),
        ("@midnight", "2026-03-02T00:00"),
        (" @Hourly ", "2026-03-01T13:00"),
    ],
)
def test_it_knows_the_nicknames_of_cron(nickname: str, expected: str) -> None:
    assert next_time(nickname, "UTC", NOON).startswith(expected)


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("99 7 * * *", "minute must be 0–59, not 99"),
        ("0 7,25 * * *", "hour must be 0–23, not 25"),
        ("0 7 32 * *", "day of the month must be 1–31, L or LW, not 32"),
        ("0 7 * 13 *", "month must be 1–12 or JAN–DEC, not 13"),
        ("0 7 * JANUARY *", "month must be 1–12 or JAN–DEC, not JANUARY"),
        ("0 7 * * 8", "day of the week must be 0–7 or SUN–SAT, not 8"),
        ("0 22-2 * * *", "hour must be 0–23, not 22-2; a range goes from low to high"),
        ("*/0 * * * *", "minute must be 0–59, not */0"),
        ("0 7 ? * MON", "day of the month must be 1–31, L or LW, not ?"),
        ("0 30 7 * * 1-5", "must be five fields like"),
        ("@reboot", "must be five fields or one of @yearly, "),
        ("@every 5m", "must be five fields or one of @yearly, "),
        ("9" * 5000 + " * * * *", "must be five fields like"),
        (f"{'9' * 900} * * * *", f"minute must be 0–59, not {'9' * 40}"),
        ("0 0 30 2 *", "never matches a date"),
        ("0 0 31 4,6 *", "never matches a date"),
    ],
)
def test_it_says_which_field_is_wrong(cron: str, said: str) -> None:
    with pytest.raises(Problem) as refused:
        next_time(cron, "UTC", NOON)
    assert refused.value.detail.startswith(f"cron: {said}")

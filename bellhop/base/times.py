"""Times as they are stored and shown: RFC 3339, UTC, microseconds; so they sort as text.

Whatever is compared with a stored time, or becomes one, comes of `wall_s`. Where the rows are on a
server, that is the server's clock, which all machines share: what their own say, and whether one is
set meanwhile, changes nothing. Only what is about files of this machine asks its own.
"""

from __future__ import annotations

import functools
import time
from datetime import UTC, datetime, timedelta

# Unlike time.monotonic it goes on while the machine sleeps, which is no step of a clock.
SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
# By how much the clock of a machine may differ before that is said.
OFFSET_S = 1.0
# What the clock that is followed said when this machine started; None: its own is.
_started_at_s: float | None = None


def since_boot_s() -> float:
    """Seconds since this machine started; nobody sets them."""
    return time.clock_gettime(SINCE_BOOT)


def wall_s() -> float:
    """Seconds since 1970, by the clock of the rows."""
    return time.time() if _started_at_s is None else _started_at_s + since_boot_s()


def follow(said_s: float, before_s: float, after_s: float) -> None:
    """Follow another clock, which said this between two moments of `since_boot_s`.

    What was known is kept as far as it agrees with that: neither an answer that took long nor the
    small difference between two lets the clock jump.
    """
    global _started_at_s
    least_s, most_s = said_s - after_s, said_s - before_s
    known_s = (least_s + most_s) / 2 if _started_at_s is None else _started_at_s
    _started_at_s = min(max(known_s, least_s), most_s)


def follow_none() -> None:
    """Use this machine's clock."""
    global _started_at_s
    _started_at_s = None


def clock_offset_s() -> float:
    """By how many seconds the clock of this machine is ahead of that of the rows."""
    return time.time() - wall_s()


def clock_problem() -> str | None:
    """What is wrong with the clock of this machine; None when nothing is that is known.

    The log, the warnings about the server and the list of the machines say this same sentence.
    """
    offset_s = clock_offset_s()
    if abs(offset_s) <= OFFSET_S:
        return None
    way = "ahead of" if offset_s > 0 else "behind"
    return (
        f"the clock of this machine is {abs(offset_s):,.1f} s {way} the database's, which Bellhop "
        "uses; set it with NTP"
    )


def now() -> datetime:
    """What the clock of the rows says, in UTC."""
    return datetime.fromtimestamp(wall_s(), UTC)


def timestamp(after_s: float = 0) -> str:
    """The time `after_s` seconds from now as RFC 3339, UTC, microseconds; it sorts as text."""
    return as_timestamp(now() + timedelta(seconds=after_s))


def parsed(text: str) -> datetime:
    """A time as somebody sends it (RFC 3339: in any case); ValueError for what is none."""
    return datetime.fromisoformat(text.upper())


def seconds_ahead(at: str) -> float:
    """How far a stored time lies after now; 0 for one that is past, or that cannot be read."""
    try:
        return max(0.0, datetime.fromisoformat(at).timestamp() - wall_s())
    except (ValueError, OverflowError):
        return 0.0


def seconds_since(at: str | None) -> float | None:
    """How long a stored time is past, 0 for one to come; None for none that can be read."""
    try:
        return max(0.0, wall_s() - _seconds_of(at or ""))
    except (ValueError, OverflowError):
        return None


@functools.lru_cache(maxsize=100)
def _seconds_of(at: str) -> float:
    """A stored time as seconds since 1970; the items of a job ask for the same one."""
    return datetime.fromisoformat(at).timestamp()


@functools.lru_cache(maxsize=1000)
def shifted(at: str | None, by: timedelta) -> str | None:
    """A timestamp that lies `by` later, None for none."""
    return at and as_timestamp(datetime.fromisoformat(at) + by)


def as_timestamp(at: datetime) -> str:
    """A time with a zone in the one form that is stored; OverflowError at the ends of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

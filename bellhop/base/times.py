"""Times as they are stored and shown: RFC 3339, UTC, microseconds; so they sort as text."""

from __future__ import annotations

import functools
import time
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """What the wall clock says, in UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def timestamp(after_s: float = 0) -> str:
    """The time `after_s` seconds from now as RFC 3339, UTC, microseconds; it sorts as text."""
    return as_timestamp(now() + timedelta(seconds=after_s))


def parsed(text: str) -> datetime:
    """A time as somebody sends it (RFC 3339: in any case); ValueError for what is none."""
    return datetime.fromisoformat(text.upper())


def seconds_ahead(at: str) -> float:
    """How far a stored time lies after now; 0 for one that is past, or that cannot be read."""
    try:
        return max(0.0, datetime.fromisoformat(at).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def seconds_since(at: str | None) -> float | None:
    """How long a stored time is past, 0 for one to come; None for none that can be read."""
    try:
        return max(0.0, time.time() - _seconds_of(at or ""))
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

"""Times as they are stored and shown: RFC 3339, UTC, microseconds; so they sort as text."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta


def timestamp(after_s: float = 0) -> str:
    """The time `after_s` seconds from now as RFC 3339, UTC, microseconds; it sorts as text."""
    return as_timestamp(datetime.now(UTC) + timedelta(seconds=after_s))


@functools.lru_cache(maxsize=1000)
def shifted(at: str | None, by: timedelta) -> str | None:
    """A timestamp that lies `by` later, None for none."""
    return at and as_timestamp(datetime.fromisoformat(at) + by)


def as_timestamp(at: datetime) -> str:
    """A time with a zone in the one form that is stored; OverflowError at the ends of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

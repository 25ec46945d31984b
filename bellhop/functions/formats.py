"""Texts that stand for other things: each format of JSON Schema, and the object it is read as.

JSON has no dates, lengths of time or exact numbers; they are texts with one of these formats (JSON
Schema 2020-12, section 7.3; `decimal` is ours).
"""

from __future__ import annotations

import datetime
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

# ISO 8601: PT1H30M, P2DT12H; weeks are seven days, and nothing longer has one length.
DURATION = re.compile(
    r"([+-]?)P(?=.)(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?=.)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UNITS_S = (604800, 86400, 3600, 60, 1)
# As Python prints one: 2 days, 1:30:00.
CLOCK = re.compile(r"(-?)(?:(\d+) days?, )?(\d+):([0-5]?\d)(?::([0-5]?\d(?:\.\d+)?))?")


def date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def moment(text: str) -> datetime.datetime:
    """A time with its zone; without one, it is of the zone of this machine."""
    found = datetime.datetime.fromisoformat(text)
    return found if found.tzinfo else found.astimezone()


def time(text: str) -> datetime.time:
    return datetime.time.fromisoformat(text)


def duration(text: str | float) -> datetime.timedelta:
    """A length of time: ISO 8601, hours:minutes:seconds, or a number of seconds."""
    try:
        return datetime.timedelta(seconds=float(text))
    except ValueError:
        text = str(text).strip()
    if found := DURATION.fullmatch(text):
        parts = zip(found.groups()[1:], UNITS_S, strict=True)
        seconds = sum(float(part) * unit for part, unit in parts if part)
    elif found := CLOCK.fullmatch(text):
        days, hours, minutes, rest = (float(part or 0) for part in found.groups()[1:])
        seconds = days * 86400 + hours * 3600 + minutes * 60 + rest
    else:
        raise ValueError(f"{text!r} is not a length of time")
    return datetime.timedelta(seconds=-seconds if found[1] == "-" else seconds)


def decimal(text: str | float) -> Decimal:
    try:
        found = Decimal(str(text))
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None
    if not found.is_finite():
        raise ValueError("it must be finite")
    return found


def identifier(text: str) -> str:
    """The text of a UUID, which only a type that imports uuid makes an object of."""
    if not UUID.fullmatch(text):
        raise ValueError(f"{text!r} is not a UUID")
    return text


READERS: Mapping[str, Callable[[Any], Any]] = {
    "date": date,
    "date-time": moment,
    "time": time,
    "duration": duration,
    "decimal": decimal,
    "uuid": identifier,
}
# The bounds of what such a text stands for: what holds of a value and its bound, and in words.
BOUNDS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "formatMinimum": (operator.ge, "at least"),
    "formatExclusiveMinimum": (operator.gt, "more than"),
    "formatMaximum": (operator.le, "at most"),
    "formatExclusiveMaximum": (operator.lt, "less than"),
}
EXAMPLES = {
    "date": "a date like 2030-01-31",
    "date-time": "a time like 2030-01-31T09:00:00+01:00",
    "time": "a time of day like 09:30",
    "duration": "a length of time like PT1H30M, 1:30:00 or 90 (seconds)",
    "decimal": "a number like 12.50",
    "uuid": "a UUID like 7d444840-9dc0-11d1-b245-5ffdce74fad2",
}


def is_one(name: str, text: Any) -> bool:
    """Whether a text has this format; of those that stand for no other object, any text has."""
    if name not in READERS:
        return isinstance(text, str)
    try:
        READERS[name](text)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return False
    return True


def written(value: Any) -> str:
    """An object of one of the formats as its text."""
    return _as_duration(value) if isinstance(value, datetime.timedelta) else _as_text(value)


def _as_duration(value: datetime.timedelta) -> str:
    """A length of time in hours, minutes and seconds, as ISO 8601 writes it."""
    seconds = abs(value.total_seconds())
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(f"{hours:.0f}", "H"), (f"{minutes:.0f}", "M")]
    parts.append((f"{seconds:.6f}".rstrip("0").rstrip("."), "S"))
    text = "".join(number + unit for number, unit in parts if number != "0")
    return f"{'-' if value < datetime.timedelta() else ''}PT{text or '0S'}"


def _as_text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)

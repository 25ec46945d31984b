"""What the records of the log are about: the request or the item that a thread works on.

Whoever begins such work says so once, and each record of it, of whatever module, tells.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

Fields = Mapping[str, object]
_current: ContextVar[Fields] = ContextVar("about", default={})  # noqa: B039, nobody changes it
# The attribute of a record that is about something else than its thread.
OWN = "about"


def begin(fields: Fields) -> None:
    """From now on, this thread works on something else."""
    _current.set(fields)


def end() -> None:
    """From now on, this thread works on nothing."""
    _current.set({})


@contextlib.contextmanager
def about(fields: Fields) -> Iterator[None]:
    """Work on this meanwhile, beside what the thread works on."""
    token = _current.set({**_current.get(), **fields})
    try:
        yield
    finally:
        _current.reset(token)


def extra(fields: Fields) -> dict[str, Any]:
    """For `extra=` of one record: it is about this, whatever its thread works on."""
    return {OWN: fields}


def fields_of(record: logging.LogRecord) -> Fields:
    """What a record is about; in the thread that made it."""
    own: Fields = getattr(record, OWN, {})
    return {**_current.get(), **own}

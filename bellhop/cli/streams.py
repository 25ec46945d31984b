"""Standard input, output and errors of a command, whatever they are.

A terminal may know fewer characters than a name has, nobody may read, the disk may be full, and
whoever starts a service may have closed all three.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

from bellhop.base.errors import said_of

log = logging.getLogger("bellhop.supervisor")


def settle() -> None:
    """Before anything is opened or printed: no file may get the number of a closed stream."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="escaped")


@contextlib.contextmanager
def written() -> Iterator[None]:
    """What the block prints is written at its end; OSError when it cannot be."""
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except OSError:
            discard()
            raise


def say(line: str) -> None:
    """Print a line; that nobody can read it stops nothing."""
    try:
        print(line, flush=True)
    except OSError as error:
        log.warning("standard output cannot be written: %s", said_of(error))
        discard()


def discard() -> None:
    """Print nothing more: Python must not try at its end to write what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def say_errors() -> None:
    """Write to standard error at once; that nobody can read it changes no outcome."""
    raw = _Unheard(2, "w", closefd=False)
    sys.stderr = io.TextIOWrapper(raw, errors="backslashreplace", write_through=True)


class _Unheard(io.FileIO):
    def write(self, data: Any) -> int:
        with contextlib.suppress(OSError):
            return super().write(data)
        return len(data)


def _escape(error: UnicodeError) -> tuple[str, int]:
    """A character that a terminal does not know, as in JSON, so that JSON stays JSON."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("escaped", _escape)

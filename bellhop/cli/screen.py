"""Standard error while something runs: how far it is, and what it prints.

On a terminal the progress is one line, drawn anew below what was printed; elsewhere each step is a
line of its own.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator

from bellhop.base.texts import shown, shown_json, shown_lines

BAR_WIDTH = 30
SHOWN_CHARACTERS = 100
LINE_EVERY_S, BAR_EVERY_S = 5.0, 0.2
CLEAR = "\r\x1b[K"


def bar(percent: int, what: str) -> str:
    """One line that shows `percent` and what happens."""
    filled = "#" * (percent * BAR_WIDTH // 100)
    return f"[{filled:<{BAR_WIDTH}}] {percent:>3}% {what}"[:SHOWN_CHARACTERS]


class Screen:
    """The standard error of one command; `name` is what it says the progress of, if anything."""

    def __init__(self, name: str = ""):
        self._name = f"{shown(name)}: " if name else ""
        self._is_terminal = sys.stderr.isatty()
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._line = ""
        self._is_open = False

    def progress(self, percent: int, step: str) -> None:
        what = f"{self._name}{shown(step)}"
        if not self._is_terminal:
            return _write(f"{percent:>3}% {what}\n")
        end = "\n" if self._is_open else ""  # what was printed has none
        self._line, self._is_open = bar(percent, what), False
        return _write(f"{end}{CLEAR}{self._line}")

    def partial(self, data: str) -> None:
        """Show a partial result, which is JSON text."""
        self._above(("\n" if self._is_open else "") + shown_json(json.loads(data)) + "\n")

    def printed(self, chunk: bytes) -> None:
        """Show a part of what was printed, which may end anywhere."""
        self._above(shown_lines(self._decoder.decode(chunk)))

    def _above(self, text: str) -> None:
        """Write a text, and the progress below it once that can stand on a line of its own."""
        self._is_open = not text.endswith("\n")
        line = "" if self._is_open else self._line
        _write(f"{CLEAR if self._line else ''}{text}{line}")
        self._line = line

    def close(self) -> None:
        """Leave the terminal as it was, at the beginning of a line."""
        if self._line or self._is_open:
            _write(CLEAR if self._line else "\n")
        self._line, self._is_open = "", False


@contextlib.contextmanager
def told() -> Iterator[Callable[[str, int, int], None]]:
    """What shows now and then what a command does, and how much of how much is done."""
    every_s = BAR_EVERY_S if sys.stderr.isatty() else LINE_EVERY_S
    told_at = 0.0

    def tell(what: str, done: int, of: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at > every_s:
            told_at = time.monotonic()
            screen.progress(100 * done // max(of, 1), what)

    with contextlib.closing(Screen()) as screen:
        yield tell


def _write(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)

"""What a question of `check` is, and how it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from bellhop.base.program import TYPED
from bellhop.client import Bellhop, NoAnswer

RESTART = f"restart Bellhop: {TYPED} restart"
T = TypeVar("T")
LOOK_AT_LOG = "look at the log of Bellhop"


class Failed(Exception):
    """A question has bad answers, a text each; and `warnings` beside them."""

    def __init__(self, *wrong: str, warnings: Sequence[str] = ()):
        super().__init__(*wrong)
        self.warnings = warnings


class Asked(Bellhop):
    """The Bellhop that is checked; once it did not answer, no other question waits for it."""

    _silence: NoAnswer | None = None

    def _patiently(self, ask: Callable[[], T]) -> T:
        if self._silence:
            raise self._silence
        try:
            return super()._patiently(ask)
        except NoAnswer as silence:
            self._silence = silence
            raise


class Question(NamedTuple):
    """`ask` returns what it found, and then warnings; it raises `Failed` where something is wrong.

    So does every other error with one line for whoever runs Bellhop. A warning or a bad answer
    names after its last semicolon what mends it; where it names nothing, that is `mend`.
    """

    name: str
    ask: Callable[[], Sequence[str]]
    mend: str

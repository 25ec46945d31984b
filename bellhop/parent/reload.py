"""One reload: web and consumer take the same other settings, one after the other, or none does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

from bellhop.machines.shared import is_shared
from bellhop.parent.answers import Answer
from bellhop.parent.halves import Child
from bellhop.reloading import taking
from bellhop.reloading.handed import Handed
from bellhop.settings import configuration
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.system import proctree

# What a half has to take other settings, also one that is on its way up.
LIMIT_S = 15.0
STAY = "the settings stay as they were"
OF_HOME = "not changed, as the home says it"


class Reload:
    """One that is under way; the parent calls `look` whenever something has happened.

    The first half, which is the web at the home, may refuse, and then nothing has changed. Only
    once it has taken the settings, they hold: for the parent, and for whatever starts from then on.
    """

    def __init__(self, running: Settings, here: Installation, handed: Handed, halves: list[Child]):
        """`halves` in the order in which they take them. StartRefused of a file with a mistake."""
        # Where there was a file, none is a mistake: an editor may be about to write it.
        self._read = configuration.load(running.config_path if running.text else None)
        self._running, self._here, self._handed = running, here, handed
        self._first, self._left = halves[0], halves
        self._number = 0
        self._said: list[str] = []
        self._problems: list[str] = []
        self._turn()

    def wait_s(self) -> float:
        """For how long it may wait for a half."""
        return max(0.0, self._until - time.monotonic())

    def look(self) -> Answer | None:
        """Go on as far as it can; what came of it, once it has ended."""
        while self._left:
            half = self._left[0]
            if (problem := self._problem(half)) is None:
                return None
            if half is self._first and problem:
                return self._withdraw(half, problem)
            if half is self._first:
                self._hold()
            elif problem:
                self._problems.append(f"{half.name} {problem}")
            self._left = self._left[1:]
            self._turn()
        return Answer(not self._problems, [*self._said, *self._problems, *self._not_told()])

    def _turn(self) -> None:
        """Begin with the next half."""
        self._told: int | None = None
        self._until = time.monotonic() + LIMIT_S

    def _problem(self, half: Child) -> str | None:
        """Why a half has not taken them, "" where it has; None while that is not known."""
        pid = half.process.pid if half.process else None
        if self._told is None and pid is None and half is not self._first:
            return ""  # it starts with what holds
        if self._told is None:
            if half.is_ready:
                self._told = pid
                self._tell(half)
        elif pid != self._told:
            return "has ended; the log says why" if half is self._first else ""
        elif half.heard[0] == self._number:
            reason = half.heard[1]
            return reason and f"refuses: {reason}"
        return None if self.wait_s() else f"did not answer within {LIMIT_S:g} seconds"

    def _tell(self, half: Child) -> None:
        if half is self._first:
            self._number = self._handed.ask(self._read.text)
        half.signal(signal.SIGHUP)

    def _hold(self) -> None:
        """What the first half has taken holds from now on."""
        self._handed.hold()
        found = taking.changes(self._running, self._read)
        self._said = [self._line(change) for change in found] or ["no setting is other than it was"]
        taking.become(self._running, taking.taken(self._running, self._read))

    def _line(self, change: taking.Change) -> str:
        is_of_home = not self._here.is_home and is_shared(change.section, change.key)
        return f"{OF_HOME if is_of_home else change.outcome}: {change.name}"

    def _not_told(self) -> Iterator[str]:
        """The processes of these data that this parent has not started."""
        ours = os.getpid()
        known = {ours, *proctree.descendants(ours)}
        for pid in sorted(proctree.holding(self._here.folder / "alive.lock") - known):
            said = f"process {pid} ({proctree.name(pid)}), which was started separately"
            yield f"not told: {said}; type kill -HUP {pid}"

    def _withdraw(self, half: Child, problem: str) -> Answer:
        self._handed.withdraw()
        if half.is_ready and self._told is not None:
            half.signal(signal.SIGHUP)  # one that is only slow goes back
        return Answer(False, [f"{STAY}: {half.name} {problem}"])

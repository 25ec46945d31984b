"""One file of job types being described by a child in a session of its own.

Its code is confined as any of a job type is, and as if others shared Bellhop: what it could reach
now would be reached before anybody knows what it is.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, NamedTuple

from bellhop.base import program
from bellhop.base.texts import shown
from bellhop.catalog import defaults, description, sources
from bellhop.catalog.description import DescribedFile, Description, unknown_type
from bellhop.catalog.typefiles import Stamp
from bellhop.settings.settings import Settings
from bellhop.stores.folders import remove_tree
from bellhop.system import confine, signals
from bellhop.system.children import Child, clean_environment, ending

# How the reason of a file begins whose child said nothing: another time it may have time or memory.
NO_ANSWER = "Bellhop could not load it"
log = logging.getLogger("bellhop.catalog")


class Surroundings(NamedTuple):
    """The environment that a file is described in: its name, what lies in it, its interpreter."""

    name: str | None = None
    built: str = ""
    python: str | None = None


class Inquiry:
    """What a file of job types says of them, until its child has answered or is out of time."""

    def __init__(
        self, path: str, stamp: Stamp, settings: Settings, home: Path, surroundings: Surroundings
    ):
        """`home` is a folder of its own, which is removed afterwards."""
        self.path, self.stamp, self._home = path, stamp, home
        self._surroundings = surroundings
        self._limit_s = sources.limit_s(Path(path)) or settings.jobtypes.describe_timeout_s
        self._began = time.monotonic()
        self._is_overdue = False
        # Neither this file nor another can grow beyond the limit of the bounds.
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - read by `answer`
        bounds = confine.bounds_to_describe(settings, self._home)
        self._child = Child(
            [*program.command(surroundings.python), "describe", path, bounds.argument()],
            stdin=subprocess.PIPE,  # its guard: it ends when this process does
            stdout=self._said,
            stderr=subprocess.DEVNULL,
            env=clean_environment(home, is_apart=surroundings.python is not None),
        )

    def age_s(self) -> float:
        return time.monotonic() - self._began

    def has_ended(self) -> bool:
        self._is_overdue = self.age_s() > self._limit_s
        if not (self._child.has_ended() or self._is_overdue):
            return False
        self._end()
        return True

    def drop(self) -> None:
        """End it before it has answered."""
        self._end()
        self._said.close()

    def _end(self) -> None:
        if not self._child.end():
            log.error("reading %s does not end: the kernel is blocking it", self.path)
        assert self._child.stdin is not None
        self._child.stdin.close()
        remove_tree(self._home)

    def was_disturbed(self) -> bool:
        """Whether it was asked to stop, or had too little time: others may be the cause."""
        return self._is_overdue or -self._child.returncode in signals.STOPS

    def so_far(self) -> DescribedFile:
        """The entry of a file of which nothing is known yet."""
        said = f"Bellhop is reading its file, for {self._limit_s:g} seconds at most"
        return DescribedFile((self._unknown(),), said)

    def answer(self, before: DescribedFile | None) -> DescribedFile:
        """The file's entry; a file that broke keeps the names it had `before`."""
        self._said.seek(0)
        with self._said as said:
            text = said.read(description.MOST_BYTES + 1)
        try:
            if not text:
                raise ValueError(f"{NO_ANSWER} ({self._why()})")
            found = defaults.judged(description.said_in(text))
        except ValueError as error:
            reason = f"its description is not valid: {error}" if text else str(error)
            found = DescribedFile((), description.as_text(reason))
        if found.error:
            known = before.types if before else ()
            found = replace(found, types=known or (self._unknown(),))
        types = tuple(map(self._with_packages, found.types))
        return replace(found, types=types, stamp=self.stamp, environment=self._surroundings.name)

    def _with_packages(self, described: Description) -> Description:
        """The type, whose code is also what lies in its environment."""
        built = self._surroundings.built
        if not (built and described.code):
            return described
        code = hashlib.sha256(f"{described.code} {built}".encode()).hexdigest()
        return replace(described, code=code)

    def _unknown(self) -> Description:
        return unknown_type(shown(Path(self.path).stem))

    def _why(self) -> str:
        if self._is_overdue:
            return (
                f"it took more than {self._limit_s:g} seconds; if its imports need longer, write "
                f"{sources.LIMIT}=60 into its decorator"
            )
        return ending(self._child.returncode)

"""The environments of types that name packages of their own: which there are, and building one.

An environment is for all types with equal headers, and known by a hash of what they ask for and of
the Python. It is a virtual environment under `DATA/environments/HASH`, made in its place, as the
scripts in it name that; it counts once the file `built.json` lies in it, which is written last. One
is built at a time, by a child that is confined to its folder (jobprocess/building.py) and runs uv,
or venv and pip where there is no uv.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bellhop.environments.build import BUILT, Build, Refused, remove
from bellhop.environments.header import Needs
from bellhop.settings.settings import Settings
from bellhop.system import proctree
from bellhop.system.locks import take_lock

LOCK = "lock"
RETRY_S, GRACE_S = 600.0, 3600.0


@dataclass(frozen=True)
class Environment:
    """What there is of an environment: `built` names what lies in it, else `reason` says why not.

    `is_pending`: it is being built, or will be.
    """

    key: str
    built: str = ""
    reason: str | None = None
    is_pending: bool = False

    @property
    def token(self) -> str:
        """What changes with all that a type can see of it."""
        return f"{self.key} {self.built or self.reason}"


class Environments:
    """The environments of one data folder; only who calls `begin` builds any."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._folder = settings.data_dir / "environments"
        self._wanted: dict[str, Needs] = {}
        self._failed: dict[str, tuple[str, float]] = {}
        self._unused_since: dict[str, float] = {}
        self._build: Build | None = None

    def python(self, key: str) -> str:
        """The path of the interpreter of an environment."""
        return str(self._folder / key / "bin" / "python")

    def of(self, needs: Needs) -> Environment:
        """What there is for a type with these needs; `begin` builds what is missing."""
        key = _key(needs)
        self._wanted[key] = needs
        if built := self._built(key):
            return Environment(key, built)
        reason, failed_at = self._failed.get(key, (None, 0.0))
        if reason and time.monotonic() - failed_at < RETRY_S:
            return Environment(key, reason=reason)
        if self._build and self._build.key == key:
            return Environment(key, reason=self._build.progress(), is_pending=True)
        waits = "installing: Bellhop installs the packages of another type first"
        return Environment(key, reason=waits, is_pending=True)

    def finish(self) -> None:
        """Take note of the build that has ended, and forget what types asked for before."""
        self._wanted = {}
        if self._build and self._build.has_ended():
            if reason := self._build.why_not():
                self._failed[self._build.key] = reason, time.monotonic()
            self._build = None

    def begin(self) -> bool:
        """Begin the next build that types ask for; whether there is any. Never waits."""
        for key, needs in self._wanted.items():
            if self._build is None and self.of(needs).is_pending:
                self._begin(key, needs)
        return self._build is not None

    def drop(self) -> None:
        """End the build there is."""
        if self._build:
            self._build.drop()
            self._build = None

    def _begin(self, key: str, needs: Needs) -> None:
        for path in (self._settings.data_dir, self._folder):  # `try` may be the first to come
            os.makedirs(path, 0o700, exist_ok=True)
        lock = take_lock(self._folder / LOCK, fcntl.LOCK_EX, wait_s=0)
        if lock is None:
            return  # another process builds
        if self._built(key):
            os.close(lock)
            return
        try:
            self._build = Build(self._settings, self._folder, key, needs, lock)
        except Refused as refusal:
            os.close(lock)
            self._failed[key] = str(refusal), time.monotonic()

    def _built(self, key: str) -> str:
        place = self._folder / key
        with contextlib.suppress(OSError):
            if os.path.exists(self.python(key)):
                return hashlib.sha256((place / BUILT).read_bytes()).hexdigest()
        return ""

    def tidy(self) -> None:
        """Remove what no type asks for any more, and no process runs on."""
        now = time.monotonic()
        unused = (
            _names(self._folder) - self._wanted.keys() - {self._build.key if self._build else ""}
        )
        self._unused_since = {key: self._unused_since.get(key, now) for key in unused}
        for key, since in self._unused_since.items():
            if now - since > GRACE_S and not proctree.runs_below(self._folder / key):
                remove(self._folder, key)


def _key(needs: Needs) -> str:
    """What names an environment: what it is asked for, and the Python that it is made of."""
    python = [sys.version, os.path.realpath(sys.executable)]
    asked = json.dumps([needs.dependencies, needs.requires_python, python])
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


def _names(folder: Path) -> set[str]:
    """The keys of all environments of which anything lies there."""
    with contextlib.suppress(FileNotFoundError):
        return {name.partition(".")[0] for name in os.listdir(folder)} - {LOCK}
    return set()

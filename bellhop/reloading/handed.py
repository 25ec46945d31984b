"""The settings that a parent hands to its processes, so that none of them reads another file.

They lie in memory, of which each process has the descriptor. A process makes the same settings of
them whenever it starts, whatever config.ini says by then.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bellhop.reloading import taking
from bellhop.settings import configuration
from bellhop.settings.settings import Settings

# What a half tells its parent, a line each: that it is ready, and what came of a reload.
READY = "r"
MOST_REASON = 1000
_given: list[Settings] = []


class Texts(NamedTuple):
    """The texts of config.ini: of the start, that holds now, and that is asked for by a reload."""

    path: str
    began: str
    now: str
    asked: str
    number: int = 0

    def settings(self, text: str) -> Settings:
        return configuration.of_text(Path(self.path), text)


class Asked(NamedTuple):
    """What a process is asked to take, by the number of the reload; StartRefused of a mistake."""

    number: int
    settings: Callable[[], Settings]


class Handed:
    """The side of the parent; `descriptor` is for its processes."""

    def __init__(self, running: Settings):
        self.descriptor = os.memfd_create("settings")
        text = running.text
        self._write(Texts(str(running.config_path), text, text, text))

    def ask(self, text: str) -> int:
        """Let who is told read this text; who starts reads what holds. The number of it."""
        number = self._texts.number + 1
        self._write(self._texts._replace(asked=text, number=number))
        return number

    def hold(self) -> None:
        """What is asked for holds from now on."""
        self._write(self._texts._replace(now=self._texts.asked))

    def withdraw(self) -> None:
        """What held goes on to hold, also for who is told."""
        self.ask(self._texts.now)

    def _write(self, texts: Texts) -> None:
        self._texts = texts
        with _locked(self.descriptor, fcntl.LOCK_EX):
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, json.dumps(texts).encode(), 0)


def begun(descriptor: int | None = None) -> Settings:
    """The settings of a process that starts; without a parent those of now.

    Without a descriptor, also for a door that is imported later, what the process was given before.
    """
    if descriptor is None:
        return _given[0] if _given else configuration.load()
    os.set_inheritable(descriptor, False)
    texts = _read(descriptor)
    began = texts.settings(texts.began)
    is_same = texts.now == texts.began
    _given[:] = [began if is_same else taking.taken(began, texts.settings(texts.now))]
    return _given[0]


def is_handed(settings: Settings) -> bool:
    """Whether a parent gave these to this process, which has read no file."""
    return any(given is settings for given in _given)


def asked(descriptor: int | None) -> Asked:
    """What a process shall take that was told so; without a parent what it reads itself."""
    if descriptor is None:
        return Asked(0, configuration.load)
    texts = _read(descriptor)
    return Asked(texts.number, partial(texts.settings, texts.asked))


def tell(descriptor: int | None, number: int, reason: str) -> None:
    """Tell the parent, if there is one, that this process took what it was asked to, or why not."""
    if descriptor is not None:
        line = " ".join([str(number), *reason.split()])[:MOST_REASON]
        os.write(descriptor, f"{line}\n".encode())


def _read(descriptor: int) -> Texts:
    with _locked(descriptor, fcntl.LOCK_SH):
        return Texts(*json.loads(os.pread(descriptor, os.fstat(descriptor).st_size, 0)))


@contextmanager
def _locked(descriptor: int, kind: int) -> Iterator[None]:
    """A lock of the process, as parent and child have the descriptor in common."""
    fcntl.lockf(descriptor, kind)
    try:
        yield
    finally:
        fcntl.lockf(descriptor, fcntl.LOCK_UN)

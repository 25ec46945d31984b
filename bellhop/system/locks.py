"""Locks that the kernel drops however their holder dies: flock(2) on files."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from bellhop.base.errors import StartRefused

PREDECESSOR_WAIT_S = 5.0
POLL_S = 0.05
_held_for_life: dict[Path, int] = {}


def take_lock(path: Path, mode: int, wait_s: float = PREDECESSOR_WAIT_S) -> int | None:
    """A descriptor that holds `flock(mode)` on `path`, or None after `wait_s` seconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait_s
    try:
        while not _lock(descriptor, mode, path):
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(POLL_S)
    except StartRefused:
        os.close(descriptor)
        raise
    return descriptor


def _lock(descriptor: int, mode: int, path: Path) -> bool:
    """Whether `flock(mode)` could be had at once; StartRefused where files have no locks."""
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise StartRefused(
            f"{path} cannot be locked: {error.strerror}; put the data folder on a local disk"
        ) from None
    return True


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path` for the length of a block, whoever else wants it."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def hold_for_life(path: Path, mode: int, refusal: str) -> int:
    """Hold a lock until this process ends, however it ends; StartRefused if taken."""
    descriptor = take_lock(path, mode)
    if descriptor is None:
        raise StartRefused(refusal)
    _held_for_life[path] = descriptor
    return descriptor


def let_go(path: Path) -> None:
    """Hold no more what was to be held for life."""
    os.close(_held_for_life.pop(path))


def keep_for_life(path: Path, descriptor: int) -> int:
    """Go on holding a lock that the program before has taken in this process."""
    os.set_inheritable(descriptor, False)
    if not os.path.samestat(os.fstat(descriptor), path.stat()):
        raise StartRefused(f"{path} was replaced while Bellhop ran; stop it, and start it again")
    _held_for_life[path] = descriptor
    return descriptor


def is_held(path: Path) -> bool:
    """Whether a living process holds the exclusive lock on `path`."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _lock(descriptor, fcntl.LOCK_SH, path)
    finally:
        os.close(descriptor)

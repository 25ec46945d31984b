"""Disks of their own for the tests: small file systems that are mounted for one test."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.database.database import database

# How a folder comes to lie on another disk.
WAYS = ("mount", "link")


def sync_nothing() -> None:
    """Let this process not wait for the disk of the database that it has bound: no power fails."""
    with database.connection_context():
        database.pragma("synchronous", 0, permanent=True)


@contextlib.contextmanager
def disk_at(folder: Path, size_mb: int = 40) -> Iterator[Path]:
    """A disk of its own at `folder`, which is made; where this user may mount none, no test."""
    folder.mkdir(parents=True, exist_ok=True)
    with _mount("-t", "tmpfs", "-o", f"size={size_mb}m,mode=700", "tmpfs", str(folder)):
        yield folder


@contextlib.contextmanager
def mounted(source: Path, folder: Path) -> Iterator[Path]:
    """Let `folder` be the folder `source` as well."""
    with _mount("--bind", str(source), str(folder)):
        yield folder


@contextlib.contextmanager
def _mount(*options: str) -> Iterator[None]:
    done = subprocess.run(["mount", *options], capture_output=True, text=True)
    if done.returncode:
        assert "CI" not in os.environ, done.stderr
        pytest.skip(f"a disk of its own cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", options[-1]], check=True)


@contextlib.contextmanager
def elsewhere(folder: Path, way: str, size_mb: int = 40) -> Iterator[Path]:
    """Let `folder` be on another disk: one that is mounted there, or one that a link leads to."""
    if way == "mount":
        with disk_at(folder, size_mb):
            yield folder
        return
    with disk_at(folder.parent.parent / f"disk-of-{folder.name}", size_mb) as disk:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(disk)
        yield folder


def free_bytes(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def fill(folder: Path, leave: int = 0) -> Callable[[], None]:
    """Leave `leave` bytes of the disk of a folder; what gives the rest back."""
    ballast = folder / "ballast"
    with ballast.open("ab") as file, contextlib.suppress(OSError):
        while (free := free_bytes(folder)) > leave:
            file.write(b"x" * min(1 << 20, max(1, free - leave)))
            file.flush()
    return ballast.unlink

"""Groups of processes that no member can leave, where the kernel lets this process make them.

A control group (cgroups(7), version 2) tells exactly who is in it, whatever sessions and parents
its members have, and ends all of them at once, faster than any of them forks. It needs a folder
that this user may write: root's, or one that systemd or a container has delegated. Elsewhere
there are no groups. They cannot limit memory: a group with processes of its own, as that of this
process is, may not hand on that controller.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
from pathlib import Path

from bellhop.system import proctree

_numbers = itertools.count()


class Group:
    """A group for the process `pid`, and all that it starts from now on; OSError without rights."""

    def __init__(self, home: Path, pid: int):
        self._folder = home / f"{_prefix()}{os.getpid()}.{next(_numbers)}"
        self._folder.mkdir()
        try:
            (self._folder / "cgroup.procs").write_text(str(pid))
            (self._folder / "cgroup.kill").stat()  # older kernels have groups without it
        except OSError:
            self.remove()
            raise

    def members(self) -> set[int]:
        """Pids of what lives in it."""
        try:
            return set(map(int, proctree.read(f"{self._folder}/cgroup.procs").split()))
        except OSError:
            return set()  # it was removed

    def kill(self) -> None:
        """Kill all that is in it, at once."""
        with contextlib.suppress(OSError):
            _kill(self._folder)

    def remove(self) -> None:
        """Remove it, once nothing lives in it."""
        with contextlib.suppress(OSError):
            self._folder.rmdir()


def of(pid: int) -> Group | None:
    """A group of its own for a process; None where there are none."""
    with contextlib.suppress(OSError):
        if home := _home():
            return Group(home, pid)
    return None


def _prefix() -> str:
    """How the names of groups begin whose pids mean here what they meant to who made them."""
    return f"bellhop.{os.stat('/proc/self/ns/pid').st_ino}."  # pid_namespaces(7)


@functools.cache
def _home() -> Path | None:
    """The group that this process is in; what dead processes left there ends."""
    home = _own_folder()
    for left in home.glob(f"{_prefix()}*.*") if home else ():
        if not Path("/proc", left.name.split(".")[2]).exists():
            with contextlib.suppress(OSError):
                _kill(left)
                left.rmdir()
    return home


def _own_folder() -> Path | None:
    """Where the group of this process lies: proc_pid_cgroup(5) below a mount of its hierarchy."""
    with contextlib.suppress(OSError, ValueError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = next((line[3:] for line in lines if line.startswith("0::")), None)
        for mount in Path("/proc/self/mountinfo").read_text().splitlines():
            _, _, _, root, place, *_ = mount.split()
            if own and " - cgroup2 " in mount:
                return Path(place) / Path(own).relative_to(root)
    return None


def _kill(folder: Path) -> None:
    (folder / "cgroup.kill").write_text("1")

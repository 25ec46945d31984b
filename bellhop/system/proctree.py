"""What /proc tells of a process and what it started (proc(5)); where there is none, nothing."""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import sys
from collections.abc import Iterable

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def adopt_orphans() -> None:
    """Become the parent of what the descendants of this process leave behind; Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid: int) -> list[int]:
    """Pids of what `pid` started itself, or adopted."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb", buffering=0) as file:
                found += map(int, file.read().split())
    return found


def descendants(pid: int) -> list[int]:
    """Pids of all that `pid` started, children before grandchildren."""
    found = children(pid)
    for child in found:  # which grows meanwhile
        found += children(child)
    return found


def memory_bytes(pids: Iterable[int]) -> int:
    """What these processes hold together; pages that several share count once."""
    total_kb = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as file:
            total_kb += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total_kb * 1024


def lives(pid: int) -> bool:
    """Whether a process runs; what is dead and not yet reaped does not."""
    return _state_and_group(f"/proc/{pid}/stat")[0] not in "ZX"


def group_lives(group: int) -> bool:
    """Whether a process of this group still runs."""
    found = map(_state_and_group, glob.glob("/proc/[0-9]*/stat"))
    return any(of_group == group and state not in "ZX" for state, of_group in found)


def _state_and_group(path: str) -> tuple[str, int]:
    """The state of a process and its group, of its file `stat`; of one that is gone, "X" and 0."""
    with contextlib.suppress(OSError), open(path) as file:
        # After the name, which may hold anything: state, parent, group.
        state, _, group = file.read().rpartition(")")[2].split()[:3]
        return state, int(group)
    return "X", 0

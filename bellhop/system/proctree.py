"""What /proc tells of a process and what it started (proc(5)); where there is none, nothing."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterable


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


def any_lives(group: int, others: Iterable[int]) -> bool:
    """Whether a process of this group, or one of `others`, still runs.

    What is dead and not yet reaped does not: in a container nobody may ever reap it.
    """
    wanted = set(others)
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(path) as file:
            # After the name, which may hold anything: state, parent, group.
            number, _, rest = file.read().partition(" ")
            state, _, of_group = rest.rpartition(")")[2].split()[:3]
            if (int(of_group) == group or int(number) in wanted) and state not in "ZX":
                return True
    return False

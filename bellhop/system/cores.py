"""Which cores of the machine a process runs on.

Threads of Python take turns, and do so twice as fast where they share a core and its caches. So a
web and a consumer keep to a core each, as long as there are cores that no other Bellhop of this
machine keeps to: two on one core would be slower than on any.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Sequence

# Of the address that stands for a core; see `_take`.
ADDRESS = "\0bellhop-core-"
_held: list[socket.socket] = []
# Those that this process was given, once it keeps to one of them.
_given: list[int] = []


def given() -> list[int]:
    """The cores that this process was started with, lowest first; none where nobody says."""
    return _given or (sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [])


def run_on(cores: Sequence[int]) -> None:
    """Run on these cores alone from now on, with every thread and child started later."""
    if cores:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)


def keep_to_one(*, from_last: bool = False) -> int | None:
    """Keep to the first core, or the last, that no other Bellhop keeps to, until this process ends.

    None, and nothing changes, where all are taken or there is only one.
    """
    cores = given()
    for core in sorted(cores, reverse=from_last) if len(cores) > 1 else []:
        if _take(core):
            _given[:] = cores
            run_on([core])
            return core
    return None


def _take(core: int) -> bool:
    """Whether this process is the one that keeps to a core.

    An abstract address is a lock of the whole machine that needs no file and no rights, and that
    the kernel drops with its holder (unix(7)).
    """
    with contextlib.ExitStack() as unless_taken, contextlib.suppress(OSError):
        # Some systems have no local sockets.
        claim = unless_taken.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        claim.bind(f"{ADDRESS}{core}")
        unless_taken.pop_all()
        _held.append(claim)
        return True
    return False

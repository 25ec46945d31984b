"""The user who is not root, for whom rights mean something."""

from __future__ import annotations

import os
from collections.abc import Callable

NOBODY = 65534


def as_nobody(action: Callable[[], bool]) -> bool:
    """What `action` says in a process of a user who is not root."""

    def as_them() -> bool:
        if os.geteuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        return action()

    return in_a_process(as_them)


def in_a_process(action: Callable[[], bool]) -> bool:
    """What `action` says in a process of its own."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if action() else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

"""Where a test lets a process die as by a power cut: `BELLHOP_DIE_AT=POINT`.

The points stand between each two steps of accepting, claiming, running and finishing;
tests/whole/test_killpoints.py names and walks them.
"""

from __future__ import annotations

import os
import signal

_die_at = os.environ.get("BELLHOP_DIE_AT")


def die_at(point: str) -> None:
    """Die here if a test asked for it."""
    if point == _die_at:
        os.kill(os.getpid(), signal.SIGKILL)

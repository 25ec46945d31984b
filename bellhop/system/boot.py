"""Which start of the machine this is."""

from __future__ import annotations

import functools
import secrets
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def name() -> str:
    """What the system calls this start of the machine; empty where it has no name for it."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


@functools.cache
def boot() -> str:
    """What is another after each start of the machine.

    Where the system has no name for that, as macOS, it is another in each process: what one process
    leaves, the next then treats as after a power cut.
    """
    return name() or secrets.token_hex(16)

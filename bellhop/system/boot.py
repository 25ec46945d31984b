"""Which start of the machine this is."""

from __future__ import annotations

import functools
import secrets
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@functools.cache
def boot() -> str:
    """What is another after each start of the machine.

    Where the system has no name for that, as macOS, it is another in each process: what one process
    leaves, the next then treats as after a power cut.
    """
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return secrets.token_hex(16)

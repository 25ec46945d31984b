"""What the children that run code of job types have in common: their world and their end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH")


def clean_environment(home: Path) -> dict[str, str]:
    """What a child may know of this process's environment: no secrets. It may write to `home`."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "HOME": str(home), "TMPDIR": str(home)}


def ending(returncode: int) -> str:
    """How a child ended, by its return code: the name of a signal, or its exit status."""
    if returncode >= 0:
        return f"exit status {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"  # real-time signals have no names

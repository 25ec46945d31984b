"""On the PYTHONPATH: a wall clock that differs by the seconds in the file of CLOCK_SHIFT."""

import os
import time
from pathlib import Path

right, shift = time.time, Path(os.environ.get("CLOCK_SHIFT", "/nowhere"))


def wrong() -> float:
    try:
        return right() + float(shift.read_text())
    except OSError:  # a job may not read it
        return right()


time.time = wrong

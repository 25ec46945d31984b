"""Where temporary files lie: those of Python, and those that SQLite sorts with."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bellhop.base.errors import StartRefused


def settle(data_dir: Path) -> None:
    """Take the data folder where this machine has no other place, such as a root that is read-only.

    For this process and its children. Raises StartRefused where that cannot be written either.
    """
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        os.environ["TMPDIR"] = str(data_dir)
        try:
            tempfile.gettempdir()
        except FileNotFoundError:
            raise StartRefused(
                f"no folder for temporary files can be written, not even {data_dir}; "
                "set TMPDIR to one that can"
            ) from None

"""Files that the settings name, and config.ini: what is no file there holds nobody up."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 1 << 20
NO_FILE = "it is a pipe, a socket or a device, not a file"


def read(path: Path | str) -> bytes:
    """What is in a file of `MOST_BYTES` at most; OSError, with words for a person, for all else."""
    try:
        with open(path, "rb", opener=_at_once) as file:
            status = os.fstat(file.fileno())
            # The null device stands for an empty file, in what people type as in containers.
            if not (stat.S_ISREG(status.st_mode) or os.path.samestat(status, os.stat(os.devnull))):
                raise OSError(errno.ENXIO, NO_FILE)
            if status.st_size > MOST_BYTES:
                raise OSError(errno.EFBIG, f"it is larger than {MOST_BYTES >> 20} MiB")
            return file.read()
    except OSError as error:
        if error.errno == errno.ENXIO:  # what open(2) says of a socket
            raise OSError(errno.ENXIO, NO_FILE) from None
        raise


def _at_once(path: str, flags: int) -> int:
    """Open whatever is there, and wait for nobody who would write into a pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)

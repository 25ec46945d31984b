"""Whether the disk has room for what is sent, beside the reserve for what runs."""

from __future__ import annotations

from collections.abc import Callable

from bellhop.base.errors import Problem, disk_full
from bellhop.base.units import MEBIBYTE
from bellhop.database.database import database
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files


def room_problem(
    settings: Settings,
    files: Files,
    needed: int,
    coming_bytes: Callable[[int], int] = lambda free: 0,
) -> Problem | None:
    """Why there is no room for `needed` more bytes.

    `coming_bytes` tells of what is free how much others will take meanwhile.
    """
    try:
        free, room = files.free_bytes(), files.upload_bytes_left()
    except OSError:
        return None  # the folder is gone, and whoever asks hears of it from the application
    free = max(0, free - coming_bytes(free))
    reserve_bytes = settings.storage.reserve_mb * MEBIBYTE
    room, missing = min(free, room), needed + reserve_bytes - free
    # Running jobs need room for rows too, and the database may have it already.
    if needed <= room and (missing <= 0 or missing <= database.unused_bytes()):
        return None
    return disk_full(room, needed, reserve_bytes)

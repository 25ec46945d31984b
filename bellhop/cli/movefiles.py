"""What `move-to` says of the files of jobs that move."""

from __future__ import annotations

import sys
import time
from contextlib import closing

from bellhop.base.settings import Settings
from bellhop.cli.screen import Screen
from bellhop.storage.installation import Installation
from bellhop.storage.moving import FilesMove

LINE_EVERY_S, BAR_EVERY_S = 5.0, 0.2


def bring(files: FilesMove, here: Installation) -> Installation:
    """Copy and compare them, and say how far that is; what is to be recorded then."""
    told_at = 0.0
    every_s = BAR_EVERY_S if sys.stderr.isatty() else LINE_EVERY_S

    def tell(number: int, count: int, done: int, size: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at > every_s:
            told_at = time.monotonic()
            said = f"copy and compare files: {number:,} of {count:,}"
            screen.progress(100 * done // max(size, 1), said)

    with closing(Screen()) as screen:
        moved = files.bring(here, tell)
    if not files.is_none:
        count, size = files.count, files.size
        print(f"{count:,} files with {size:,} bytes were copied and compared: all are equal.")
    return moved


def finish(files: FilesMove, settings: Settings) -> None:
    """Leave the old place, once the new one is recorded, and say what is to be done now."""
    if files.is_none:
        return
    old = files.leave()
    print(f"The files of jobs are in {files.to or 'the data folder'}. Before you start")
    print(f"Bellhop, write this line under [storage] in {settings.config_path},")
    print("or set BELLHOP_STORAGE_FILES:\n")
    print(f"files = {files.wanted}\n")
    print(f"Nothing uses {old} any more; you can delete that.")

"""What `move-to` says of the files of jobs that move."""

from __future__ import annotations

from bellhop.cli.screen import told
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.moving import FilesMove


def bring(files: FilesMove, here: Installation) -> Installation:
    """Copy and compare them, and say how far that is; what is to be recorded then."""
    with told() as tell:

        def copied(number: int, count: int, done: int, size: int) -> None:
            tell(f"copy and compare files: {number:,} of {count:,}", done, size)

        moved = files.bring(here, copied)
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

"""The files of jobs move: from the data folder to a shared one, a bucket, or back.

What is there already stays; each file is read on both sides and compared. So a move that stopped
half-way is repeated, and goes on.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from bellhop.base.buckets import files_location
from bellhop.base.errors import NO_ROOM, StartRefused, said_of
from bellhop.base.killpoint import die_at
from bellhop.base.settings import Settings
from bellhop.cli.screen import Screen
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.stores.contents import content_of
from bellhop.stores.filesystem import KINDS, Store
from bellhop.stores.incoming import write_all
from bellhop.stores.objects import store_at

LINE_EVERY_S, BAR_EVERY_S = 5.0, 0.2


class FilesMove:
    """A move of the files of jobs to `wanted`, as `[storage] files` names it; None: of none."""

    def __init__(self, settings: Settings, here: Installation, wanted: str | None):
        self._settings, self._here = settings, here
        self._wanted = settings.storage.files if wanted is None else wanted
        self._to = here.files if wanted is None else files_location(self._wanted)
        if not self.is_none and files_location(settings.storage.files) != here.files:
            raise StartRefused(
                f"[storage] files must name {here.files or 'nothing'} until the files have moved"
            )

    @property
    def is_none(self) -> bool:
        """Whether all files stay where they are."""
        return self._to == self._here.files

    def bring(self, here: Installation) -> Installation:
        """Copy and compare all files; what is to be recorded then. StartRefused: repeat it."""
        if self.is_none:
            return here
        source = store_at(here.folder, self._settings.storage.files)
        target = store_at(here.folder, self._wanted)
        Files(here.folder, self._wanted).require(here.id, is_new=True)
        try:
            count, size = _copy_all(source, target, here.folder / "incoming")
        except OSError as error:
            hint = "make room" if error.errno in NO_ROOM else "nothing else was changed"
            said = f"the files cannot be moved ({said_of(error)}); {hint}, and repeat the command"
            raise StartRefused(said) from None
        die_at("move-files")
        print(f"{count:,} files with {size:,} bytes were copied and compared: all are equal.")
        return replace(here, files=self._to)

    def tell(self) -> None:
        """Let the old place be nobody's, and say what is to be done now; once it is recorded."""
        if self.is_none:
            return
        source = store_at(self._here.folder, self._settings.storage.files)
        if not source.is_own:
            source.set_mark("")
        print(f"The files of jobs are in {self._to or 'the data folder'}. Before you start")
        print(f"Bellhop, write this line under [storage] in {self._settings.config_path},")
        print("or set BELLHOP_STORAGE_FILES:\n")
        print(f"files = {self._wanted}\n")
        old = self._here.files
        if not old:
            old = "/* ".join(str(self._here.folder / kind) for kind in KINDS) + "/*"
        print(f"Nothing uses {old} any more; you can delete that.")


def _copy_all(source: Store, target: Store, spool: Path) -> tuple[int, int]:
    """How many files there are, and their bytes."""
    sizes = {key: size for kind in KINDS for key, size in source.keys(kind)}
    there = {key: size for kind in KINDS for key, size in target.keys(kind)}
    total, done, told_at = sum(sizes.values()), 0, 0.0
    with closing(Screen()) as screen:
        for number, (key, size) in enumerate(sizes.items(), 1):
            _copy(source, target, key, is_there=there.get(key) == size, spool=spool)
            done += size
            if time.monotonic() - told_at > (BAR_EVERY_S if sys.stderr.isatty() else LINE_EVERY_S):
                told_at = time.monotonic()
                said = f"copy and compare files: {number:,} of {len(sizes):,}"
                screen.progress(100 * done // max(total, 1), said)
    return len(sizes), total


def _copy(source: Store, target: Store, key: str, *, is_there: bool, spool: Path) -> None:
    """Let the target have a file as the source does; OSError when they differ after all."""
    wanted = _sha256(source, key)
    if is_there and _sha256(target, key) == wanted:
        return
    target.remove(key)
    with _local(source, key, spool) as path:
        target.put(path, key)
    folder, _, name = key.rpartition("/")
    target.settle(folder, [name])
    if _sha256(target, key) != wanted:
        raise OSError(f"{key} is another file after it was copied")


def _sha256(store: Store, key: str) -> str:
    found = hashlib.sha256()
    with closing(content_of(store.open(key))) as content:
        for data in content.chunks(0, content.size):
            found.update(data)
    return found.hexdigest()


@contextmanager
def _local(store: Store, key: str, spool: Path) -> Iterator[Path]:
    """A local copy of a file, on the disk, for as long as the block."""
    path = spool / secrets.token_hex(8)
    try:
        with closing(content_of(store.open(key))) as content, path.open("xb", buffering=0) as file:
            for data in content.chunks(0, content.size):
                write_all(file, data)
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)

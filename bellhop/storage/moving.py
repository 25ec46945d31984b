"""The files of jobs move: from the data folder to a shared one, a bucket, or back.

Both places are asked for all that the move needs of them before anything is copied, also of the
jobs. What is there already stays; each file is read on both sides and compared. So a move that
stopped half-way is repeated, and goes on.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from bellhop.base.buckets import files_location
from bellhop.base.errors import NO_ROOM, StartRefused, said_of
from bellhop.base.killpoint import die_at
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.stores.contents import content_of
from bellhop.stores.filesystem import KINDS, Store
from bellhop.stores.incoming import write_all
from bellhop.stores.objects import store_at

# Hears how many files of how many, and bytes of how many, were copied and compared so far.
Tell = Callable[[int, int, int, int], object]
# Where the address of a place stands; the first is what stores call it.
CONFIGURED, TYPED = "[storage] files", "--files"


class FilesMove:
    """A move of the files of jobs to `wanted`, as `[storage] files` names it; None: of none.

    `count` and `size` are the files that it brought, and their bytes.
    """

    count = size = 0
    _has_begun = False

    def __init__(self, settings: Settings, here: Installation, wanted: str | None):
        self._given, self._here = settings.storage.files, here
        self.wanted = self._given if wanted is None else wanted
        with _unchanged(TYPED, self.wanted):
            self.to = here.files if wanted is None else files_location(self.wanted)
        if not self.is_none and files_location(self._given) != here.files:
            raise StartRefused(
                f"[storage] files must name {here.files or 'nothing'} until the files have moved"
            )

    @property
    def is_none(self) -> bool:
        """Whether all files stay where they are."""
        return self.to == self._here.files

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Around all that moves: ask both places first, and let the new one be ours.

        The data folder was tried by whoever is `alone` in it. StartRefused: nothing was changed.
        What ends the block before `bring` leaves the new place nobody's, if it was.
        """
        if self.is_none:
            yield
            return
        folder = self._here.folder
        with _unchanged(CONFIGURED, self._given):
            _require_readable(store_at(folder, self._given), self._here.id)
        with _unchanged(TYPED, self.wanted):
            target = store_at(folder, self.wanted)
            is_new = not (target.is_own or target.mark())
            Files(folder, self.wanted).require(self._here.id, is_new=True)
        try:
            yield
        except BaseException:
            if is_new and not self._has_begun:
                with suppress(StartRefused, OSError):  # the mark alone keeps nothing from a move
                    target.set_mark("")
            raise

    def bring(self, here: Installation, tell: Tell) -> Installation:
        """Copy and compare all files; what is to be recorded then. StartRefused: repeat it."""
        if self.is_none:
            return here
        self._has_begun = True
        source, target = store_at(here.folder, self._given), store_at(here.folder, self.wanted)
        try:
            self.count, self.size = _copy_all(source, target, here.folder / "incoming", tell)
        except OSError as error:
            hint = "make room" if error.errno in NO_ROOM else "the old places are as they were"
            raise StartRefused(
                f"the files cannot be moved ({said_of(error)}); {hint}, and repeat the command "
                "before you start Bellhop"
            ) from None
        die_at("move-files")
        return replace(here, files=self.to)

    def leave(self) -> str:
        """Let the old place be nobody's, once the new one is recorded; what it is, for people."""
        source = store_at(self._here.folder, self._given)
        if not source.is_own:
            with suppress(StartRefused, OSError):  # all has moved, whatever the old place says
                source.set_mark("")
        folders = "/* ".join(str(self._here.folder / kind) for kind in KINDS) + "/*"
        return self._here.files or folders


@contextmanager
def _unchanged(called: str, files: str) -> Iterator[None]:
    """Let a refusal say that nothing was changed, and where the address `files` stands."""
    try:
        yield
    except (StartRefused, OSError) as error:
        said = f"{CONFIGURED}: {said_of(error)}" if isinstance(error, OSError) else str(error)
        place = called if files else "the data folder"
        raise StartRefused(f"nothing was changed: {said.replace(CONFIGURED, place)}") from None


def _require_readable(store: Store, installation: str) -> None:
    """Not more: who leaves a place may do so because it is full, or takes no more files."""
    if not store.is_own and store.mark() != installation:
        raise StartRefused(
            f"{CONFIGURED}: {store.where} does not hold the files of this Bellhop; mount the right "
            "folder, or name the right place"
        )
    for kind in KINDS:
        next(store.keys(kind), None)


def _copy_all(source: Store, target: Store, spool: Path, tell: Tell) -> tuple[int, int]:
    """How many files there are, and their bytes."""
    sizes = {key: size for kind in KINDS for key, size in source.keys(kind)}
    there = {key: size for kind in KINDS for key, size in target.keys(kind)}
    total, done = sum(sizes.values()), 0
    for number, (key, size) in enumerate(sizes.items(), 1):
        _copy(source, target, key, is_there=there.get(key) == size, spool=spool)
        done += size
        tell(number, len(sizes), done, total)
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

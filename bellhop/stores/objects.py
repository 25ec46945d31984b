"""A store of files in a bucket of S3; the calls are those of `filesystem.Store`."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from pathlib import Path

from bellhop.base.buckets import bucket
from bellhop.base.errors import StartRefused, StoreAway, StoreRefused, said_of
from bellhop.stores.contents import RemoteContent
from bellhop.stores.filesystem import MARK, OWN_NAME, FolderStore, Store
from bellhop.stores.folders import parts_of

# What is sent without a look at the lease of its item meanwhile, and how often there is one.
SMALL_BYTES, LOOK_EVERY_S = 8 << 20, 1.0
# Bellhop asks for many files of one job at once: how long an answer about all of them serves.
KNOWN_FOR_S = 3.0
# How long one call looks through the objects of a kind; the next one goes on from there.
LOOK_FOR_S = 0.5
# How long nothing is removed after a store was away: whoever removes waits for it each time.
REST_S = 30.0
log = logging.getLogger("bellhop.storage")


class ObjectStore:
    is_own = False

    def __init__(self, address: str):
        from bellhop.stores.s3 import Objects  # an extra

        self._objects, self.where = Objects(address), bucket(address).location
        self._known: tuple[str, float, dict[str, int] | OSError] = "", 0.0, {}
        self._known_lock = threading.Lock()
        self._resting_until = 0.0
        self._rounds: dict[tuple[str, str], Iterator[tuple[str, int, float]]] = {}

    def put(self, source: Path, key: str) -> None:
        with _reached():
            self._objects.put(source, key)

    def put_bytes(self, content: bytes, key: str) -> None:
        with _reached():
            self._objects.put_bytes(content, key)

    def move_in(self, folder: Path, prefix: str) -> None:
        try:
            for path in sorted(folder.iterdir()):
                self.put(path, f"{prefix}/{path.name}")
        except BaseException:
            self.remove(prefix)
            raise

    def take(self, source: int, key: str, on_chunk: Callable[[], object]) -> int:
        on_chunk()
        path = Path(f"/proc/self/fd/{source}")
        if os.fstat(source).st_size < SMALL_BYTES:
            self.put(path, key)
        else:
            with ThreadPoolExecutor(1) as pool:
                sent = pool.submit(self.put, path, key)
                while wait_for([sent], LOOK_EVERY_S).not_done:
                    on_chunk()
                sent.result()
        return os.fstat(source).st_size

    def settle(self, prefix: str, names: Iterable[str]) -> None:
        """A store has what it has answered for."""

    def open(self, key: str) -> RemoteContent:
        parts_of(key)
        with _reached():
            size, changed_at = self._objects.stat(key)

        def read(first: int, end: int) -> Iterator[bytes]:
            with _reached():
                yield from self._objects.read(key, first, end)

        return RemoteContent(size, changed_at, read)

    def copy(self, key: str, to: str) -> None:
        parts_of(key)
        with _reached():
            self._objects.copy(key, to)

    def remove(self, *prefixes: str) -> None:
        if time.monotonic() < self._resting_until:
            return  # the keeper removes it as litter
        try:
            self._objects.remove(*prefixes)
        except OSError as error:
            self._resting_until = time.monotonic() + REST_S
            log.warning("%s cannot be removed: %s", ", ".join(prefixes[:3]), said_of(error))

    def sizes(self, prefix: str) -> dict[str, int]:
        """Of uploads, which do not change and are asked for item by item, as of a moment ago."""
        if not prefix.startswith("uploads/"):
            return self._listed(prefix)
        with self._known_lock:
            name, at, known = self._known
            if name != prefix or time.monotonic() - at > KNOWN_FOR_S:
                known = self._sizes(prefix)
                self._known = prefix, time.monotonic(), known
        if isinstance(known, OSError):
            raise known
        return known

    def _sizes(self, prefix: str) -> dict[str, int] | OSError:
        try:
            return self._listed(prefix)
        except OSError as error:
            return error

    def _listed(self, prefix: str) -> dict[str, int]:
        with _reached():
            found = self._objects.list(prefix)
            return {key[len(prefix) + 1 :]: size for key, size, _ in found}

    def jobs(self, kind: str, chore: str = "") -> Iterator[tuple[str, float]]:
        """Some of them: what half a second tells."""
        found: dict[str, float] = {}
        until = time.monotonic() + LOOK_FOR_S
        with _reached():
            objects = self._rounds.pop((kind, chore), None) or self._objects.list(kind)
            for key, _, changed_at in objects:
                job = key.split("/")[1]
                if OWN_NAME.fullmatch(job):
                    found[job] = max(changed_at, found.get(job, 0.0))
                if time.monotonic() > until:
                    self._rounds[kind, chore] = objects
                    break
        return iter(found.items())

    def keys(self, kind: str) -> Iterator[tuple[str, int]]:
        with _reached():
            yield from ((key, size) for key, size, _ in self._objects.list(kind))

    def free_bytes(self) -> float:
        return math.inf

    def prepare(self) -> None:
        with _refusing():
            self._objects.probe()

    def is_empty(self) -> bool:
        with _refusing():
            return next(self._objects.list(), None) is None

    def mark(self) -> str:
        with _refusing():
            try:
                return b"".join(self._objects.read(MARK)).decode()
            except FileNotFoundError:
                return ""

    def set_mark(self, installation: str) -> None:
        with _refusing():
            if installation:
                self._objects.put_bytes(installation.encode(), MARK)
            else:
                self._objects.remove(MARK)


def store_at(folder: Path, files: str) -> Store:
    """The store of the files of jobs, by `[storage] files`; StartRefused for no such address."""
    if not files:
        return FolderStore(folder)
    if files.startswith("/"):
        return FolderStore(Path(files), is_own=False)
    return ObjectStore(files)


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartRefused(f"[storage] files: {error.strerror or error}") from None


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    """What a store refuses now, it took at the start: that passes when its operator looks."""
    try:
        yield
    except StoreRefused as error:
        raise StoreAway(said_of(error)) from error

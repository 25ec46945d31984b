"""The data folder and the agreement of all processes that share it.

One installation is one data folder. Its processes agree on where the bell lives:
the first to start decides under `start.lock` and records the answer, every further
one takes the record or refuses to start. "Somebody lives" is a fact of the kernel:
each process holds a shared flock on `alive.lock` for life, so no pid is ever guessed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from bellhop.base.buckets import files_location
from bellhop.base.errors import StartRefused
from bellhop.database.database import bind, bind_server
from bellhop.settings.settings import Settings, postgresql_location
from bellhop.storage.files import PLACES, Files, write_atomically
from bellhop.system import boot, temporary
from bellhop.system.locks import PREDECESSOR_WAIT_S, hold_for_life, take_lock

DATABASE, RECORD, ALIVE = "bellhop.db", "installation.json", "alive.lock"
# Marks a folder into which a backup is being restored; see backup/restore.py.
RESTORING = "restoring"
# A consumer beats once a second.
SILENCE_S = 15.0
FOLDERS = (*PLACES, "consumers")
# Of the file in which a consumer tells what it runs, and while it is written; see live.py.
LIVE = (".live", ".draft")
# What the records of earlier versions do not hold.
ADDED = ("is_closed", "has_database", "rows", "machine", "home", "files", "version")
log = logging.getLogger("bellhop.installation")


@dataclass(frozen=True)
class Installation:
    """What the processes of one data folder have agreed on.

    `storage` is "sqlite" or "redis"; `redis` is "host:port/db" without credentials,
    empty on SQLite. `id` keeps two installations on one Redis apart. `is_closed`: a login is
    needed. `has_database`: there was one, so that none is ever created again. `rows` is
    "host:port/name" of the PostgreSQL database that has them, empty where it is SQLite; then
    `machine` is the random id of this one of its machines. `home` is the address of the home where
    this is another machine, else empty. `files` is where the files of jobs are, without
    credentials; empty: in this folder. `version` is that of the Bellhop that started here last,
    where it is recorded.
    """

    folder: Path
    id: str
    storage: str
    redis: str
    is_closed: bool = False
    has_database: bool = True
    rows: str = ""
    machine: str = ""
    home: str = ""
    files: str = ""
    version: str = ""

    @property
    def bell(self) -> str:
        """Where the bell is: "redis" if it was chosen, else where the rows are."""
        return "postgresql" if self.rows and self.storage != "redis" else self.storage

    @property
    def is_home(self) -> bool:
        """Whether this machine serves the page, tidies, and submits what is scheduled."""
        return not self.home

    @property
    def place(self) -> str:
        """Which folder of which start of which kernel this is: a copy of it is another place."""
        status = (self.folder / "consumers").stat()
        return f"{boot.name()}:{status.st_dev:x}:{status.st_ino:x}"

    @property
    def mark(self) -> int:
        """What tells its database from that of another one, as `PRAGMA application_id`."""
        return int.from_bytes(hashlib.sha256(self.id.encode()).digest()[:4], "big") >> 1 | 1

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    @property
    def address_file(self) -> Path:
        return self.folder / "address"

    def address(self, settings: Settings) -> str:
        """Where people find the pages, as far as somebody said it or a web runs."""
        with contextlib.suppress(OSError):
            return settings.server.public_url or self.address_file.read_text()
        return f"http://{settings.server.host}:{settings.server.port}"

    @property
    def described_types(self) -> Path:
        return self.folder / "types.json"

    def consumer_lock(self, consumer: str) -> Path:
        """Held by a consumer for life."""
        return self.folder / "consumers" / consumer

    def beat(self, consumer: str) -> None:
        """Show that a consumer does not only live, but runs: a stopped process holds its locks."""
        # By the clock that all processes of a machine share and nobody sets.
        now = time.monotonic()
        with contextlib.suppress(OSError):
            os.utime(self.consumer_lock(consumer), (now, now))

    def is_running(self, consumer: str) -> bool:
        """Whether a consumer that lives has shown lately that it runs."""
        try:
            beat_at = self.consumer_lock(consumer).stat().st_mtime
        except FileNotFoundError:
            return False
        # Before its first beat, the time is that of the calendar.
        return time.monotonic() - beat_at < SILENCE_S

    def processes_lock(self, consumer: str) -> Path:
        """Held for life by a consumer and by each of its job processes."""
        return self.folder / "consumers" / f"{consumer}.processes"

    def consumer_files(self) -> list[str]:
        return os.listdir(self.folder / "consumers")

    def forget_consumer(self, consumer: str) -> None:
        """Remove the locks of a consumer that is gone, and what it told last."""
        lock = self.consumer_lock(consumer)
        for path in (lock, self.processes_lock(consumer), *map(lock.with_suffix, LIVE)):
            path.unlink(missing_ok=True)

    def store(self) -> str:
        return f"redis at {self.redis}" if self.storage == "redis" else self.bell


def make_folder(settings: Settings) -> Path:
    """Create the data folder and what is in it, for this user alone; each must be usable."""
    os.umask(0o077)
    folder = path = settings.data_dir
    try:
        for path in (folder, *(folder / name for name in FOLDERS)):
            if not path.is_symlink():  # what leads to a disk that is not there is not created
                path.mkdir(parents=True, exist_ok=True)
            # Nobody takes it for litter: it has no name, which needs the folder behind a link, or
            # where a disk has no such files, one that is not ours.
            tempfile.TemporaryFile(dir=path.resolve(), prefix=".trial-").close()
        (folder / "start.lock").touch(0o600)
        temporary.settle(folder)
        require_owner(folder)
    except OSError as error:
        raise StartRefused(
            f"the data folder {path} cannot be used: {error.strerror}; "
            "name another in [storage] data_dir or BELLHOP_STORAGE_DATA_DIR"
        ) from None
    return folder


def require_owner(folder: Path) -> None:
    """Refuse to run as another user: one who may do all leaves files that the owner cannot use."""
    owner, us = folder.stat().st_uid, os.geteuid()
    if owner != us:
        raise StartRefused(
            f"the data folder {folder} belongs to user {owner}, but this process runs as user "
            f"{us}; start Bellhop as its owner, or change the owner with chown -R {us} {folder}"
        )


def take_start_lock(folder: Path) -> int:
    """The descriptor of `start.lock`; StartRefused when another start does not end."""
    lock = take_lock(folder / "start.lock", fcntl.LOCK_EX)
    if lock is None:
        raise StartRefused(f"another Bellhop is starting in {folder}; try again")
    return lock


@contextlib.contextmanager
def starting(settings: Settings, inherited_lock: int | None = None) -> Iterator[Path]:
    """Hold `start.lock`: while one process starts, no other decides anything.

    `inherited_lock` is the descriptor of a parent that holds the lock already.
    """
    folder = make_folder(settings)
    lock = take_start_lock(folder) if inherited_lock is None else inherited_lock
    try:
        yield folder
    finally:
        if inherited_lock is None:
            os.close(lock)


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[Installation]:
    """The installation, of which no process runs and none can start in this block.

    StartRefused while one runs, and where there is none.
    """
    with starting(settings) as folder:
        lock = take_lock(folder / "alive.lock", fcntl.LOCK_EX)
        if lock is None:
            raise StartRefused(
                f"Bellhop runs in {folder}; stop it first, with Ctrl-C or systemctl stop"
            )
        try:
            here = read_record(folder)
            if here is None:
                raise StartRefused(f"{folder} has no {RECORD}; start Bellhop once")
            yield here
        finally:
            os.close(lock)


def stay_alive(folder: Path) -> None:
    """Count as alive from now on; called under `start.lock`."""
    # A second descriptor, never a conversion: flock lets go in between.
    hold_for_life(folder / ALIVE, fcntl.LOCK_SH, f"{folder}: {ALIVE} is taken")


def agree(
    folder: Path, settings: Settings, probe_redis: Callable[[str], str | None]
) -> tuple[Installation, bool]:
    """The installation, and whether this process is its only one; under `start.lock`.

    `probe_redis(url)` returns None when the server answers, else why it does not.
    It is asked only when nobody lives.
    """
    recorded = read_record(folder)
    if recorded is None and (folder / RESTORING).exists():
        raise StartRefused(f"a restore did not finish in {folder}; type its command again")
    wait_s = PREDECESSOR_WAIT_S if _conflict(settings, recorded) else 0
    alone = take_lock(folder / "alive.lock", fcntl.LOCK_EX, wait_s)
    if alone is None:
        return _join(settings, recorded, folder), False
    os.close(alone)
    storage = _decide(settings, probe_redis)
    redis = redis_location(settings.huey.redis_url) if storage == "redis" else ""
    rows, files = rows_location(settings), files_location(settings.storage.files)
    _require_same_rows(recorded, rows)
    _require_same_files(recorded, files)
    new = Installation(folder, secrets.token_hex(8), storage, redis, has_database=False)
    here = replace(recorded or new, storage=storage, redis=redis, rows=rows, files=files)
    Files(folder, settings.storage.files).require(here.id, is_new=not here.has_database)
    if here != recorded:
        write_record(here)
    log.info("queue storage: %s (asked for: %s)", here.store(), settings.huey.storage)
    return here, True


def require_places(
    settings: Settings, recorded: Installation, probe_redis: Callable[[str], str | None]
) -> None:
    """Refuse settings with which a start would refuse where rows, files or bell are."""
    _require_same_rows(recorded, rows_location(settings))
    _require_same_files(recorded, files_location(settings.storage.files))
    _decide(settings, probe_redis)


def recorded_or_agreed(
    settings: Settings, probe_redis: Callable[[str], str | None]
) -> Installation:
    """The recorded installation, else what a start decides now; no lock is held afterwards.

    For a process that does not count as alive, so that the storage may be switched after it.
    """
    recorded = read_record(settings.data_dir)
    if recorded is not None and _conflict(settings, recorded) is None:
        return recorded
    with starting(settings) as folder:
        return agree(folder, settings, probe_redis)[0]


def rows_location(settings: Settings) -> str:
    """Where the rows shall be, as `Installation.rows` says it; StartRefused for no such address."""
    url = settings.storage.database
    return postgresql_location(url) if url else ""


def bind_rows(settings: Settings, here: Installation, *, may_write: bool = True) -> None:
    """Use the rows of an installation in this process, wherever they are."""
    if here.rows:
        bind_server(settings.storage.database, may_write=may_write)
    else:
        bind(here.database, may_write=may_write)


def _require_same_rows(recorded: Installation | None, wanted: str) -> None:
    """Refuse a start that would leave the rows where they are, and begin without any.

    A server may get another address: its database has the mark of the installation.
    """
    if recorded is None or not recorded.has_database or bool(recorded.rows) == bool(wanted):
        return
    raise StartRefused(
        f"the jobs of this installation are in {_place(recorded.rows)}, but [storage] database "
        f"names {_place(wanted)}; change it back, and move the jobs with `bellhop move-to`"
    )


def _require_same_files(recorded: Installation | None, wanted: str) -> None:
    """Refuse a start that would leave the files of jobs where they are.

    A shared folder or a bucket may get another address: it has the mark of the installation.
    """
    if recorded is None or not recorded.has_database or bool(recorded.files) == bool(wanted):
        return
    raise StartRefused(
        f"the files of this installation are in {_files_place(recorded.files)}, but "
        f"[storage] files names {_files_place(wanted)}; change it back, and move the files with "
        "`bellhop move-to`"
    )


def redis_location(url: str) -> str:
    """`host:port/db` of a Redis URL, without its credentials; StartRefused if it is none."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("redis", "rediss"):
            return f"{parts.hostname}:{parts.port or 6379}/{parts.path.strip('/') or '0'}"
        if parts.scheme == "unix":
            return parts.path
    except ValueError:
        pass
    raise StartRefused("[huey] redis_url is not an address like redis://127.0.0.1:6379/0")


def read_record(folder: Path) -> Installation | None:
    """What is recorded with the data, or None before the first start."""
    path = folder / RECORD
    try:
        fields = json.loads(path.read_text())
        more = {name: fields[name] for name in ADDED if name in fields}
        return Installation(folder, fields["id"], fields["storage"], fields["redis"], **more)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise StartRefused(f"{path} is damaged ({error}); restore it from a backup") from None


def _conflict(settings: Settings, recorded: Installation | None) -> str | None:
    """Why these settings do not fit what is recorded, or None."""
    if recorded is None:
        return None
    wanted, rows = settings.huey.storage, rows_location(settings)
    running = f"but the running Bellhop in {recorded.folder} uses"
    if rows != recorded.rows:
        return f"[storage] database names {_place(rows)}, {running} {_place(recorded.rows)}"
    if (files := files_location(settings.storage.files)) != recorded.files:
        uses = f"{running} {_files_place(recorded.files)}"
        return f"[storage] files names {_files_place(files)}, {uses}"
    if wanted not in ("auto", recorded.storage):
        return f"[huey] storage: this process wants {wanted}, {running} {recorded.store()}"
    if recorded.storage == "redis":
        location = redis_location(settings.huey.redis_url)
        if location != recorded.redis:
            wants = f"this process wants redis at {location}"
            return f"[huey] storage: {wants}, {running} {recorded.store()}"
    return None


def _place(rows: str) -> str:
    return f"PostgreSQL at {rows}" if rows else "SQLite"


def _files_place(files: str) -> str:
    return files or "the data folder"


def _join(settings: Settings, recorded: Installation | None, folder: Path) -> Installation:
    if recorded is None:
        raise StartRefused(f"{folder} is in use but has no installation.json; stop Bellhop first")
    require_agreement(settings, recorded)
    log.info("queue storage: %s (as recorded in %s)", recorded.store(), folder)
    return recorded


def require_agreement(settings: Settings, recorded: Installation) -> None:
    """Refuse settings that place rows, files or bell elsewhere than a running Bellhop does."""
    _require_same_rows(recorded, rows_location(settings))
    _require_same_files(recorded, files_location(settings.storage.files))
    if conflict := _conflict(settings, recorded):
        raise StartRefused(f"{conflict}; stop it first to switch")


def _decide(settings: Settings, probe_redis: Callable[[str], str | None]) -> str:
    wanted, url = settings.huey.storage, settings.huey.redis_url
    if wanted == "sqlite":
        return "sqlite"
    location = redis_location(url)
    reason = probe_redis(url)
    if reason is None:
        return "redis"
    if wanted == "redis":
        raise StartRefused(
            f"[huey] storage = redis, but the server at {location} does not answer: {reason}"
        )
    log.warning("Redis at %s does not answer (%s): the bell stays with the jobs", location, reason)
    return "sqlite"


def write_record(here: Installation) -> None:
    """Record what the processes agree on; under `start.lock`."""
    record = {name: value for name, value in asdict(here).items() if name != "folder"}
    write_atomically(here.folder / RECORD, json.dumps(record).encode())

"""From a file that was taken to the job that has a copy of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bellhop.accounts import accounts
from bellhop.accounts.access import ANYBODY, User, may
from bellhop.base import documents
from bellhop.base.errors import NO_ROOM, Problem, said_of
from bellhop.base.texts import cleaned
from bellhop.catalog.catalog import Catalog
from bellhop.jobs import limits
from bellhop.jobs.acceptance import Acceptance
from bellhop.jobs.intake import Intake
from bellhop.jobs.items import GivenFile
from bellhop.jobs.newjob import NewJob
from bellhop.settings.settings import Settings, Watch
from bellhop.storage.files import Files, safe_suffix
from bellhop.stores.incoming import IncomingFile
from bellhop.uploads.room import room_problem
from bellhop.watch.shares import Held

CHUNK_BYTES = 1 << 20
MOST_NAME = 255
# What is wrong with a file, whenever it is tried again; all else passes, or is mended.
OF_FILE = ("invalid-job", "upload-too-large", "too-many-items")


class Refused(Exception):
    """A file becomes no job; the text is the sentence that says why."""


class Unreadable(OSError):
    """A file cannot be read to its end."""


class Unfinished(Exception):
    """A file changed while it was read: somebody still writes it."""


class Stopped(Exception):
    """Bellhop stops; a file that was taken waits for its next start."""


@dataclass(frozen=True)
class Example:
    """A file that any watch may find, to ask whether its type, params and owner would do."""

    path: Path = Path("0")
    filename: str = "file"
    field: str = "files"
    size: int = 1


class Submitter:
    """Submits the files of watched folders as jobs, in one consumer."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        files: Files,
        *,
        consumer: str,
        ring: Callable[[Mapping[str, int]], None],
        is_stopping: Callable[[], bool],
    ):
        self._settings, self._files, self._consumer = settings, files, consumer
        self._catalog = catalog
        self._acceptance = Acceptance(settings, catalog, files, ring=ring)
        self._is_stopping = is_stopping

    def judge(self, name: str, watch: Watch) -> User:
        return judge(self._settings, self._catalog, name, watch)

    def submit(
        self,
        name: str,
        watch: Watch,
        user: User,
        source: int,
        filename: str,
        first: Callable[[str], object],
    ) -> None:
        """Accept the job of a file, the descriptor `source`; `first` is called with its id in the
        transaction. Raises Refused, Unreadable, Unfinished, Stopped, and the problem of why it has
        to wait.
        """
        self._require(user, os.fstat(source).st_size)
        try:
            scratch = self._files.new_scratch(self._consumer)
            try:
                self._accept(name, watch, user, source, filename, scratch.output, first)
            finally:
                scratch.remove()
        except Problem as problem:
            if problem.code in OF_FILE:
                raise Refused(problem.detail) from None
            raise
        except Unreadable:
            raise
        except OSError as error:
            code = "disk-full" if error.errno in NO_ROOM else "busy"
            raise Problem(code, f"Bellhop cannot store a file: {said_of(error)}") from error

    def _accept(
        self,
        name: str,
        watch: Watch,
        user: User,
        source: int,
        filename: str,
        folder: Path,
        first: Callable[[str], object],
    ) -> None:
        shown = display_name(filename)
        file = IncomingFile(folder / f"0{safe_suffix(shown)}", shown, "files")
        with contextlib.closing(file):
            self._copy(source, file)
            sha256 = file.finish()
        job = replace(_job(self._settings, self._catalog, watch, user, file, sha256), watch=name)
        self._files.accept(folder, job.job_id)
        self._acceptance.accept(user, job, address=f"watch {name}", first=lambda: first(job.job_id))

    def _require(self, user: User, size: int) -> None:
        """Refuse a file of this size, or raise the problem of why it has to wait; cheaply."""
        most = self._settings.server.max_upload_bytes
        if size > most:
            said = f"It has {size >> 20} MiB, and [server] max_upload_mb allows {most >> 20}."
            raise Refused(said)
        if not size:
            raise Refused("The file is empty.")
        for problem in (
            limits.submit_problem(self._settings, user.name, size),
            room_problem(self._settings, self._files, size),
        ):
            if problem:
                raise problem

    def _copy(self, source: int, file: IncomingFile) -> None:
        before = _state(source)
        while data := _read(source):
            if self._is_stopping():
                raise Stopped
            file.write(data)
            if file.size > before[0]:
                raise Unfinished
        if (file.size, before) != (before[0], _state(source)):
            raise Unfinished


def judge(settings: Settings, catalog: Catalog, name: str, watch: Watch) -> User:
    """Who submits the jobs of a watch; Held when no file of it could become a job."""
    user = _submitter(name, watch)
    try:
        _job(settings, catalog, watch, user, Example(), "0" * 64)
    except Problem as problem:
        raise Held(f"[watch:{name}] {problem.detail}") from None
    return user


def _job(
    settings: Settings, catalog: Catalog, watch: Watch, user: User, file: GivenFile, sha256: str
) -> NewJob:
    document = {
        "type": watch.type,
        "params": documents.parsed(watch.params),
        "items": [{"upload": file.path.name}],
    }
    return Intake(settings, catalog).from_json(document, user.name, [(file, sha256)])


def _submitter(name: str, watch: Watch) -> User:
    if not accounts.is_closed():
        return ANYBODY
    if not watch.owner:
        raise Held(f"[watch:{name}] owner: must name an account, as Bellhop has accounts now")
    role = accounts.role_of(watch.owner)
    if role is None:
        raise Held(f"[watch:{name}] owner: there is no account {watch.owner}, or it is disabled")
    user = User(watch.owner, role, reads_all=False, scope="submit")
    if not may(user, "submit"):
        raise Held(f"[watch:{name}] owner: the account {watch.owner} may not submit jobs")
    return user


def _read(source: int) -> bytes:
    try:
        return os.read(source, CHUNK_BYTES)
    except OSError as error:
        raise Unreadable(error.errno, error.strerror) from error


def _state(source: int) -> tuple[int, int]:
    status = os.fstat(source)
    return status.st_size, status.st_mtime_ns


def display_name(name: str) -> str:
    """A file name, of whatever bytes, as a job shows it."""
    return cleaned(os.fsencode(name).decode(errors="replace")).strip()[:MOST_NAME] or "file"

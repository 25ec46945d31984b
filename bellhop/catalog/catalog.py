"""The job types there are, each known by its description; no code of one runs here.

A file is described by a child of its own, so a file that hangs, crashes or does not
parse is listed as unavailable with the reason and harms nothing else. Descriptions
lie in `types.json` of the data folder: written by the web (and by `prepare`), read by
the web and the consumers.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from bellhop.base.program import COMMAND
from bellhop.base.settings import Queue, Settings, in_variable
from bellhop.base.shapes import WrongShape
from bellhop.base.texts import shown
from bellhop.catalog import description, typefiles
from bellhop.catalog.description import DescribedFile, Description, KnownType, unknown_type
from bellhop.catalog.typefiles import Stamp
from bellhop.storage.files import Files, write_atomically
from bellhop.storage.folders import remove_tree
from bellhop.storage.installation import Installation
from bellhop.system import confine, signals
from bellhop.system.children import Child, clean_environment, ending

DESCRIBE_LIMIT_S = 5.0
# More would take the time from each other; and a few that hang must not keep the others waiting.
MOST_AT_ONCE = max(4, os.cpu_count() or 1)
TICK_S = 0.25
LOOK_EVERY_S = 1.0
log = logging.getLogger("bellhop.catalog")


class Catalog:
    """Reads descriptions; `step` and `settle` renew those of files that changed.

    With `only`, it leaves all files alone that do not seem to have a type of that name.
    """

    def __init__(self, settings: Settings, here: Installation, only: str | None = None):
        self._settings, self._only = settings, only
        self._store = here.described_types
        self._folders = Files(here.folder)
        self._read_mtime_ns = 0
        self._is_stored = True
        self._files: dict[str, DescribedFile] = {}
        self._listed: tuple[Any, dict[str, KnownType]] = (None, {})
        self._describing: dict[str, _Describing] = {}
        self._begun_anew: set[str] = set()

    def types(self) -> dict[str, KnownType]:
        """Every job type by name; those of the user's folder win over built-in names.

        But not over Bellhop's own work: it is given what the user's types are not.
        """
        self._read()
        files, (listed_files, listed) = self._files, self._listed
        if files is listed_files:
            return listed  # each item asks
        known = [
            self._known(described, path, file)
            for path, file in files.items()
            for described in file.types
        ]
        own_work = [t for t in known if t.hidden and Path(t.path).parent == typefiles.BUILT_IN]
        listed = {job_type.type: job_type for job_type in (*known, *own_work)}
        self._listed = files, listed
        return listed

    def settle(self) -> None:
        """Describe what changed and wait for it, for each file at most `DESCRIBE_LIMIT_S`."""
        while self.step():
            time.sleep(TICK_S / 10)

    def step(self) -> bool:
        """Take the answers that are there, start describing what changed; whether more will come.

        Never waits.
        """
        self._read()
        stamps = self._stamps()
        answered = [path for path, child in self._describing.items() if child.has_ended()]
        removed = [path for path in self._files if path not in stamps]
        for path in answered:
            child = self._describing.pop(path)
            answer = child.answer(self._files.get(path))
            if child.was_stopped() and path in stamps and path not in self._begun_anew:
                self._begun_anew.add(path)  # a file that does it itself is told the next time
                self._describe(path, stamps[path])
                continue
            self._files[path] = answer
            log.info("described %s: %s", path, answer.error or "ok")
        for path in removed:
            del self._files[path]
        self._start(stamps)  # last: what waited for a free place has it now
        if answered or removed or not (self._is_stored or self._describing):
            # In the order of the folders, so that the user's own come last and win.
            self._files = {path: self._files[path] for path in stamps if path in self._files}
            write_atomically(self._store, description.to_json(self._files))
            self._read_mtime_ns = self._store.stat().st_mtime_ns
        return bool(self._describing)

    def _start(self, stamps: Mapping[str, Stamp]) -> None:
        for path, stamp in stamps.items():
            known = self._files.get(path)
            is_new = (known is None or known.stamp != stamp) and path not in self._describing
            if is_new and len(self._describing) < MOST_AT_ONCE:
                self._describe(path, stamp)

    def _describe(self, path: str, stamp: Stamp) -> None:
        # Where a new web finds it, if this process is killed.
        home = self._folders.new_incoming()
        self._describing[path] = _Describing(path, stamp, self._settings, home)

    def _stamps(self) -> dict[str, Stamp]:
        found, own = {}, self._settings.jobtypes_folder
        try:
            paths, beside = typefiles.find(own), typefiles.state_of(own)
        except OSError as error:
            log.warning("cannot read [jobtypes] folder: %s", error)
            paths, beside = typefiles.find(None), ""
        if self._only:
            paths = [path for path in paths if typefiles.seems_to_have(path, self._only)]
        for path in paths:
            try:
                is_own = own is not None and path.parent == own
                found[str(path)] = typefiles.stamp(path, beside if is_own else "")
            except OSError:
                continue  # removed meanwhile
        return found

    def _read(self) -> None:
        try:
            mtime_ns = self._store.stat().st_mtime_ns
            if mtime_ns != self._read_mtime_ns:
                self._take(dict(json.loads(self._store.read_bytes())))
                self._read_mtime_ns = mtime_ns
            self._is_stored = True
        except FileNotFoundError:
            self._is_stored = False  # what was read before holds
        except (ValueError, TypeError):
            if self._is_stored:
                log.warning("%s is damaged; creating a new one", self._store)
            self._is_stored = False

    def _take(self, entries: Mapping[str, object]) -> None:
        """Know what the store says; of an entry that is damaged, what was known before.

        Raises `WrongShape` when there is one.
        """
        found, damage = {}, None
        for path, entry in entries.items():
            try:
                found[path] = description.from_json(entry)
            except WrongShape as error:
                damage = error
                if path in self._files:
                    found[path] = self._files[path]
        self._files = found
        if damage:
            raise damage

    def _known(self, described: Description, path: str, file: DescribedFile) -> KnownType:
        """A described type with the limits and delays that hold for it: its own come first."""
        queue = self._settings.queues.get(described.queue, Queue())
        limits = {
            "timeout_s": queue.timeout_s,
            "memory_mb": queue.memory_mb,
            "delays_s": self._settings.retry.delays_s,
        }
        own = {name: value for name, value in vars(described).items() if value is not None}
        reason = file.error or described.missing or self._no_queue(described.queue)
        members: dict[str, Any] = {**vars(described), **limits, **own}
        return KnownType(**members, reason=reason, path=path, stamp=file.stamp)

    def _no_queue(self, queue: str) -> str | None:
        queues = self._settings.queues
        if queue in queues:
            return None
        for known in queues:
            if in_variable(known) == in_variable(queue):
                return f"config.ini writes its queue {queue} as {known}; write it so in the type"
        return f"its queue is not in config.ini; add the line [queue:{queue}]"


class _Describing:
    """One file being described by a child in a session of its own.

    Its code is confined as any of a job type is, and as if others shared Bellhop: what it could
    reach now would be reached before anybody knows what it is.
    """

    def __init__(self, path: str, stamp: Stamp, settings: Settings, home: Path):
        self.path, self.stamp, self._home = path, stamp, home
        self._deadline = time.monotonic() + DESCRIBE_LIMIT_S
        self._is_overdue = False
        # Neither this file nor another can grow beyond the limit of the bounds.
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - read by `answer`
        bounds = confine.bounds_to_describe(settings, self._home)
        self._child = Child(
            [*COMMAND, "describe", path, bounds.argument()],
            stdin=subprocess.PIPE,  # its guard: it ends when this process does
            stdout=self._said,
            stderr=subprocess.DEVNULL,
            env=clean_environment(self._home),
        )

    def has_ended(self) -> bool:
        self._is_overdue = time.monotonic() > self._deadline
        if not (self._child.has_ended() or self._is_overdue):
            return False
        if not self._child.end():
            log.error("what describes %s does not die: the kernel is blocking it", self.path)
        assert self._child.stdin is not None
        self._child.stdin.close()
        remove_tree(self._home)
        return True

    def was_stopped(self) -> bool:
        """Whether it ended by a signal that asks a process to stop."""
        return -self._child.returncode in signals.STOPS

    def answer(self, before: DescribedFile | None) -> DescribedFile:
        """The file's entry; a file that broke keeps the names it had `before`."""
        self._said.seek(0)
        with self._said as said:
            text = said.read(description.MOST_BYTES + 1)
        try:
            if not text:
                raise ValueError(f"Bellhop could not load it ({self._why()})")
            found = description.said_in(text)
        except ValueError as error:
            reason = f"its description is not valid: {error}" if text else str(error)
            found = DescribedFile((), description.as_text(reason))
        if found.error:
            known = before.types if before else ()
            found = replace(found, types=known or (unknown_type(shown(Path(self.path).stem)),))
        return replace(found, stamp=self.stamp)

    def _why(self) -> str:
        if self._is_overdue:
            return f"it took more than {DESCRIBE_LIMIT_S:g} seconds"
        return ending(self._child.returncode)

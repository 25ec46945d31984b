"""The job types there are, each known by its description; no code of one runs here.

A file is described by a child of its own, so a file that hangs, crashes or does not
parse is listed as unavailable with the reason and harms nothing else. Descriptions
lie in `types.json` of the data folder: written by the web (and by `prepare`), read by
the web and the consumers.
"""

from __future__ import annotations

import json
import logging
import math
import operator
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bellhop.base.shapes import WrongShape
from bellhop.base.texts import shown
from bellhop.catalog import defaults, description, sources, typefiles
from bellhop.catalog.description import DescribedFile, Description, KnownType, unknown_type
from bellhop.catalog.inquiry import NO_ANSWER, Inquiry, Surroundings
from bellhop.catalog.sources import Beside, is_torn
from bellhop.catalog.typefiles import Stamp
from bellhop.environments.build import UNINSTALLED
from bellhop.environments.environments import Environment, Environments
from bellhop.settings.settings import Queue, Settings, in_variable
from bellhop.storage.files import Files, write_atomically
from bellhop.storage.installation import Installation
from bellhop.storage.offers import Offer

# More would take the time from each other.
MOST_AT_ONCE = max(4, os.cpu_count() or 1)
# Those that take longer than a moment keep no place from the others, and are shown.
MOMENT_S, MOST_SLOW_AT_ONCE = 1.0, 32
TICK_S = 0.1
LOOK_EVERY_S = 0.5
# Job types of other machines, each with the name of its machine.
Offers = Sequence[tuple[str, Offer]]
log = logging.getLogger("bellhop.catalog")


class Catalog:
    """Reads descriptions; `step` and `settle` renew those of files that changed.

    With `only`, it leaves all files alone that do not seem to have a type of that name.
    `elsewhere` gives what other machines offer, by their names, and the same object while that
    did not change. `may_build`: packages of types are installed.
    """

    def __init__(
        self,
        settings: Settings,
        here: Installation,
        only: str | None = None,
        elsewhere: Callable[[], Offers] = tuple,
        *,
        may_build: bool = True,
    ):
        self._settings, self._only = settings, only
        self._store, self._is_home = here.described_types, here.is_home
        self._folders = Files(here.folder)
        self._read_mtime_ns = 0
        self._is_stored = True
        self._files: dict[str, DescribedFile] = {}
        self._listed: tuple[tuple[Any, ...], dict[str, KnownType]] = ((), {})
        self._elsewhere = elsewhere
        self._merged: tuple[Any, Any, dict[str, KnownType]] = (None, None, {})
        self._offers: tuple[Any, list[Offer]] = (None, [])
        self._describing: dict[str, Inquiry] = {}
        self._environments, self._may_build = Environments(settings), may_build
        self._begun_anew: dict[str, Stamp] = {}

    def types(self) -> dict[str, KnownType]:
        """Every job type by name, also those that only other machines can run.

        Those of the user's folder win over built-in names, but not over Bellhop's own work: it is
        given what the user's types are not.
        """
        own, others = self._own(), self._elsewhere()
        if not others:
            return own
        merged_own, merged_others, merged = self._merged
        if own is not merged_own or others is not merged_others:
            merged = {**own, **self._known_elsewhere(own, others)}
            self._merged = own, others, merged
        return merged

    def offers(self) -> list[Offer]:
        """What this machine tells the others of its types; the same object while that is so."""
        types, (offered, offers) = self._own(), self._offers
        if types is not offered:
            own = self._settings.jobtypes_folder
            beside = Beside(own) if own and own.is_dir() else None
            offers = [
                Offer(each.type, _code(each, path, beside), description.as_json(each), known.reason)
                for path, file in self._files.items()
                for each in file.types
                if (known := types.get(each.type)) and known.path == path
            ]
            self._offers = types, offers
        return offers

    def _own(self) -> dict[str, KnownType]:
        self._read()
        files, (made_of, listed) = self._files, self._listed
        now = files, self._settings.queues, self._settings.retry
        if made_of and all(map(operator.is_, made_of, now)):
            return listed  # each item asks
        known = _told_apart(
            self._known(described, path, file)
            for path, file in files.items()
            for described in file.types
        )
        own_work = [t for t in known if t.hidden and Path(t.path).parent == typefiles.BUILT_IN]
        listed = {job_type.type: job_type for job_type in (*known, *own_work)}
        self._listed = now, listed
        return listed

    def settle(self, patience_s: float = math.inf) -> None:
        """Describe what changed and wait for it, at most `patience_s` for each file.

        Only who has no end of patience waits for the packages of types.
        """
        while self.step() and (patience_s == math.inf or self._is_younger(patience_s)):
            time.sleep(TICK_S / 10)
        for inquiry in self._describing.values():
            inquiry.drop()
        self._describing.clear()
        self._environments.drop()

    def _is_younger(self, age_s: float) -> bool:
        return any(inquiry.age_s() < age_s for inquiry in self._describing.values())

    def tidy(self) -> None:
        """Remove the environments that no type uses any more; for the process that calls `step`."""
        self._environments.tidy()

    def step(self) -> bool:
        """Take the answers that are there, start describing what changed; whether more will come.

        Never waits.
        """
        self._read()
        self._environments.finish()
        stamps = self._stamps()
        answered = [path for path, child in self._describing.items() if child.has_ended()]
        removed = [path for path in self._files if path not in stamps]
        for path in answered:
            child, stamp = self._describing.pop(path), stamps.get(path)
            answer = child.answer(self._files.get(path))
            is_first_time = self._begun_anew.get(path) != stamp
            if stamp and answer.error and child.was_disturbed() and is_first_time:
                self._begun_anew[path] = stamp  # what a file does itself is told the next time
                continue
            self._files[path] = answer
            log.info("described %s: %s", path, answer.error or "ok")
        for path in removed:
            del self._files[path]
        is_building = self._may_build and self._environments.begin()
        waiting = self._start(stamps)  # last: what waited for a free place has it now
        slow = self._show_slow()
        if answered or removed or waiting or slow or not (self._is_stored or self._describing):
            # In the order of the folders, so that the user's own come last and win.
            self._files = {path: self._files[path] for path in stamps if path in self._files}
            write_atomically(self._store, description.to_json(self._files))
            self._read_mtime_ns = self._store.stat().st_mtime_ns
        return bool(self._describing) or is_building

    def _start(self, stamps: dict[str, Stamp]) -> bool:
        """Begin to describe what is new; whether there is news of what waits for its packages."""
        is_news = False
        # Somebody may wait for one of the user's own, which come last.
        for path, stamp in reversed(stamps.items()):
            known = self._files.get(path)
            is_new = (known is None or known.stamp != stamp) and path not in self._describing
            environment = self._environment(path) if is_new else None
            if environment and environment.reason:
                types = known.types if known else (unknown_type(shown(Path(path).stem)),)
                of_it = () if environment.is_pending else stamp
                entry = DescribedFile(types, environment.reason, of_it)
                is_news |= known != entry
                self._files[path] = entry
            elif is_new and self._has_place(path, stamp):
                self._describe(path, stamp)
        return is_news

    def _environment(self, path: str) -> Environment | None:
        """The environment of its own that the types of a file run in, or will."""
        is_own = Path(path).parent == self._settings.jobtypes_folder
        needs = sources.needs(Path(path)) if is_own else None
        return self._environments.of(needs) if needs else None

    def _describe(self, path: str, stamp: Stamp) -> None:
        try:
            # Where a new web finds it, if this process is killed.
            home = self._folders.new_incoming()
        except OSError as error:
            log.warning("cannot describe %s yet: %s", path, error)
            return
        found = self._environment(path)
        inside = Surroundings()
        if found:
            inside = Surroundings(found.key, found.built, self._environments.python(found.key))
        self._describing[path] = Inquiry(path, stamp, self._settings, home, inside)

    def _has_place(self, path: str, stamp: Stamp) -> bool:
        """Whether a file may be described now; one that was disturbed waits for all others."""
        if self._begun_anew.get(path) == stamp:
            return not self._describing
        slow = sum(inquiry.age_s() > MOMENT_S for inquiry in self._describing.values())
        return len(self._describing) - min(slow, MOST_SLOW_AT_ONCE) < MOST_AT_ONCE

    def _show_slow(self) -> bool:
        """Let people see the new files that take long; whether there is another."""
        slow = {
            path: inquiry.so_far()
            for path, inquiry in self._describing.items()
            if path not in self._files and inquiry.age_s() > MOMENT_S
        }
        self._files.update(slow)
        return bool(slow)

    def _stamps(self) -> dict[str, Stamp]:
        found, own = {}, self._settings.jobtypes_folder
        try:
            paths = typefiles.find(own)
            beside = Beside(own) if own and own.is_dir() else None
        except OSError as error:
            log.warning("cannot read [jobtypes] folder: %s", error)
            paths, beside = typefiles.find(None), None
        if self._only:
            paths = [path for path in paths if typefiles.seems_to_have(path, self._only)]
        broke = [path for path in map(Path, self._files) if path.parent == own and is_torn(path)]
        for path in dict.fromkeys([*paths, *broke]):
            try:
                is_own = path.parent == own
                environment = self._environment(str(path))
                state = typefiles.stamp(path, beside if is_own else None)
                found[str(path)] = (*state, environment.token if environment else "")
            except (OSError, KeyError):
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
        is_pending = file.error is not None and not file.stamp
        may_pass = not file.error or is_pending or file.error.startswith((NO_ANSWER, UNINSTALLED))
        python = self._environments.python(file.environment) if file.environment else None
        return KnownType(
            **members,
            reason=reason,
            is_pending=is_pending,
            is_broken=not may_pass,
            python=python,
            path=path,
            stamp=file.stamp,
        )

    def _known_elsewhere(self, own: dict[str, KnownType], others: Offers) -> dict[str, KnownType]:
        """The types that only other machines have, or can run: of each one that runs, if any."""
        found: dict[str, KnownType] = {}
        for machine, offer in others:
            before = found.get(offer.type) or own.get(offer.type)
            if before is None or not before.available:
                known = self._known(*_described_elsewhere(machine, offer))
                if before is None or known.available:
                    found[offer.type] = known
        return found

    def _no_queue(self, queue: str) -> str | None:
        queues = self._settings.queues
        if queue in queues:
            return None
        for known in queues:
            if in_variable(known) == in_variable(queue):
                return f"config.ini writes its queue {queue} as {known}; write it so in the type"
        if not self._is_home:
            return f"its queue is not in config.ini of the home; add the line [queue:{queue}] there"
        return f"its queue is not in config.ini; add the line [queue:{queue}]"


def _code(described: Description, path: str, beside: Beside | None) -> str:
    """What tells whether another machine has the same code of a type."""
    if Path(path).parent == typefiles.BUILT_IN or beside is None:
        return f"built-in {described.version}"  # of which versions of Bellhop may differ
    return typefiles.shared_code(Path(path), beside)


def _described_elsewhere(machine: str, offer: Offer) -> tuple[Description, str, DescribedFile]:
    """A type of another machine, without a path, and in a file of its own."""
    found, error = unknown_type(offer.type), offer.problem
    if error is None:
        try:
            found = description.offered(offer.description)
        except ValueError:
            error = "it runs another version of Bellhop"
    reason = error and f"machine {machine}: {error}"
    file = defaults.judged(DescribedFile((found,), reason, stamp=(machine,)))
    return file.types[0], "", file


def _told_apart(types: Iterable[KnownType]) -> list[KnownType]:
    """The types, without those of a name that several files of one folder have: none may win."""
    known = list(types)
    files: dict[tuple[Path, str], list[str]] = {}
    for each in known:
        path = Path(each.path)
        files.setdefault((path.parent, each.type), []).append(shown(path.name))
    for place, each in enumerate(known):
        if len(names := files[Path(each.path).parent, each.type]) > 1:
            reason = f"{' and '.join(names)} have a job type of the same name; rename one"
            known[place] = replace(each, reason=reason, is_pending=False)
    return known

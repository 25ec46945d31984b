"""The threads that look after watched folders, in one consumer of the home at a time."""

from __future__ import annotations

import fcntl
import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial

from bellhop.base.trouble import Trouble
from bellhop.catalog.catalog import Catalog
from bellhop.database.database import database, is_unavailable, line_of
from bellhop.machines.served import Elsewhere
from bellhop.settings.settings import Settings
from bellhop.storage import presence
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.system.locks import take_lock
from bellhop.watch.places import Places
from bellhop.watch.submitting import Stopped, Submitter
from bellhop.watch.watching import LOOK_EVERY_S, WatchedFolder

STOP_LIMIT_S = 5.0
log = logging.getLogger("bellhop.watch")


class Watchers:
    """A thread for each folder, so that a share that hangs holds up no other.

    Each consumer of the home has them, and those of the one that holds `watch.lock` work. `ring`
    wakes workers.
    """

    def __init__(
        self,
        settings: Settings,
        here: Installation,
        files: Files,
        *,
        consumer: str,
        ring: Callable[[Mapping[str, int]], None],
    ):
        self._here = here
        self._lock: int | None = None
        self._locking = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        if not here.is_home or not settings.watches:
            return
        submitter = Submitter(
            settings,
            Catalog(settings, here, elsewhere=Elsewhere(here)),
            files,
            consumer=consumer,
            ring=ring,
            is_stopping=self._stopping.is_set,
        )
        address, places = partial(here.address, settings), Places(settings)
        for name, watch in settings.watches.items():
            folder = WatchedFolder(name, watch, here.id, submitter, address=address, places=places)
            run = partial(self._run, name, folder)
            self._threads.append(threading.Thread(target=run, name=f"watch {name}", daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop between two files; a share that hangs is left alone."""
        self._stopping.set()
        until = time.monotonic() + STOP_LIMIT_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self, name: str, folder: WatchedFolder) -> None:
        again = f"watch={name} continues"
        away = Trouble(log, f"watch={name} waits: the database is not available (%s)", again)
        wrong = Trouble(log, f"watch={name} failed, and tries again: %s", again)
        pause_s = 0.0
        while not self._stopping.wait(pause_s):
            is_more = self._is_ours() and _attempt(folder, away, wrong)
            database.close()
            pause_s = 0.0 if is_more else max(LOOK_EVERY_S, folder.look_at - time.monotonic())

    def _is_ours(self) -> bool:
        """Whether this consumer is the one that looks after the folders."""
        with self._locking:
            if self._lock is None:
                self._lock = take_lock(self._here.folder / "watch.lock", fcntl.LOCK_EX, wait_s=0)
            return self._lock is not None


def _attempt(folder: WatchedFolder, away: Trouble, wrong: Trouble) -> bool:
    """One round; whether there is more to do at once."""
    try:
        presence.require()
        is_more = folder.round()
    except Stopped:
        return False
    except Exception as error:
        if is_unavailable(error):
            away.note(line_of(error))
        else:
            wrong.note(traceback.format_exc())
        return False
    away.note(None)
    wrong.note(None)
    return is_more

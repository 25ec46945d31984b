"""The bell: the one Huey object, whose only message says "there is work".

What to run is read from the rows, so a bell that is lost, doubled or forged does no harm: each
consumer also looks at the rows once a second. The web rings; the workers of a consumer, threads
of Huey, answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from huey import Huey, RedisHuey, SqliteHuey

from bellhop.base.hidden import passwords_in
from bellhop.base.masking import Mask
from bellhop.base.trouble import Trouble
from bellhop.bell.notified import NotifiedStorage
from bellhop.bell.store import WaitingRedisStorage, WakingSqliteStorage
from bellhop.database.database import line_of
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation

RING_AGAIN_S = 5.0
log = logging.getLogger("bellhop.bell")


class Answers(Protocol):
    """The workers of a consumer, as far as the bell knows them."""

    stopping: threading.Event

    def work(self) -> None:
        """Answer one bell."""

    def is_due(self) -> bool:
        """Whether there is work that no bell told of."""

    def served(self) -> Mapping[str, int]:
        """How many items of each queue they run at once."""


class _Bell:
    """The parts of Huey that are not used: each of them is a column of the row instead."""

    def serialize_task(self, task: Any) -> bytes:
        return b"1"

    def deserialize_task(self, data: bytes) -> Any:
        # What the message says is never read, so nobody can put anything into it.
        return self.bell_task.s()  # type: ignore[attr-defined]

    def execute(self, task: Any, timestamp: Any = None) -> Any:
        return task.execute()


class SqliteBell(_Bell, SqliteHuey):  # type: ignore[misc]
    pass


class RedisBell(_Bell, RedisHuey):  # type: ignore[misc]
    pass


class NotifiedBell(_Bell, Huey):  # type: ignore[misc]
    pass


class Bell:
    """The one Huey object of this process."""

    def __init__(self, settings: Settings, here: Installation):
        self.here = here
        self.trouble = Trouble(
            log,
            "the bell does not work (%s); consumers check for jobs every second instead",
            "the bell works again",
        )
        self._ring_again_at = 0.0
        self._answer: Callable[[], None] = lambda: None
        name = f"bellhop_{here.id}"
        if here.bell == "redis":
            self.huey = RedisBell(
                name,
                results=False,
                storage_class=WaitingRedisStorage,
                url=settings.huey.redis_url,
            )
        elif here.bell == "postgresql":
            self.huey = NotifiedBell(name, results=False, storage_class=NotifiedStorage)
        else:
            self.huey = SqliteBell(
                name,
                results=False,
                storage_class=WakingSqliteStorage,
                filename=str(here.folder / "queue.db"),
                fifo=here.folder / "bell.fifo",
                most=settings.total_workers,
            )
        self.huey.bell_task = self.huey.task(name="bell")(lambda: self._answer())
        # A server may quote what it was sent, and that is shown to people.
        self._mask = Mask(
            [*passwords_in(settings.huey.redis_url), *passwords_in(settings.storage.database)]
        )
        self.huey.storage.on_trouble = self._note

    def ring(self, queues: Mapping[str, int]) -> None:
        """Wake up to so many workers of each queue; never raises, for the rows wait without it.

        After the commit of what they shall find, and not in a transaction.
        """
        rung = {queue: count for queue, count in queues.items() if count > 0}
        if not rung or time.monotonic() < self._ring_again_at:
            return  # a server that hangs must not hold up each request
        began = time.monotonic()
        try:
            self.huey.storage.ring(rung)
            self._note(None, began)
        except Exception as error:
            self._ring_again_at = time.monotonic() + RING_AGAIN_S
            self._note(f"{type(error).__name__}: {line_of(error)}")

    def _note(self, reason: str | None, began: float | None = None) -> None:
        self.trouble.note(reason and self._mask.text(reason), began)

    def answer_with(self, workers: Answers) -> None:
        """Make this process a consumer: `workers` answer, and look where no bell rings."""
        self._answer = workers.work
        self.huey.storage.is_due = workers.is_due
        self.huey.storage.served = workers.served
        self.huey.storage.stopping = workers.stopping

"""The bell where the rows are on PostgreSQL: NOTIFY, which every consumer of every machine hears.

A message is "COUNT QUEUE". Nothing is kept anywhere: what rings while nobody listens is found by
the look that each consumer makes once a second.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import Any

from huey.storage import BaseStorage

from bellhop.bell.store import WAIT_S, Looking
from bellhop.database.database import database, line_of


class NotifiedStorage(Looking, BaseStorage):  # type: ignore[misc]
    """One thread of a consumer listens, and its workers wait for that thread.

    So the connection is read also while all workers are busy, and while it cannot be made, no
    worker stands in line for it.
    """

    blocking = True

    def __init__(self, name: str, **options: Any):
        super().__init__(name, **options)
        self._channel = name
        self._rung = 0
        self._heard = threading.Condition()
        self._listening: threading.Thread | None = None
        self._trouble = ""

    def queue_size(self) -> int:
        """How many bells were heard that no worker has answered yet."""
        return self._rung

    def ring(self, queues: Mapping[str, int]) -> None:
        database.notify(self._channel, [f"{count} {queue}" for queue, count in queues.items()])

    def wait_for_bell(self) -> bytes | None:
        with self._heard:
            if self._listening is None:
                self._listening = threading.Thread(target=self._listen, name="bell", daemon=True)
                self._listening.start()
            if self._trouble:
                raise ConnectionError(self._trouble)
            if not self._rung:
                self._heard.wait(WAIT_S)
            if not self._rung:
                return None
            self._rung -= 1
            return b"1"

    def stop_waiting(self) -> None:
        with self._heard:
            self._heard.notify_all()

    def _listen(self) -> None:
        """Hear what rings until the consumer stops, on a new connection where one is lost."""
        while not self.stopping.is_set():
            try:
                with contextlib.closing(database.listener(self._channel)) as listener:
                    self._trouble = ""
                    self._wake(self._most())  # nobody knows what rang meanwhile
                    while not self.stopping.is_set():
                        self._wake(sum(map(self._count_of, listener.wait(WAIT_S))))
            except Exception as error:
                self._trouble = line_of(error)
                self.stopping.wait(WAIT_S)

    def _wake(self, count: int) -> None:
        """Wake so many workers; never more than there are, of whom each looks for all there is."""
        with self._heard:
            self._rung = min(self._rung + count, self._most())
            self._heard.notify(count)

    def _most(self) -> int:
        return sum(self.served().values())

    def _count_of(self, message: str) -> int:
        """How many workers of this consumer a message wakes; 0 for what nobody of us sent."""
        count, _, queue = message.partition(" ")
        is_number = count.isascii() and count.isdigit() and len(count) < 10
        return min(int(count), self.served().get(queue, 0)) if is_number else 0

"""The Huey object, the bell, and the consumer whose workers answer it.

The queue is only a bell: its one message says "there is work" and nothing else, and
what to run is read from the rows. So a bell that is lost, doubled or forged does no
harm: each consumer also looks at the rows once a second. The web rings; the workers
of a consumer, threads of Huey, answer.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from huey import RedisHuey, SqliteHuey
from huey.consumer import Consumer as HueyConsumer

import registry
from bellstore import (
    REDIS_READ_S,
    REDIS_RING_S,
    WaitingRedisStorage,
    WakingSqliteStorage,
    redis_pool,
)
from children import cores, stay_on
from installation import Installation, hold_for_life
from keeper import Keeper
from masking import Mask
from models import database, will_pass
from settings import Settings, passwords_in
from trouble import Trouble
from workers import Workers

RING_AGAIN_S = 5.0
REGISTER_AGAIN_S = 0.5
log = logging.getLogger("bellhop.tasks")


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


class Bell:
    """The one Huey object of this process."""

    def __init__(self, settings: Settings, here: Installation, *, hears: bool):
        """`hears`: workers of this process wait for the bell; else it only rings."""
        self._most = settings.total_workers
        self.trouble = Trouble(
            log,
            "the bell does not ring (%s); jobs are safe and looked for",
            "the bell rings again",
        )
        self._ring_again_at = 0.0
        self._answer: Callable[[], None] = lambda: None
        name = f"bellhop_{here.id}"
        if here.storage == "redis":
            self.huey = RedisBell(
                name,
                results=False,
                storage_class=WaitingRedisStorage,
                connection_pool=redis_pool(
                    settings.huey.redis_url, REDIS_READ_S if hears else REDIS_RING_S
                ),
            )
        else:
            self.huey = SqliteBell(
                name,
                results=False,
                storage_class=WakingSqliteStorage,
                filename=str(here.folder / "queue.db"),
                fifo=here.folder / "bell.fifo",
            )
        self.huey.bell_task = self.huey.task(name="bell")(lambda: self._answer())
        # A server may quote what it was sent, and that is shown to people.
        self._mask = Mask(passwords_in(settings.huey.redis_url))
        self.huey.storage.on_trouble = self._note

    def ring(self, times: int = 1) -> None:
        """Wake up to `times` workers; never raises, for the rows wait without it."""
        if time.monotonic() < self._ring_again_at:
            return  # a server that hangs must not hold up each request
        began = time.monotonic()
        try:
            # Unheard bells must not pile up while no consumer runs; enough wake everybody.
            for _ in range(min(times, self._most - self.huey.storage.queue_size())):
                self.huey.enqueue(self.huey.bell_task.s())
            self._note(None, began)
        except Exception as error:
            self._ring_again_at = time.monotonic() + RING_AGAIN_S
            self._note(f"{type(error).__name__}: {error}")

    def _note(self, reason: str | None, began: float | None = None) -> None:
        self.trouble.note(reason and self._mask.text(reason), began)

    def answer_with(self, workers: Workers) -> None:
        """Make this process a consumer: `workers` answer, and look where no bell rings."""
        self._answer = workers.work
        self.huey.storage.is_due = workers.is_due
        self.huey.storage.stopping = workers.stopping


class Consumer(HueyConsumer):  # type: ignore[misc]
    """Huey's consumer: says when it is up, and tells the workers when it stops."""

    def __init__(
        self, bell: Bell, workers: Workers, grace_s: float, on_start: Callable[[], object]
    ):
        self._bellhop_workers, self._grace_s, self._on_start = workers, grace_s, on_start
        super().__init__(
            bell.huey,
            workers=workers.slots.total,
            health_check_interval=1,
            periodic=False,
            scheduler_interval=60,
            # One more second to give back what did not finish within the grace.
            shutdown_timeout=grace_s + 1,
            graceful_signal="TERM",
        )

    def start(self) -> None:
        super().start()
        self._on_start()

    def check_worker_health(self) -> bool:
        """Start more threads when a queue was given more workers; a few too many only sleep."""
        for number in range(len(self.worker_threads), self._bellhop_workers.slots.total):
            worker = self._create_worker()
            thread = self._create_process(worker, f"Worker-{number + 1}")
            thread.start()
            self.worker_threads.append((worker, thread))
        return bool(super().check_worker_health())

    def stop(self, graceful: bool = False) -> None:
        self._bellhop_workers.stop_by(self._grace_s if graceful else 0)
        super().stop(graceful)


def _register(consumer: str, queues: list[str]) -> None:
    """Record the consumer, as soon as there is room for it."""
    trouble = Trouble(log, "the consumer cannot register (%s) and waits", "it has registered")
    while True:
        try:
            with database.connection_context():
                registry.register(consumer, os.getpid(), queues)
            return trouble.note(None)
        except Exception as error:
            if not will_pass(error):
                raise
            trouble.note(str(error))
        time.sleep(REGISTER_AGAIN_S)


def run_consumer(
    settings: Settings,
    here: Installation,
    counts: dict[str, int],
    on_start: Callable[[], object],
) -> None:
    """Be a consumer until SIGTERM; `counts` says how many workers serve each queue."""
    # Until Huey's own handler stands, a stop has nothing to wait for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    consumer = secrets.token_hex(6)
    hold_for_life(here.consumer_lock(consumer), fcntl.LOCK_EX, f"consumer {consumer} lives twice")
    stay_on(*sorted(cores())[:1])  # the web takes the last one
    bell = Bell(settings, here, hears=True)
    workers = Workers(settings, here, consumer=consumer, counts=counts, ring=bell.ring)

    _register(consumer, list(counts))
    bell.answer_with(workers)
    bell.ring(workers.slots.total)  # what waits since before this start
    keeper = Keeper(
        here,
        settings,
        workers.files,
        ring=bell.ring,
        each_round=[
            workers.follow_switches,
            workers.look,
            workers.pool.retire_idle,
            lambda: registry.report_bell(consumer, bell.trouble.reason),
        ],
    )
    keeper.start()
    Consumer(bell, workers, settings.server.stop_grace_s, on_start).run()
    keeper.stop()
    workers.pool.retire_idle(0)
    with database.connection_context():
        # What the grace did not suffice for is adopted once this process is dead.
        if workers.slots.are_all_free() and registry.unregister(consumer):
            here.forget_consumer(consumer)

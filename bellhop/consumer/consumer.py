"""The consumer: Huey's own, whose workers answer the bell, with the keeper beside them."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable

from huey.consumer import Consumer as HueyConsumer

from bellhop.base.settings import Settings
from bellhop.base.trouble import Trouble
from bellhop.bell.bell import Bell
from bellhop.consumer.keeper import Keeper
from bellhop.consumer.workers import Workers
from bellhop.jobs import consumers, lifecycle
from bellhop.storage.database import database, will_pass
from bellhop.storage.installation import Installation
from bellhop.system.children import cores, stay_on
from bellhop.system.locks import hold_for_life

REGISTER_AGAIN_S = 0.5
log = logging.getLogger("bellhop.consumer")


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
                consumers.register(consumer, os.getpid(), queues)
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
            lambda: consumers.report_bell(consumer, bell.trouble.reason),
        ],
    )
    keeper.start()
    Consumer(bell, workers, settings.server.stop_grace_s, on_start).run()
    keeper.stop()
    workers.pool.retire_idle(0)
    with database.connection_context():
        # What the grace did not suffice for is adopted once this process is dead.
        if workers.slots.are_all_free() and lifecycle.sign_off(consumer):
            here.forget_consumer(consumer)

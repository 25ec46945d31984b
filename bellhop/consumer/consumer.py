"""The consumer: Huey's own, whose workers answer the bell, with the keeper beside them."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

from huey.consumer import Consumer as HueyConsumer

from bellhop.base import prefix
from bellhop.bell.bell import Bell
from bellhop.catalog.catalog import LOOK_EVERY_S, Catalog
from bellhop.catalog.watching import watch
from bellhop.consumer.keeper import Keeper
from bellhop.consumer.lease import Beats
from bellhop.consumer.stillness import Stillness
from bellhop.consumer.workers import Workers
from bellhop.database.database import database, line_of, waited_out, will_pass
from bellhop.jobs import consumers, lifecycle
from bellhop.machines import published, served
from bellhop.machines.members import Report
from bellhop.machines.served import Publisher
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.system import children, cores, signals
from bellhop.system.locks import hold_for_life, take_lock
from bellhop.watch.watchers import Watchers

# What a group and a parent send comes within this time, and is one stop.
SAME_STOP_S = 1.0
LOGS_S = 2.0  # for what items printed last, at the end
log = logging.getLogger("bellhop.consumer")


class Consumer(HueyConsumer):  # type: ignore[misc]
    """Huey's consumer as a member of the installation, with the keeper beside its workers.

    `counts` says how many items of each queue it runs; `threads` bounds them all together.
    """

    _signum: int | None
    # Whether it has stopped only to begin with other settings.
    begins_again = False

    def __init__(
        self,
        settings: Settings,
        here: Installation,
        bell: Bell,
        counts: dict[str, int],
        *,
        threads: int | None = None,
        on_start: Callable[[], object] = lambda: None,
        reload: Callable[[], object] = lambda: None,
    ):
        self._id = secrets.token_hex(6)
        hold_for_life(
            here.consumer_lock(self._id), fcntl.LOCK_EX, f"consumer {self._id} lives twice"
        )
        self._here, self._bell, self._queues = here, bell, list(counts)
        self._settings = settings
        prefix.serve_under(settings.server.path)  # deliveries tell addresses
        self._lease_s = settings.machines.lease_s
        self._on_start, self._is_at_once = on_start, False
        self._threads, self._reload = threads, reload
        self._asked_at, self._is_reload_asked = 0.0, False
        self._bellhop_workers = Workers(
            settings, here, consumer=self._id, counts=counts, ring=bell.ring
        )
        self._beats = Stillness()  # of all consumers
        self._keeper = self._new_keeper(settings)
        files, ring = self._bellhop_workers.files, bell.ring
        self._watchers = Watchers(settings, here, files, consumer=self._id, ring=ring)
        super().__init__(
            bell.huey,
            workers=self._wanted_threads(),
            health_check_interval=1,
            periodic=False,
            scheduler_interval=60,
            graceful_signal="TERM",
        )

    def _new_keeper(self, settings: Settings) -> Keeper:
        workers, bell = self._bellhop_workers, self._bell
        report = Report(self._here, self._problems)
        return Keeper(
            self._here,
            settings,
            workers.files,
            ring=bell.ring,
            beats=self._beats,
            each_round=[
                workers.follow_switches,
                workers.look,
                workers.tell_who_looks,
                workers.pool.retire_idle,
                children.end_strangers,
                lambda: consumers.report_bell(self._id, bell.trouble.reason),
                self._report_stop,
                report.tell_when_due,
                published.Watch(settings, self._here, self._begin_again).look,
            ],
        )

    def _wanted_threads(self) -> int:
        return self._threads or self._bellhop_workers.slots.total

    def start(self) -> None:
        _register(self._id, self._queues, self._here, self._lease_s)
        self._bell.answer_with(self._bellhop_workers)
        self._bell.ring(self._bellhop_workers.served())  # what waits since before this start
        database.close()
        self._keeper.start()
        self._watchers.start()
        if not self._here.is_home:
            threading.Thread(target=self._describe_types, name="types", daemon=True).start()
        if self._here.rows:
            lease = self._bellhop_workers.lease
            lease.start(Beats(self._here, lease, self._id, self._queues, self._beats).beat)
        super().start()
        self._on_start()

    def _problems(self) -> list[str]:
        """What is wrong with this machine, for whoever looks at all of them."""
        reason = self._bell.trouble.reason
        return [*([reason] if reason else []), *served.ruled_out(self._here.machine)]

    def _begin_again(self) -> None:
        """Stop in good order, for whoever started this to start it again."""
        self.begins_again = True
        os.kill(os.getpid(), signal.SIGTERM)

    def _describe_types(self) -> None:
        """What the web does at the home: one process of this machine describes its job types."""
        lock = self._here.folder / "types.lock"
        while take_lock(lock, fcntl.LOCK_EX, wait_s=0) is None:
            time.sleep(LOOK_EVERY_S)
        watch(Catalog(self._settings, self._here), Publisher(self._here).tell)

    def _report_stop(self) -> None:
        if self._bellhop_workers.stopping.is_set():
            consumers.report_stop(self._id)

    def run(self) -> None:
        """Work until a stop, and leave nothing behind."""
        children.adopt_orphans()
        super().run()
        self._watchers.stop()
        self._keeper.stop()
        self._send_logs()
        self._bellhop_workers.pool.retire_idle(0)
        self._bellhop_workers.lease.stop_beats()
        self._sign_off()

    def _send_logs(self) -> None:
        """Send what items printed last, unless the store of files takes too long for it."""
        sent = threading.Thread(target=self._bellhop_workers.files.send_logs, daemon=True)
        sent.start()
        sent.join(LOGS_S)

    def _sign_off(self) -> None:
        try:
            with database.connection_context():
                # What the grace did not suffice for is adopted once this process is dead.
                if self._bellhop_workers.slots.are_all_free() and lifecycle.sign_off(self._id):
                    self._here.forget_consumer(self._id)
        except Exception as error:
            if not will_pass(error):
                raise
            log.warning("the consumer cannot sign off: %s", line_of(error))

    def check_worker_health(self) -> bool:
        """Start more threads when a queue was given more workers; a few too many only sleep."""
        self._here.beat(self._id)
        if self._is_reload_asked:
            self._is_reload_asked = False
            self._reload()
        for number in range(len(self.worker_threads), self._wanted_threads()):
            worker = self._create_worker()
            thread = self._create_process(worker, f"Worker-{number + 1}")
            thread.start()
            self.worker_threads.append((worker, thread))
        return bool(super().check_worker_health())

    def _set_signal_handlers(self) -> None:
        signals.on_stop(self._handle_signal, self._handle_hangup)
        signal.signal(signals.AT_ONCE, self._handle_signal)

    def _handle_signal(self, number: int, frame: object) -> None:
        """Stop in good order, and at once when asked again, or by a parent who was.

        Huey would drop what runs at a second signal, and replace this process at SIGHUP.
        """
        now = time.monotonic()
        if self._signum is None:
            self._signum, self._asked_at = number, now
        is_asked_again = number != signal.SIGHUP and now > self._asked_at + SAME_STOP_S
        if number == signals.AT_ONCE or is_asked_again:
            self._is_at_once = True
            self._bellhop_workers.end_grace()

    def _handle_hangup(self, number: int, frame: object) -> None:
        self._is_reload_asked = True

    def stop(self, graceful: bool = False) -> None:
        grace_s = self._settings.server.stop_grace_s
        # One more second to give back what did not finish within the grace.
        self.shutdown_timeout = grace_s + 1
        is_patient = graceful and not self._is_at_once
        self._bellhop_workers.stop_by(grace_s if is_patient else 0)
        self.stop_flag.set()  # before anybody is woken, who would wait again
        self.huey.storage.stop_waiting()
        super().stop(graceful)


def _register(consumer: str, queues: list[str], here: Installation, lease_s: float) -> None:
    """Record the consumer, as soon as there is room for it."""
    register = partial(consumers.register, machine=here.machine, place=here.place)
    member = partial(register, lease_s=lease_s)
    waited_out(partial(member, consumer, os.getpid(), queues), "the consumer")
    database.close()


def run_consumer(
    settings: Settings,
    here: Installation,
    bell: Bell,
    counts: dict[str, int],
    on_start: Callable[[], object],
    reload: Callable[[], object],
) -> bool:
    """Be a consumer until a stop; `counts` says how many workers serve each queue.

    `reload` is called once other settings are asked for.

    Whether it shall begin again, as the home has other settings now.
    """
    # Until the consumer's own handler stands, a stop has nothing to wait for.
    signals.on_stop(lambda *_: sys.exit(0), lambda *_: None)
    if settings.server.cores == "own":
        cores.keep_to_one()
    consumer = Consumer(settings, here, bell, counts, on_start=on_start, reload=reload)
    consumer.run()
    return consumer.begins_again

"""The Huey object, the bell, and what a worker does when it hears one.

The queue is only a bell: its one message says "there is work" and nothing else, and
what to run is read from the rows. So a bell that is lost, doubled or forged does no
harm: each consumer also looks at the rows once a second. The web rings; the workers
of a consumer, threads of Huey, answer.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import RedisHuey, SqliteHuey
from huey.consumer import Consumer as HueyConsumer
from huey.storage import RedisStorage, SqliteStorage
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

import lifecycle
import queries
from catalog import Catalog
from errors import item_error
from files import Files, Scratch
from installation import Installation, hold_for_life
from jobprocess import Outcome, Pool
from keeper import Keeper
from lifecycle import Claim
from models import database
from settings import Settings

TURN_S = 2.0
WAIT_S = 1.0
LEASE_RENEWAL_S = 20.0
PROGRESS_EVERY_S = 0.2
REDIS_CONNECT_S = 0.5
# Longer than the second a worker waits for a bell, or bells would be lost in between.
REDIS_READ_S = 2.5
log = logging.getLogger("bellhop.tasks")


def probe_redis(url: str) -> str | None:
    """None when the Redis at `url` answers, else why it does not."""
    try:
        with Redis(connection_pool=_redis_pool(url)) as redis:
            redis.ping()
    except Exception as error:
        return str(error)
    return None


def _redis_pool(url: str) -> ConnectionPool:
    return ConnectionPool.from_url(
        url,
        socket_connect_timeout=REDIS_CONNECT_S,
        socket_timeout=REDIS_READ_S,
        retry=Retry(NoBackoff(), 0),
    )


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


class _Looking:
    """A storage whose wait for a bell also ends when due rows were seen without one."""

    is_due: Callable[[], bool] = staticmethod(lambda: False)
    stopping = threading.Event()
    on_trouble: Callable[[str | None], None] = staticmethod(lambda trouble: None)

    def dequeue(self) -> bytes | None:
        try:
            data: bytes | None = self.wait_for_bell()  # type: ignore[attr-defined]
            self.on_trouble(None)
        except Exception as error:
            self.on_trouble(f"{type(error).__name__}: {error}")
            time.sleep(WAIT_S)
            data = None
        return data or (b"1" if self.is_due() else None)


class WakingSqliteStorage(_Looking, SqliteStorage):  # type: ignore[misc]
    """SqliteStorage whose wait ends at once when somebody rings, through a FIFO."""

    blocking = True
    begin_sql = "begin immediate"

    def __init__(self, name: str, fifo: Path, **options: Any):
        if not fifo.exists():
            os.mkfifo(fifo, 0o600)
        self._wake = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self._line = threading.Lock()
        super().__init__(name, **options)

    def _create_connection(self) -> Any:
        connection = super()._create_connection()
        # The bell may be lost in a power cut, the job may not; NORMAL is 3 times faster.
        connection.execute("pragma synchronous=normal")
        return connection

    def enqueue(self, data: bytes, priority: Any = None) -> None:
        super().enqueue(data, priority)
        with contextlib.suppress(BlockingIOError):  # full: everybody is being woken already
            os.write(self._wake, b"!")

    def wait_for_bell(self) -> bytes | None:
        # One worker listens and the others stand in line: a ring wakes one, not all.
        with self._line:
            if self.stopping.is_set():
                return None
            data: bytes | None = SqliteStorage.dequeue(self)
            if data is None and select.select([self._wake], [], [], WAIT_S)[0]:
                with contextlib.suppress(BlockingIOError):  # a consumer beside us was faster
                    os.read(self._wake, 1)
                data = SqliteStorage.dequeue(self)
            return data


class WaitingRedisStorage(_Looking, RedisStorage):  # type: ignore[misc]
    """RedisStorage; its blocking read is the wait."""

    def wait_for_bell(self) -> bytes | None:
        data: bytes | None = RedisStorage.dequeue(self)
        return data


class Bell:
    """The one Huey object of this process."""

    def __init__(self, settings: Settings, here: Installation):
        self._most = settings.total_workers
        self._trouble: str | None = None
        self._report: Callable[[str | None], None] = lambda trouble: None
        self._answer: Callable[[], None] = lambda: None
        name = f"bellhop_{here.id}"
        if here.storage == "redis":
            self.huey = RedisBell(
                name,
                results=False,
                storage_class=WaitingRedisStorage,
                connection_pool=_redis_pool(settings.huey.redis_url),
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
        self.huey.storage.on_trouble = self.note_trouble

    @property
    def trouble(self) -> str | None:
        """What is wrong with the bell since the last try, None when it works."""
        return self._trouble

    def ring(self, times: int = 1) -> None:
        """Wake up to `times` workers; never raises, for the rows wait without it."""
        try:
            # Unheard bells must not pile up while no consumer runs; enough wake everybody.
            for _ in range(min(times, self._most - self.huey.storage.queue_size())):
                self.huey.enqueue(self.huey.bell_task.s())
            self.note_trouble(None)
        except Exception as error:
            self.note_trouble(f"{type(error).__name__}: {error}")

    def answer_with(self, workers: Workers, report: Callable[[str | None], None]) -> None:
        """Make this process a consumer: `workers` answer, and look where no bell rings."""
        self._answer, self._report = workers.work, report
        self.huey.storage.is_due = workers.is_due
        self.huey.storage.stopping = workers.stopping

    def note_trouble(self, trouble: str | None) -> None:
        """Say it once when the bell breaks and once when it works again."""
        if (trouble is None) == (self._trouble is None):
            return
        self._trouble = trouble
        if trouble:
            log.warning("the bell does not ring (%s); jobs are safe and looked for", trouble)
        else:
            log.info("the bell rings again")
        self._report(trouble)


class Slots:
    """How many items of each queue run in this consumer, never more than its workers."""

    def __init__(self, workers: dict[str, int]):
        self._free = dict(workers)
        self._lock = threading.Lock()

    def enter(self, queue: str) -> bool:
        with self._lock:
            if self._free[queue] <= 0:
                return False
            self._free[queue] -= 1
            return True

    def leave(self, queue: str) -> None:
        with self._lock:
            self._free[queue] += 1

    def free_queues(self) -> list[str]:
        with self._lock:
            return [queue for queue, free in self._free.items() if free > 0]


class Workers:
    """The workers of one consumer: how they claim, run and record items."""

    def __init__(
        self,
        settings: Settings,
        here: Installation,
        *,
        consumer: str,
        workers: dict[str, int],
        ring: Callable[[int], None],
    ):
        self.consumer = consumer
        self.slots = Slots(workers)
        self.files = Files(here.folder)
        self.pool = Pool(
            settings.jobtypes.recycle_after_items, lambda: self.files.new_scratch(consumer)
        )
        self.stopping = threading.Event()
        self._settings = settings
        self._queues = list(workers)
        self._catalog = Catalog(settings, here)
        self._ring = ring
        self._stop_at = float("inf")
        self._due_seen = threading.Event()

    def work(self) -> None:
        """Answer one bell: run due items for about `TURN_S`, then pass the bell on."""
        until = time.monotonic() + TURN_S
        try:
            while not self.stopping.is_set() and self.run_next():
                if time.monotonic() >= until:
                    self._ring(1)
                    break
        finally:
            database.close()

    def run_next(self) -> bool:
        """Claim, run and record one due item; False when there is none for a free slot."""
        for queue in self._queues:
            if not self.slots.enter(queue):
                continue
            try:
                worker = f"{self.consumer}/{threading.current_thread().name}"
                if claim := lifecycle.claim(queue, worker):
                    self._run(claim)
                    return True
            finally:
                self.slots.leave(queue)
        return False

    def look(self) -> None:
        """Note whether a due item waits for a free slot; once a second, by the keeper."""
        if queries.any_due(self.slots.free_queues()):
            self._due_seen.set()

    def is_due(self) -> bool:
        """Whether the last look found something; true for one worker, who answers it."""
        is_due = self._due_seen.is_set() and not self.stopping.is_set()
        self._due_seen.clear()
        return is_due

    def stop_by(self, grace_s: float) -> None:
        """Take no more items, and interrupt what still runs `grace_s` seconds from now."""
        self._stop_at = time.monotonic() + grace_s
        self.stopping.set()

    def _run(self, claim: Claim) -> None:
        if claim.cancel_requested:
            lifecycle.cancel(claim)
            return
        description = self._catalog.types().get(claim.type)
        if description is None or not description["available"]:
            reason = description["reason"] if description else "its file is gone"
            error = item_error("type_unavailable", reason=reason)
            lifecycle.fail_attempt(claim, error, self._settings.retry.delays_s)
            return
        try:
            self._attempt(claim, description)
        except Exception:
            log.exception("job=%s item=%d: Bellhop made a mistake", claim.job_id, claim.index)
            error = item_error("unexpected_error", summary="see Bellhop's log")
            lifecycle.fail_attempt(claim, error, self._settings.retry.delays_s)

    def _attempt(self, claim: Claim, description: dict[str, Any]) -> None:
        """Run one attempt in a job process and record how it ended."""
        limit_s = description["timeout_s"] or self._settings.queues[claim.queue].timeout_s
        watch = _Watch(claim, self)
        process = self.pool.take(claim.queue, description["path"], description["stamp"])
        try:
            order = self._order(claim, description, process.scratch)
            outcome = process.run(order, limit_s, watch.on_progress, watch.why_stop)
            self._record(claim, outcome, description, process.scratch)
        except BaseException:
            if not process.is_dead:
                process.kill()
            raise
        finally:
            self.pool.give_back(process)

    def _order(self, claim: Claim, description: dict[str, Any], scratch: Scratch) -> dict[str, Any]:
        return {
            "type": claim.type,
            "path": description["path"],
            "stamp": description["stamp"],
            "input": self._input(claim),
            "params": claim.params,
            "filename": claim.filename,
            "scratch_dir": str(scratch.home),
            "output_dir": str(scratch.output),
            "item_id": f"{claim.job_id}-{claim.index}-{claim.step}",
            "attempt": claim.attempt,
            "settings": self._settings.for_type(claim.type, list(description["settings"])),
        }

    def _input(self, claim: Claim) -> dict[str, Any]:
        ((kind, value),) = claim.input.items()
        if kind == "file":
            value = str(self.files.upload(claim.job_id, value))
        elif kind == "files":
            value = [str(self.files.upload(claim.job_id, name)) for name in value]
        return {kind: value}

    def _record(
        self, claim: Claim, outcome: Outcome, description: dict[str, Any], scratch: Scratch
    ) -> None:
        """Turn how the attempt ended into one move."""
        facts = outcome.facts
        delays_s = description["delays_s"]
        if delays_s is None:
            delays_s = self._settings.retry.delays_s
        match outcome.kind:
            case "completed":
                self._complete(claim, facts, scratch)
            case "bad_input":
                lifecycle.fail(claim, facts["error"])
            case "timed_out" | "result_too_large":
                lifecycle.fail(claim, item_error(outcome.kind, **facts))
            case "try_again":
                lifecycle.try_again(claim, facts["delay_s"], facts["reason"])
            case "mistake":
                log.error("job=%s item=%d: %s", claim.job_id, claim.index, facts["traceback"])
                error = item_error(facts["code"], summary=facts["summary"])
                lifecycle.fail_attempt(claim, error, delays_s)
            case "out_of_memory":
                lifecycle.fail_attempt(claim, item_error("out_of_memory"), delays_s)
            case "unavailable":
                error = item_error("type_unavailable", reason=facts["reason"])
                lifecycle.fail_attempt(claim, error, delays_s)
            case "crashed":
                lifecycle.crash(claim, facts["signal"])
            case "cancelled":
                lifecycle.cancel(claim)
            case "interrupted":
                lifecycle.interrupt(claim)

    def _complete(self, claim: Claim, facts: dict[str, Any], scratch: Scratch) -> None:
        name = f"{claim.index}-{claim.step}-{claim.attempt}"
        files = self.files.publish(scratch.output, claim.job_id, name)
        is_recorded = lifecycle.complete(
            claim,
            data=facts["data"],
            files=json.dumps(files),
            warnings=json.dumps(facts["warnings"]),
        )
        if files and not is_recorded:
            self.files.withdraw(claim.job_id, name)


class _Watch:
    """What a worker does besides waiting: show progress, renew the lease, hear a cancel."""

    def __init__(self, claim: Claim, workers: Workers):
        self._claim, self._workers = claim, workers
        self._unshown: tuple[int, str] | None = None
        now = time.monotonic()
        self._show_at = now
        self._renew_at = now + LEASE_RENEWAL_S

    def on_progress(self, percent: int, step: str) -> None:
        self._unshown = percent, step
        if time.monotonic() >= self._show_at:
            self._show()

    def why_stop(self) -> str | None:
        """ "cancelled", "interrupted" or None; asked four times a second while a job runs."""
        if time.monotonic() >= self._workers._stop_at:
            return "interrupted"
        try:
            return self._ask_rows()
        finally:
            database.close()  # no connection is held while a job runs

    def _ask_rows(self) -> str | None:
        if self._unshown:
            self._show()
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + LEASE_RENEWAL_S
            if not lifecycle.renew(self._claim):
                return "interrupted"  # somebody else has it: whatever we record is refused
        return "cancelled" if lifecycle.cancel_asked(self._claim) else None

    def _show(self) -> None:
        assert self._unshown is not None
        lifecycle.progress(self._claim, *self._unshown)
        self._unshown = None
        self._show_at = time.monotonic() + PROGRESS_EVERY_S


class Consumer(HueyConsumer):  # type: ignore[misc]
    """Huey's consumer: says when it is up, and tells the workers when it stops."""

    def __init__(self, bell: Bell, workers: Workers, grace_s: float, on_start: Callable[[], None]):
        self._bellhop_workers, self._grace_s, self._on_start = workers, grace_s, on_start
        super().__init__(
            bell.huey,
            workers=sum(workers.slots._free.values()),
            periodic=False,
            scheduler_interval=60,
            # One more second to give back what did not finish within the grace.
            shutdown_timeout=grace_s + 1,
            graceful_signal="TERM",
        )

    def start(self) -> None:
        super().start()
        self._on_start()

    def stop(self, graceful: bool = False) -> None:
        self._bellhop_workers.stop_by(self._grace_s if graceful else 0)
        super().stop(graceful)


def run_consumer(
    settings: Settings,
    here: Installation,
    workers: dict[str, int],
    on_start: Callable[[], None],
) -> None:
    """Be a consumer until SIGTERM; `workers` says how many for each queue it serves."""
    # Until Huey's own handler stands, a stop has nothing to wait for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    consumer = secrets.token_hex(6)
    lock = here.folder / "consumers" / consumer
    hold_for_life(lock, fcntl.LOCK_EX, f"{lock} is taken")
    bell = Bell(settings, here)
    floor = Workers(settings, here, consumer=consumer, workers=workers, ring=bell.ring)

    def report(trouble: str | None) -> None:
        with database.connection_context():
            lifecycle.report_bell(consumer, trouble)

    with database.connection_context():
        lifecycle.register(consumer, os.getpid(), list(workers))
    bell.answer_with(floor, report)
    keeper = Keeper(
        here,
        floor.files,
        settings.lifetime,
        ring=bell.ring,
        each_round=[floor.look, floor.pool.retire_idle],
    )
    keeper.start()
    Consumer(bell, floor, settings.server.stop_grace_s, on_start).run()
    keeper.stop()
    floor.pool.retire_idle(0)
    with database.connection_context():
        lifecycle.adopt(consumer)  # what the grace did not suffice for, and the registration
    lock.unlink()

"""The troubles: what is killed, stopped, filled and damaged, and how long it was felt.

One trouble at a time, chosen by a seed; each waits until work goes on again, because
that is how recovery is measured. Now and then Bellhop is killed while it still starts.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import Valkey, is_alive, job_processes_of, wait_for
from tests.support.service import Service
from tests.support.suspending import suspended
from tests.whole.chaos.cluster import Cluster
from tests.whole.chaos.evidence import UNFINISHED, Database, Line, epoch, newest_lines, rfc3339
from tests.whole.chaos.load import NoAnswer, ask
from tests.whole.chaos.machine import Disk, children, has_argument, kill

POLL_S = 0.005
# After this long without a sign of life it is no slow recovery but none.
PATIENCE_S = 30.0
ORPHAN_LIMIT_S = 2.0
# How often each trouble comes in a round.
KILLS = {
    "job process": 3,
    "consumer": 3,
    "web": 2,
    "parent": 2,
    "parent at start": 1,
    "everything": 1,
}
# Of these, what interrupts the items of a consumer.
DEATHS = ("consumer", "parent", "parent at start", "everything")
TROUBLES = {"consumer stopped": 1}
OF_STORE = {
    "sqlite": ({}, {"queue deleted": 1, "queue damaged": 1}),
    "redis": ({"valkey": 2}, {"valkey flushed": 1, "valkey stopped": 1}),
}
OF_DISK = {"disk full": 1}
# What happens to the database, or to the way to it.
RESTARTS = ("database killed", "database session killed", "database restarted")
PROMOTION = "standby promoted"
OF_DATABASE = {
    "database killed": 2,
    "database session killed": 1,
    "database restarted": 1,
    PROMOTION: 2,
    "answers lost": 2,
    "network cut": 2,
    "connections reset": 1,
}


@dataclass(frozen=True)
class Trouble:
    """One trouble, from its begin to the end of its effect; in epoch seconds.

    `recovery_s` is None where there was nothing to measure it by.
    """

    kind: str
    began: float
    ended: float
    recovery_s: float | None = None

    @property
    def is_of_database(self) -> bool:
        return self.kind in OF_DATABASE

    @property
    def counts(self) -> bool:
        """Whether it is one of those that a plan asks for: a kill, or trouble of the database."""
        return self.kind in KILLS or self.kind == "valkey" or self.is_of_database

    def overlaps(self, start: float, end: float) -> bool:
        return self.began <= end and start <= self.ended


@dataclass(frozen=True)
class Target:
    """What the storm hits, and by what it sees that it goes on."""

    data: Path
    url: str
    service: Service
    database: Database
    journal: Path
    valkey: Valkey | None
    disk: Disk | None
    cluster: Cluster | None
    accepted: Callable[[], list[str]]  # the ids of jobs that were answered with 202


class Storm:
    """Troubles for one running Bellhop, `kills` of them kills, `pause_s` of calm before each.

    The network to the database is cut for each of `cuts_s` seconds in turn. `findings` are what
    was seen to be wrong on the way, `gone` the jobs that a promoted standby did not have.
    """

    def __init__(
        self,
        target: Target,
        rng: random.Random,
        kills: int,
        pause_s: tuple[float, float],
        cuts_s: Sequence[float],
    ):
        self._target, self._rng = target, rng
        self._database, self._service = target.database, target.service
        self._wanted, self._pause_s, self._began = kills, pause_s, time.time()
        self._cuts_s = itertools.cycle(cuts_s)
        self._is_planned = itertools.cycle((False, True))
        self.troubles: list[Trouble] = []
        self.findings: list[str] = []
        self.gone: list[str] = []

    def progress(self) -> float:
        """How much of the kills is over, from 0 to 1; between two it goes on with the time."""
        last = max((t.ended for t in self.troubles if t.counts), default=self._began)
        done = self._kills() + min(1.0, (time.time() - last) / self._pause_s[1])
        return min(1.0, done / self._wanted)

    def run(self) -> None:
        """Make trouble, with a moment of calm before each, until there were enough kills."""
        self._began = time.time()
        rounds = self._rounds()
        while self._kills() < self._wanted:
            time.sleep(self._rng.uniform(*self._pause_s))
            kind = next(rounds)
            began = time.time()
            try:
                recovery_s = self._maker(kind)()
            except AssertionError as error:
                self.findings.append(f"the storm found nothing to do {kind!r} to: {error}")
                return
            self.troubles.append(Trouble(kind, began, time.time(), recovery_s))
            if cluster := self._target.cluster:
                cluster.mend()

    def _kills(self) -> int:
        return sum(trouble.counts for trouble in self.troubles)

    def _rounds(self) -> Iterator[str]:
        """Kinds of trouble: each once, so that a short run has them all, then as they weigh."""
        kills, others = OF_STORE["redis" if self._target.valkey else "sqlite"]
        counts = {**KILLS, **TROUBLES, **kills, **others, **(OF_DISK if self._target.disk else {})}
        if self._target.cluster:
            counts |= OF_DATABASE
        kinds = list(counts)
        while True:
            self._rng.shuffle(kinds)
            yield from kinds
            kinds = [kind for kind, count in counts.items() for _ in range(count)]

    def _maker(self, kind: str) -> Callable[[], float | None]:
        return {
            "job process": self._kill_job_process,
            "consumer": self._kill_consumer,
            "web": self._kill_web,
            "parent": self._kill_parent,
            "parent at start": self._kill_parent_at_start,
            "everything": self._cut_power,
            "valkey": self._kill_valkey,
            "consumer stopped": self._stop_consumer,
            "valkey flushed": self._flush_valkey,
            "valkey stopped": self._stop_valkey,
            "queue deleted": self._delete_queue,
            "queue damaged": self._damage_queue,
            "disk full": self._fill_disk,
            "database killed": lambda: self._fail(lambda c: c.kill(self._rng.uniform(0, 2))),
            "database session killed": lambda: self._fail(Cluster.kill_session),
            "database restarted": lambda: self._fail(lambda c: c.stop(self._rng.uniform(0, 2))),
            PROMOTION: self._promote,
            "answers lost": lambda: self._fail(Cluster.swallow_commits),
            "network cut": lambda: self._fail(lambda c: c.cut(next(self._cuts_s))),
            "connections reset": lambda: self._fail(Cluster.reset),
        }[kind]

    def _fail(self, fault: Callable[[Cluster], None]) -> float | None:
        """Let the database fail; seconds from its return to the first claim that was seen."""
        assert self._target.cluster
        fault(self._target.cluster)
        at, last = time.time(), self._database.last_event()
        sql = "SELECT 1 FROM event WHERE id > ? AND move = 'claimed' LIMIT 1"
        while time.time() < at + PATIENCE_S:
            if self._database.query(sql, last):
                return time.time() - at
            if not self._database.count(*UNFINISHED):
                return None
            time.sleep(POLL_S)
        self.findings.append(f"nothing was claimed for {PATIENCE_S:g} s after the database failed")
        return None

    def _promote(self) -> float | None:
        """A failover; what was accepted until then must be there at once."""
        accepted: list[str] = []

        def fault(cluster: Cluster) -> None:
            accepted.extend(self._target.accepted())
            cluster.promote(is_planned=next(self._is_planned))

        recovery_s = self._fail(fault)
        there = {job_id for (job_id,) in self._database.query("SELECT job_id FROM job")}
        self.gone += [job_id for job_id in accepted if job_id not in there]
        return recovery_s

    def _kill_job_process(self) -> float | None:
        """Kill one while it runs an item; measured until that item moves."""
        last, pid, line = wait_for(self._busy_job_process, PATIENCE_S)
        job_id, index, _ = line.key.rsplit("-", 2)
        at = kill(pid)
        of_item = "job = (SELECT id FROM job WHERE job_id = ?) AND item = ?"
        return self._first_event(at, last, of_item, job_id, int(index))

    def _busy_job_process(self) -> tuple[int, int, Line] | None:
        """The last event before, a job process whose item runs, and what that said last."""
        last = self._database.last_event()
        newest = {line.pid: line for line in newest_lines(self._target.journal)}
        pids = [pid for pid in children(self._half("consumer")) if has_argument(pid, "job-process")]
        busy = [pid for pid in pids if pid in newest and newest[pid].what != "end"]
        if not busy:
            return None
        pid = self._rng.choice(busy)
        return last, pid, newest[pid]

    def _kill_consumer(self) -> float | None:
        consumer = self._half("consumer")
        orphans = children(consumer)
        at = kill(consumer)
        return self._work_after(at, orphans)

    def _kill_web(self) -> float | None:
        at = kill(self._half("web"))
        return self._health_after(at)

    def _kill_parent(self) -> float | None:
        at, orphans = self._kill_parent_alone()
        return self._work_after(at, orphans)

    def _kill_parent_at_start(self) -> float | None:
        """Kill it, and once more in the middle of what it does when it starts."""
        _, orphans = self._kill_parent_alone()
        self._living_parent()
        time.sleep(self._rng.uniform(0, 0.8))
        at, more = self._kill_parent_alone()
        return self._work_after(at, [*orphans, *more])

    def _cut_power(self) -> float | None:
        """Everything at once: all stand still first, so that none sees another die."""
        parent = self._living_parent()
        halves = children(parent)
        rest = [pid for half in halves for pid in children(half)]
        pids = [parent, *halves, *rest, *job_processes_of(self._target.data)]
        at = time.time()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        if valkey := self._target.valkey:
            valkey.stop()
            valkey.start()
        return self._work_after(at, pids)

    def _kill_valkey(self) -> float | None:
        valkey = self._target.valkey
        assert valkey
        valkey.stop()
        time.sleep(self._rng.uniform(0, 1))
        valkey.start()
        self._require_work("Valkey was killed and came back")
        return None

    def _stop_consumer(self) -> float | None:
        consumer = self._half("consumer")
        with suspended(consumer):
            time.sleep(self._rng.uniform(0.1, 1))
        return None

    def _flush_valkey(self) -> float | None:
        assert self._target.valkey
        with socket.create_connection(("127.0.0.1", self._target.valkey.port)) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            assert connection.recv(5) == b"+OK\r\n"
        self._require_work("Valkey was flushed")
        return None

    def _stop_valkey(self) -> float | None:
        assert self._target.valkey
        with suspended(self._target.valkey.pid):
            time.sleep(1)
        self._require_work("Valkey stood still for a second")
        return None

    def _delete_queue(self) -> float | None:
        for name in ("queue.db", "queue.db-wal", "queue.db-shm"):
            (self._target.data / name).unlink(missing_ok=True)
        self._require_work("queue.db was deleted")
        return None

    def _damage_queue(self) -> float | None:
        path = self._target.data / "queue.db"
        with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
            file.write(self._rng.randbytes(max(4096, path.stat().st_size)))
        self._require_work("queue.db was damaged")
        return None

    def _fill_disk(self) -> float | None:
        assert self._target.disk
        self._target.disk.fill()
        time.sleep(self._rng.uniform(1, 2))
        self._target.disk.empty()
        self._require_work("the disk was full for a moment")
        return None

    def _half(self, name: str) -> int:
        """The pid of web or consumer, as soon as one is there."""

        def find() -> list[int]:
            return [pid for pid in children(self._service.parent) if has_argument(pid, name)]

        return int(wait_for(find, PATIENCE_S)[0])

    def _kill_parent_alone(self) -> tuple[float, list[int]]:
        """When it was killed, and whom it left behind."""
        parent = self._living_parent()
        halves = children(parent)
        orphans = [*halves, *(pid for half in halves for pid in children(half))]
        return kill(parent), orphans

    def _living_parent(self) -> int:
        wait_for(lambda: is_alive(self._service.parent), PATIENCE_S)
        return self._service.parent

    def _work_after(self, at: float, orphans: list[int]) -> float | None:
        """Seconds from `at` to the first claim by a process that lived after all `orphans`."""
        while alive := [pid for pid in orphans if is_alive(pid)]:
            if time.time() - at > ORPHAN_LIMIT_S:
                self.findings.append(f"{len(alive)} processes outlived what they hang on by 2 s")
                break
            time.sleep(0.001)
        return self._next_claim(at, "a kill")

    def _require_work(self, after: str) -> None:
        self._next_claim(time.time(), after)

    def _next_claim(self, at: float, after: str) -> float | None:
        """Seconds from `at` to the next claim; None when nothing was there to be claimed."""
        # One that was under way may be written later, with its earlier time: not that one.
        last, now = self._database.last_event(), time.time()
        if not self._database.count("queued", "running"):
            return None
        passed = self._first_event(at, last, "move = 'claimed' AND at > ?", rfc3339(now))
        if passed is None and self._database.count(*UNFINISHED):
            self.findings.append(f"nothing was claimed for {PATIENCE_S:g} s after {after}")
        return passed

    def _first_event(self, at: float, last: int, where: str, *values: object) -> float | None:
        """Seconds from `at` to the first event after the id `last`; None when it was before."""
        sql = f"SELECT at FROM event WHERE id > ? AND {where} ORDER BY id LIMIT 1"
        deadline = time.time() + PATIENCE_S
        while time.time() < deadline:
            for (happened,) in self._database.query(sql, last, *values):
                return epoch(happened) - at if epoch(happened) > at else None
            time.sleep(POLL_S)
        return None

    def _health_after(self, at: float) -> float | None:
        deadline = at + PATIENCE_S
        while time.time() < deadline:
            with contextlib.suppress(NoAnswer):
                if ask(self._target.url, "GET", "/health").status == 200:
                    return time.time() - at
            time.sleep(POLL_S)
        self.findings.append(f"the web did not answer for {PATIENCE_S:g} s after it was killed")
        return None

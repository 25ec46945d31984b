"""What happens to an installation of several machines: to one of them, to its way, to the servers.

One fault at a time, chosen by a seed, with a moment of calm before each.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bellhop.jobs.lifecycle.interruptions import NOT_BEGUN
from tests.support.cluster import Cluster, Computer
from tests.support.network import Host
from tests.support.objects import ObjectStore
from tests.support.places import ROOT
from tests.support.running import Valkey, is_alive, wait_for
from tests.support.suspending import suspended
from tests.whole.chaos.attempts import Standstill
from tests.whole.chaos.cluster import Cluster as Rows
from tests.whole.chaos.evidence import UNFINISHED, Database
from tests.whole.chaos.load import NoAnswer, ask
from tests.whole.chaos.machine import has_argument, kill

POLL_S, PATIENCE_S = 0.02, 60.0
# The bars of the figures, in seconds; a lease comes on top of the second.
CONSUMER_BAR_S, GONE_BAR_S, WRITER_BAR_S = 2.0, 3.0, 6.0
# Who hears nothing is heard until it gives up: a beat counts whose answer was lost.
DEAF, DEAF_BAR_S = "hears nothing", 5.0
# An outage that is shorter than the lease by so much kills nothing, and nobody adopts.
MARGIN_S = 10.0
SETTLE_S = 1.5
HOUR_S = 3600
JOB_KILLED = "job process killed"
# Each of these comes once in a round, and some twice.
OF_MACHINES = {
    "consumer killed": 2, "machine killed": 1, "power lost": 2, "web killed": 1,
    "cut": 2, "cable out": 1, "not heard": 2, "hears nothing": 2, "stopped": 2,
    "clock set": 1, "removed": 1, "writer cut": 1, JOB_KILLED: 1,
}  # fmt: skip
OF_ROWS = {
    "database killed": 1, "database session killed": 1, "database restarted": 1,
    "standby promoted": 2, "servers cut": 1,
}  # fmt: skip
OF_BELL, OF_FILES = {"bell killed": 1}, {"store killed": 1, "store stopped": 1}
# While these last, a machine may not reach the files of jobs, where those are not in a folder.
FILES_AWAY = {*OF_FILES, "cut", "cable out", "not heard", "hears nothing", "stopped", "servers cut"}
HELD = """
    SELECT job_id || '-' || "index" || '-' || step, item.attempt
    FROM item JOIN job ON job.id = item.job
    JOIN consumer ON consumer.id = split_part(item.worker, '/', 1)
    WHERE item.status = 'running' AND consumer.machine = ?"""
LET_GO = """
    SELECT DISTINCT job_id || '-' || item || '-' || step, event.attempt
    FROM event JOIN job ON job.id = event.job WHERE event.id > ? AND move != 'claimed'"""
# Holds the lock of all writers, as a consumer does between two statements.
WRITER = """
import sys, time
from bellhop.database.database import bind_server, database
bind_server(sys.argv[1])
with database.connection_context(), database.atomic():
    print("holding", flush=True)
    time.sleep(60)
"""


@dataclass(frozen=True)
class Fault:
    """One fault: to which machine, in seconds of time.time(), and how long it lasted itself.

    `recovery_s` are the seconds until all was taken over that a dead consumer held, or until work
    went on; None where there was nothing to see it by.
    """

    kind: str
    where: str
    began: float
    ended: float
    lasted_s: float = 0.0
    recovery_s: float | None = None


@dataclass
class Findings:
    """What was seen to be wrong on the way, and what was counted."""

    wrong: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    standstills: list[Standstill] = field(default_factory=list)
    networks: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """What the faults hit, and by what it is seen that work goes on."""

    cluster: Cluster
    servers: Host
    rows: Rows
    database: Database
    bell: Valkey | None
    store: ObjectStore | None
    url: str
    lease_s: float
    accepted: Callable[[], list[str]]
    queues: dict[str, int]
    clocks: Path
    slack_s: float


class Faults:
    """`wanted` faults, each kind once before one comes again; cuts last `cuts_s` in turn.

    They are of `kinds`, or of all that can happen here.
    """

    def __init__(
        self,
        target: Target,
        rng: random.Random,
        wanted: int,
        pause_s: tuple[float, float],
        cuts_s: Sequence[float],
        kinds: Sequence[str] = (),
    ):
        self._kinds = kinds
        self._target, self._rng, self._database = target, rng, target.database
        self._cluster, self._wanted, self._pause_s = target.cluster, wanted, pause_s
        self._cuts_s = itertools.cycle(cuts_s)
        self._is_planned = itertools.cycle((False, True))
        self._added = itertools.count(1)
        self._writer = target.servers.network.host("writer")
        self._began = time.time()
        self.made: list[Fault] = []
        self.found = Findings()
        for computer in self._cluster.computers:
            self._know(computer)

    def progress(self) -> float:
        """How much of the faults is over, from 0 to 1."""
        last = max((fault.ended for fault in self.made), default=self._began)
        done = len(self.made) + min(1.0, (time.time() - last) / self._pause_s[1])
        return min(1.0, done / self._wanted)

    def run(self) -> None:
        self._began = time.time()
        for kind in itertools.islice(self._rounds(), self._wanted):
            time.sleep(self._rng.uniform(*self._pause_s))
            fault = Fault(kind, self._any().name, time.time(), 0)
            try:
                fault = self._maker(kind)(fault)
            except AssertionError as error:
                self.found.wrong.append(f"{kind} at {fault.where}: {error}")
            self.made.append(replace(fault, ended=time.time()))
            print(f"  {self.made[-1]}", file=sys.stderr, flush=True)
            self._target.rows.mend()

    def _rounds(self) -> Iterator[str]:
        target = self._target
        counts = OF_MACHINES | OF_ROWS
        counts |= (OF_BELL if target.bell else {}) | (OF_FILES if target.store else {})
        counts = {kind: counts[kind] for kind in self._kinds or counts}
        kinds = list(counts)
        while True:
            self._rng.shuffle(kinds)
            yield from kinds
            kinds = [kind for kind, count in counts.items() for _ in range(count)]

    def _maker(self, kind: str) -> Callable[[Fault], Fault]:
        rows = self._target.rows
        return {
            "consumer killed": self._kill_consumer,
            JOB_KILLED: self._kill_job_process,
            "machine killed": self._kill_machine,
            "power lost": self._lose_power,
            "web killed": self._kill_web,
            "cut": lambda fault: self._cut(fault, Host.cut),
            "cable out": lambda fault: self._cut(fault, Host.unplug),
            "not heard": lambda fault: self._cut(fault, lambda h: h.mute(self._target.servers)),
            "hears nothing": lambda fault: self._cut(fault, self._target.servers.mute),
            "stopped": self._stop,
            "clock set": self._set_clock,
            "removed": self._remove,
            "writer cut": self._cut_writer,
            "database killed": lambda f: self._fail(f, lambda: rows.kill(self._moment())),
            "database session killed": lambda f: self._fail(f, rows.kill_session),
            "database restarted": lambda f: self._fail(f, lambda: rows.stop(self._moment())),
            "standby promoted": lambda f: self._fail(f, self._promote),
            "servers cut": self._cut_servers,
            "bell killed": lambda f: self._fail(f, self._kill_bell),
            "store killed": lambda f: self._fail(f, self._kill_store),
            "store stopped": lambda f: self._fail(f, self._stop_store),
        }[kind]

    def _kill_consumer(self, fault: Fault) -> Fault:
        """Of any machine, which lives on; what it held must soon be free."""
        computer = self._rng.choice(self._cluster.computers)
        last, held = self._database.last_event(), self._held(computer)
        at = kill(self._process(computer, "consumer"))
        recovery_s = self._until_let_go(held, last, at, CONSUMER_BAR_S)
        return replace(fault, where=computer.name, recovery_s=recovery_s)

    def _kill_job_process(self, fault: Fault) -> Fault:
        pids = [pid for pid in self._machine(fault).host.pids if has_argument(pid, "job-process")]
        if pids:
            kill(self._rng.choice(pids))
        return fault

    def _kill_machine(self, fault: Fault) -> Fault:
        """All of it, and it is started again at once: it is the same place."""
        machine = self._machine(fault)
        last, held = self._database.last_event(), self._held(machine)
        machine.kill()
        at = time.time()
        machine.start()
        return replace(fault, recovery_s=self._until_let_go(held, last, at, PATIENCE_S))

    def _lose_power(self, fault: Fault) -> Fault:
        """It is away for longer than the lease, and starts once others have what it ran."""
        machine = self._machine(fault)
        last, held, at = self._database.last_event(), self._held(machine), time.time()
        machine.lose_power()
        self._know(machine)
        recovery_s = self._until_let_go(held, last, at, self._target.lease_s + GONE_BAR_S)
        machine.start()
        return replace(fault, lasted_s=time.time() - at, recovery_s=recovery_s)

    def _kill_web(self, fault: Fault) -> Fault:
        at = kill(self._process(self._cluster.home, "web"))
        while time.time() < at + PATIENCE_S:
            try:
                if ask(self._target.url, "GET", "/health").status == 200:
                    return replace(fault, where="home", recovery_s=time.time() - at)
            except NoAnswer:
                time.sleep(POLL_S)
        raise AssertionError("the web did not answer after it was killed")

    def _cut(self, fault: Fault, cut: Callable[[Host], None]) -> Fault:
        machine = self._machine(fault)
        return self._outage(
            fault, [machine], lambda: cut(machine.host), machine.host.heal, next(self._cuts_s)
        )

    def _cut_servers(self, fault: Fault) -> Fault:
        servers = self._target.servers
        fault = replace(fault, where="servers")
        return self._outage(
            fault,
            self._cluster.computers,
            servers.cut,
            servers.heal,
            next(self._cuts_s),
            gone=False,
        )

    def _stop(self, fault: Fault) -> Fault:
        machine, seconds = self._machine(fault), next(self._cuts_s)
        network, began = _network(machine.host), time.monotonic()
        fault = self._outage(fault, [machine], machine.host.stop, machine.host.resume, seconds)
        if seconds > self._target.lease_s - MARGIN_S:
            stop = Standstill(network, began, began + fault.lasted_s + 2 * SETTLE_S)
            self.found.standstills.append(stop)
        return fault

    def _outage(
        self,
        fault: Fault,
        machines: Sequence[Computer],
        begin: Callable[[], None],
        end: Callable[[], None],
        seconds: float,
        *,
        gone: bool = True,
    ) -> Fault:
        """For some seconds. A short one interrupts nothing; after a lease others have what ran."""
        lease_s, last = self._target.lease_s, self._database.last_event()
        held = [pair for machine in machines for pair in self._held(machine)]
        at, recovery_s = time.time(), None
        begin()
        try:
            if gone and seconds > lease_s + GONE_BAR_S:
                bar_s = lease_s + (DEAF_BAR_S if fault.kind == DEAF else GONE_BAR_S)
                recovery_s = self._until_let_go(held, last, at, bar_s)
            time.sleep(max(0, at + seconds - time.time()))
        finally:
            end()
        lasted_s = time.time() - at
        time.sleep(SETTLE_S)
        if lasted_s < lease_s - MARGIN_S:
            self._require_quiet(fault, last, lasted_s)
        self._require_work(f"{fault.kind} at {fault.where}")
        return replace(fault, lasted_s=lasted_s, recovery_s=recovery_s)

    def _require_quiet(self, fault: Fault, last: int, lasted_s: float) -> None:
        sql = "SELECT count(*) FROM event WHERE id > ? AND code = 'interrupted' AND text != ?"
        ((count,),) = self._database.query(sql, last, NOT_BEGUN.message)
        if count:
            said = f"{count} items were interrupted in an outage of {lasted_s:.1f} s"
            self.found.wrong.append(f"{fault.kind} at {fault.where}: {said}")

    def _set_clock(self, fault: Fault) -> Fault:
        """An hour ahead or behind, until the next time."""
        path = self._target.clocks / fault.where
        shift = int(path.read_text()) if path.exists() else 0
        path.with_suffix(".new").write_text(str(0 if shift else self._rng.choice([-1, 1]) * HOUR_S))
        path.with_suffix(".new").replace(path)
        self._require_work(f"the clock of {fault.where} was set")
        return fault

    def _remove(self, fault: Fault) -> Fault:
        """Remove a machine, and let another join."""
        machine = self._cluster.machines.pop(fault.where)
        last, held = self._database.last_event(), self._held(machine)
        self._cluster.home.command("machine", "remove", fault.where)
        held += self._held(machine)  # what it claimed until it was removed
        at = time.time()
        recovery_s = self._until_let_go(held, last, at, self._target.lease_s + GONE_BAR_S)
        wait_for(lambda: not self._processes(machine, "consumer"), PATIENCE_S)
        machine.close()
        self.add()
        return replace(fault, recovery_s=recovery_s)

    def add(self) -> None:
        """Let one more machine join, whose clock can be set."""
        name = f"machine-{next(self._added)}"
        clock = {
            "PYTHONPATH": str(ROOT / "tests" / "support" / "wrong_clock"),
            "CLOCK_SHIFT": str(self._target.clocks / name),
        }
        self._know(self._cluster.add(name, self._target.queues, **clock))

    def _cut_writer(self, fault: Fault) -> Fault:
        """Between two statements of a transaction; the others must soon be able to write.

        It is a process alone on its host: of a machine that is cut off, writers that waited for the
        lock get it one after the other, and each of them holds it for as long.
        """
        writer = self._writer.start(
            sys.executable, "-c", WRITER, self._target.rows.url, stdout=subprocess.PIPE, cwd=ROOT
        )
        assert writer.stdout and writer.stdout.readline() == b"holding\n"
        at, last = time.time(), self._database.last_event()
        self._writer.cut()
        try:
            recovery_s = self._next_event(last, at, PATIENCE_S)
        finally:
            self._writer.heal()
            writer.kill()
        if recovery_s and recovery_s > WRITER_BAR_S + self._target.slack_s:
            self.found.wrong.append(f"a writer that was cut off held others {recovery_s:.1f} s")
        return replace(fault, where="writer", recovery_s=recovery_s)

    def _promote(self) -> None:
        """What was accepted until then must be there at once."""
        accepted = self._target.accepted()
        self._target.rows.promote(is_planned=next(self._is_planned))
        there = {job_id for (job_id,) in self._database.query("SELECT job_id FROM job")}
        self.found.gone += [job_id for job_id in accepted if job_id not in there]

    def _kill_bell(self) -> None:
        assert self._target.bell
        self._target.bell.stop()
        time.sleep(self._moment())
        self._target.bell.start()

    def _kill_store(self) -> None:
        assert self._target.store
        self._target.store.kill()
        time.sleep(self._moment())
        self._target.store.start()

    def _stop_store(self) -> None:
        assert self._target.store
        with suspended(self._target.store.pid):
            time.sleep(2 * self._moment())

    def _fail(self, fault: Fault, make: Callable[[], None]) -> Fault:
        """Let a server fail for a moment, in which nothing may be interrupted."""
        last, began = self._database.last_event(), time.time()
        make()
        at = time.time()
        recovery_s = self._next_event(self._database.last_event(), at, PATIENCE_S)
        self._require_quiet(replace(fault, where="servers"), last, at - began)
        return replace(fault, where="servers", lasted_s=at - began, recovery_s=recovery_s)

    def _held(self, computer: Computer) -> list[tuple[str, int]]:
        """The attempts that a machine runs."""
        record = json.loads((computer.bellhop.data / "installation.json").read_text())
        return [(key, attempt) for key, attempt in self._database.query(HELD, record["machine"])]

    def _until_let_go(
        self, held: Sequence[tuple[str, int]], last: int, at: float, bar_s: float
    ) -> float | None:
        """Seconds from `at` until none of these attempts counts as running any more."""
        if not held:
            return None
        left, bar_s = {*held}, bar_s + self._target.slack_s
        while left and time.time() < at + bar_s + PATIENCE_S:
            left -= {(key, attempt) for key, attempt in self._database.query(LET_GO, last)}
            time.sleep(POLL_S)
        took_s = time.time() - at
        if left or took_s > bar_s:
            said = f"{len(left)} of {len(held)} items were not let go after {took_s:.1f} s"
            self.found.wrong.append(f"{said} (the bar: {bar_s:g} s): {sorted(left)[:3]}")
        return took_s

    def _next_event(self, last: int, at: float, limit_s: float) -> float | None:
        """Seconds from `at` to the next event; None when there was nothing to do."""
        while time.time() < at + limit_s:
            if self._database.last_event() > last:
                return time.time() - at
            if not self._database.count(*UNFINISHED):
                return None
            time.sleep(POLL_S)
        raise AssertionError(f"nothing happened for {limit_s:g} s")

    def _require_work(self, after: str) -> None:
        try:
            self._next_event(self._database.last_event(), time.time(), PATIENCE_S)
        except AssertionError as error:
            self.found.wrong.append(f"{after}: {error}")

    def _any(self) -> Computer:
        return self._rng.choice([*self._cluster.machines.values()])

    def _machine(self, fault: Fault) -> Computer:
        return self._cluster.machines[fault.where]

    def _process(self, computer: Computer, name: str) -> int:
        return int(wait_for(lambda: self._processes(computer, name), PATIENCE_S)[0])

    def _processes(self, computer: Computer, name: str) -> list[int]:
        """The pids of a half of the Bellhop of a machine."""
        return [pid for pid in computer.host.pids if has_argument(pid, name) and is_alive(pid)]

    def _know(self, computer: Computer) -> None:
        self.found.networks[_network(computer.host)] = computer.name

    def _moment(self) -> float:
        return self._rng.uniform(0, 2)


def _network(host: Host) -> int:
    return os.stat(f"/run/netns/{host.namespace}").st_ino

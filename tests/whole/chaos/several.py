"""One run on several machines: a home and three others under load, while all of it fails."""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bellhop.stores.s3 import SILENT_S
from tests.support.cluster import Cluster
from tests.support.network import Host, Network
from tests.support.objects import ObjectStore
from tests.support.running import Valkey, wait_for
from tests.whole.chaos import attempts, checker
from tests.whole.chaos.attempts import Attempt
from tests.whole.chaos.cluster import Cluster as Rows
from tests.whole.chaos.evidence import UNFINISHED, Records, ServerDatabase
from tests.whole.chaos.faults import (
    CONSUMER_BAR_S,
    DEAF,
    DEAF_BAR_S,
    FILES_AWAY,
    GONE_BAR_S,
    JOB_KILLED,
    WRITER_BAR_S,
    Fault,
    Faults,
    Target,
)
from tests.whole.chaos.figures import Spread
from tests.whole.chaos.follower import Follower
from tests.whole.chaos.load import KINDS, LOOK_PAUSE_S, Kind, Load
from tests.whole.chaos.storm import Trouble

TYPES = Path(__file__).parent / "types_of_cluster"
BELLS, FILES = ("postgresql", "redis"), ("mount", "s3")
MACHINES, QUEUES = 3, {"parsing": 2, "ai": 2, "document_processing": 2}
FIRST_ITEMS = 20
# Longer than most leases, so that a machine which is cut off has something to kill.
PATIENT_S = (10, 40)
LOADED = {
    **{name: KINDS[name] for name in ("quick", "writing", "copying", "cached", "needed")},
    **{name: KINDS[name] for name in ("failing", "slow")},
    "patient": Kind(3, 1, lambda rng: {"seconds": round(rng.uniform(*PATIENT_S), 2)}),
}
CANCEL_PAUSE_S = (1.0, 4.0)
# Events are stamped by the clock of the database, as each machine measured it.
CLOCK_S = 1.0
# A consumer that finds that it was adopted kills at once, and a beat is a second apart.
OUTLIVED_S = 2.0
# The longest that a worker may wait after an outage until it tries again.
CALM_AFTER_S = 90.0


@dataclass(frozen=True)
class SeveralPlan:
    """What to run; the same seed chooses the same load and the same faults.

    `kinds` are those of the faults, all if it is empty. Each recovery may take `slack_s` longer
    than its bar on the way.
    """

    bell: str
    files: str
    items: int
    faults: int
    seed: int
    lease_s: float = 20.0
    pause_s: tuple[float, float] = (1.0, 4.0)
    cuts_s: tuple[float, ...] = (1, 3, 8, 5, 15, 30, 2, 60, 90)
    slack_s: float = 0.0
    kinds: tuple[str, ...] = ()
    look_pause_s: tuple[float, float] = LOOK_PAUSE_S


@dataclass(frozen=True)
class SeveralFigures:
    """What a run on several machines measured."""

    items: int
    attempts: dict[str, int]
    moves: Counter[str]
    faults: Sequence[Fault]
    lease_s: float
    lost: int
    doubly_recorded: int
    run_twice: int
    after_standstill: int
    missing_files: int
    gone: int
    unreleased: int
    server_errors: int
    deadlocks: int
    unheard: int

    def counted(self) -> list[tuple[str, int]]:
        """(name, count) of all that must never happen."""
        return [
            ("lost", self.lost),
            ("doubly recorded", self.doubly_recorded),
            ("run twice at once", self.run_twice),
            ("missing files", self.missing_files),
            ("accepted jobs gone after failover", self.gone),
            ("dependent jobs never released", self.unreleased),
            ("HTTP 500 answers", self.server_errors),
            ("deadlocks", self.deadlocks),
            ("changes never heard of", self.unheard),
        ]

    def recoveries(self) -> list[tuple[str, Spread, float]]:
        """(name, seconds, bar of the p99)."""
        gone_bar_s = self.lease_s + GONE_BAR_S
        return [
            ("consumer killed", self.of("consumer killed"), CONSUMER_BAR_S),
            ("machine gone", self.of("power lost"), gone_bar_s),
            ("machine cut off", self.of("cut", "cable out", "not heard"), gone_bar_s),
            ("machine that hears nothing", self.of(DEAF), self.lease_s + DEAF_BAR_S),
            ("writer cut off", self.of("writer cut"), WRITER_BAR_S),
            ("machine killed and started", self.of("machine killed"), math.inf),
            ("machine removed", self.of("removed"), math.inf),
            ("web killed", self.of("web killed"), math.inf),
            ("database failed", self.of(
                "database killed", "database session killed", "database restarted"), math.inf),
            ("standby promoted", self.of("standby promoted"), math.inf),
            ("bell failed", self.of("bell killed"), math.inf),
            ("store failed", self.of("store killed", "store stopped"), math.inf),
        ]  # fmt: skip

    def of(self, *kinds: str) -> Spread:
        """The recoveries after these kinds of fault."""
        return Spread(
            [f.recovery_s for f in self.faults if f.kind in kinds and f.recovery_s is not None]
        )

    def missed(self) -> list[str]:
        """The bars that were not reached."""
        missed = [f"{name} is {count}, the bar 0" for name, count in self.counted() if count]
        return missed + [
            f"{name} p99 is {spread.p99:.1f} s, the bar {bar:g}"
            for name, spread, bar in self.recoveries()
            if spread.p99 > bar
        ]

    def table(self) -> str:
        """Aligned lines of name, figure and bar."""
        rows = list(self._rows())
        names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
        return "\n".join(f"  {n:<{names}}  {v:<{values}}  {bar}".rstrip() for n, v, bar in rows)

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        yield "items", str(self.items), ""
        for move in ("completed", "failed", "cancelled", "retried", "requeued"):
            yield f"  {move}", str(self.moves[move]), ""
        yield "attempts", str(sum(self.attempts.values())), ""
        for name, count in sorted(self.attempts.items()):
            yield f"  {name}", str(count), ""
        yield "faults", str(len(self.faults)), ""
        for kind, count in sorted(Counter(fault.kind for fault in self.faults).items()):
            yield f"  {kind}", str(count), ""
        for name, count in self.counted():
            yield name, str(count), "0"
        yield "ran on after a standstill", str(self.after_standstill), ""
        yield "recovery, seconds", "p50 / p99 / most  (count)", ""
        for name, spread, bar in self.recoveries():
            yield f"  {name}", str(spread), f"p99 ≤ {bar:g}" if bar < math.inf else ""


@dataclass(frozen=True)
class SeveralVerdict:
    """What came out: `findings` is empty when all is well."""

    findings: list[str]
    figures: SeveralFigures


def run(plan: SeveralPlan, folder: Path) -> SeveralVerdict:
    """Run the plan in `folder`, where logs, attempts, faults and rows stay."""
    for name in ("attempts", "clocks", "shared"):
        (folder / name).mkdir(0o755)
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(Network())
        servers = network.host("servers")
        rows = stack.enter_context(Rows(servers))
        rows.primary.psql("ALTER ROLE bellhop CREATEROLE")
        database = stack.enter_context(contextlib.closing(ServerDatabase(rows.address)))
        bell, store = _bell_and_store(plan, servers, stack)
        cluster = stack.enter_context(
            Cluster(
                network, folder, rows=rows.url, bell=bell,
                files=store.url("storm") if store else str(folder / "shared"),
                types=TYPES, writable=folder / "attempts", settings=_settings(plan),
            )
        )  # fmt: skip
        try:
            return _Run(plan, folder, servers, rows, database, bell, store, cluster).verdict()
        finally:
            rows.keep_rows(folder)


def _bell_and_store(
    plan: SeveralPlan, servers: Host, stack: contextlib.ExitStack
) -> tuple[Valkey | None, ObjectStore | None]:
    bell = Valkey(servers) if plan.bell == "redis" else None
    if bell:
        stack.callback(bell.stop)
        bell.start()
    store = ObjectStore(tls=True, host=servers) if plan.files == "s3" else None
    return bell, stack.enter_context(store) if store else None


def _settings(plan: SeveralPlan) -> dict[str, str]:
    queues = {f"BELLHOP_QUEUE_{name.upper()}_WORKERS": "1" for name in QUEUES}
    return {
        **queues,
        "BELLHOP_MACHINES_LEASE_S": str(plan.lease_s),
        "BELLHOP_SERVER_STOP_GRACE_S": "2",
        "BELLHOP_RETRY_DELAYS_S": "0, 0.2, 0.5",
    }


class _Run:
    def __init__(
        self,
        plan: SeveralPlan,
        folder: Path,
        servers: Host,
        rows: Rows,
        database: ServerDatabase,
        bell: Valkey | None,
        store: ObjectStore | None,
        cluster: Cluster,
    ):
        self._plan, self._folder, self._cluster = plan, folder, cluster
        self._rows, self._database = rows, database
        home = cluster.home
        self._url = home.url.replace("https://", f"https://{home.token}@")
        target = Target(
            cluster, servers, rows, database, bell, store, self._url, plan.lease_s, self._accepted,
            QUEUES, folder / "clocks", plan.slack_s,
        )  # fmt: skip
        seed = random.Random(f"{plan.seed} faults")
        self._faults = Faults(target, seed, plan.faults, plan.pause_s, plan.cuts_s, plan.kinds)
        self._load = Load(
            self._url, database, folder / "attempts", plan.items, f"{plan.seed} load",
            self._faults.progress, LOADED, CANCEL_PAUSE_S, plan.look_pause_s,
        )  # fmt: skip
        self._follower = Follower(self._url, database, self._load.ledger, plan.look_pause_s)

    def verdict(self) -> SeveralVerdict:
        for _ in range(MACHINES):
            self._faults.add()
        self._weather()
        self._wait_until_all_is_final()
        self._follower.stop()
        records = Records.read(self._database)
        of_files = checker.check_api(self._url, records)
        self._stop()
        return self._judge(records, of_files)

    def _weather(self) -> None:
        wait_for(lambda: LOADED.keys() <= {*self._types()})
        self._load.start()
        self._follower.start()
        try:
            wait_for(lambda: self._database.count("completed") >= FIRST_ITEMS)
            self._faults.run()
        finally:
            self._load.enough()

    def _types(self) -> list[str]:
        """What the home knows; describing its job types takes a moment."""
        return [one["type"] for one in self._cluster.home.client().get("/api/v1/types")["types"]]

    def _wait_until_all_is_final(self) -> None:
        deadline = time.monotonic() + CALM_AFTER_S
        jobs = f"SELECT count(*) FROM job WHERE status IN {UNFINISHED}"
        while self._database.query(jobs) != [(0,)] and time.monotonic() < deadline:
            time.sleep(0.1)

    def _stop(self) -> None:
        for computer in reversed(self._cluster.computers):
            if status := computer.stop():
                said = f"the orderly stop of {computer.name} ended with status {status}"
                self._faults.found.wrong.append(said)

    def _judge(self, records: Records, of_files: list[str]) -> SeveralVerdict:
        ledger, found = self._load.ledger, self._faults.found
        ran = attempts.read_attempts(self._folder / "attempts")
        twice, excused = attempts.overlaps(ran, found.standstills)
        calendar = time.time() - time.monotonic()
        troubles = [*self._troubles()]
        findings = [
            *found.wrong, *of_files, *twice, *self._follower.missed,
            *(f"job {job_id} was gone after a failover" for job_id in found.gone),
            *checker.check_rows(records, ledger, troubles, CLOCK_S, is_away_fair=True),
            *attempts.unrecorded(ran, records),
            *attempts.outlived(_undisturbed(ran, found.standstills), records, calendar, OUTLIVED_S),
        ]  # fmt: skip
        if (accepted := self._load.accepted) < self._plan.items:
            findings.append(f"only {accepted} of {self._plan.items} items were accepted")
        figures = self._figures(records, of_files, ran, len(twice), len(excused))
        written = "".join(f"{fault}\n" for fault in self._faults.made)
        (self._folder / "faults").write_text(written)
        (self._folder / "findings").write_text("".join(f"{finding}\n" for finding in findings))
        return SeveralVerdict(findings, figures)

    def _troubles(self) -> Iterator[Trouble]:
        """What of the faults items may say that they met."""
        for fault in self._faults.made:
            if fault.kind == JOB_KILLED:
                yield Trouble("job process", fault.began, fault.ended)
            elif fault.kind in FILES_AWAY and self._plan.files == "s3":
                yield Trouble("files away", fault.began, fault.ended + SILENT_S)

    def _figures(
        self, records: Records, of_files: list[str], ran: list[Attempt], twice: int, excused: int
    ) -> SeveralFigures:
        ledger, found = self._load.ledger, self._faults.found
        return SeveralFigures(
            items=len(records.items),
            attempts=attempts.by_machine(ran, found.networks),
            moves=Counter(event.move for event in records.events),
            faults=self._faults.made,
            lease_s=self._plan.lease_s,
            lost=len(checker.lost(records, ledger)),
            doubly_recorded=len(checker.doubly_recorded(records)),
            run_twice=twice,
            after_standstill=excused,
            missing_files=checker.missing_files(of_files),
            gone=len(found.gone),
            unreleased=len(checker.unreleased(records)),
            server_errors=ledger.server_errors,
            deadlocks=self._rows.deadlocks(),
            unheard=len(self._follower.missed),
        )

    def _accepted(self) -> list[str]:
        return [submission.job_id or "" for submission in self._load.ledger.accepted]


def _undisturbed(
    ran: Sequence[Attempt], standstills: Sequence[attempts.Standstill]
) -> list[Attempt]:
    """Attempts that no long standstill of their machine met."""
    return [
        attempt
        for attempt in ran
        if not any(
            stop.network == attempt.network and attempt.began <= stop.ended
            and stop.began <= attempt.last
            for stop in standstills
        )
    ]  # fmt: skip

"""One run: Bellhop under load in a storm, then the checks."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import Running, Valkey, running, valkey, wait_for
from tests.support.service import Service
from tests.whole.chaos import checker, figures
from tests.whole.chaos.cluster import Cluster
from tests.whole.chaos.evidence import (
    UNFINISHED,
    Database,
    Records,
    ServerDatabase,
    read_journal,
)
from tests.whole.chaos.figures import DatabaseFigures, Figures
from tests.whole.chaos.follower import Follower
from tests.whole.chaos.load import LOOK_PAUSE_S, Load
from tests.whole.chaos.machine import Disk, free_port, small_disk
from tests.whole.chaos.storm import Storm, Target

TYPES = Path(__file__).parent / "types"
# Where the bell is, beside rows on SQLite; and rows on a PostgreSQL that fails.
STORES = ("sqlite", "redis", "postgresql")
CALM_AFTER_S = 60.0
TIDY_LIMIT_S = 5.0
FIRST_ITEMS = 20


@dataclass(frozen=True)
class Plan:
    """What to run; the same seed chooses the same load and the same troubles.

    `kills` counts what the database suffers too; `cuts_s` are for how long it is cut off. Within
    `recovery_s` of a death, what was interrupted must be recorded.
    """

    store: str
    items: int
    kills: int
    seed: int
    pause_s: tuple[float, float] = (0.7, 2.0)
    cuts_s: tuple[float, ...] = (1, 3, 8, 15, 30)
    recovery_s: float = figures.RECOVERY_BAR_S
    look_pause_s: tuple[float, float] = LOOK_PAUSE_S


@dataclass(frozen=True)
class Verdict:
    """What came out: `findings` is empty when all is well."""

    findings: list[str]
    figures: Figures


def run(plan: Plan, folder: Path) -> Verdict:
    """Run the plan in `folder`; the log, the journal, the troubles and the rows stay there."""
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(small_disk(folder / "disk"))
        server = stack.enter_context(valkey()) if plan.store == "redis" else None
        if server:
            server.start()
        cluster = stack.enter_context(Cluster()) if plan.store == "postgresql" else None
        rows = None
        if cluster:
            rows = stack.enter_context(contextlib.closing(ServerDatabase(cluster.address)))
        url, environment = _environment(folder, server, cluster)
        bellhop = stack.enter_context(running(folder, **environment))
        bellhop.data = folder / "disk" / "data"
        try:
            return _Run(plan, folder, bellhop, url, server, disk, cluster, rows).verdict()
        finally:
            # The small disk and the servers go with the run; who looks into a finding needs these.
            if cluster:
                cluster.keep_rows(folder)
            with contextlib.suppress(sqlite3.Error, FileNotFoundError):
                _keep_rows(bellhop.data / "bellhop.db", folder / "bellhop.db")


def _environment(
    folder: Path, server: Valkey | None, cluster: Cluster | None
) -> tuple[str, dict[str, str]]:
    """The address, and the settings of the run."""
    port = free_port()
    settings = {
        "BELLHOP_STORAGE_DATA_DIR": str(folder / "disk" / "data"),
        "BELLHOP_JOBTYPES_FOLDER": str(TYPES),
        "BELLHOP_JOBTYPES_WRITABLE": str(folder / "journal"),
        "BELLHOP_HUEY_STORAGE": "redis" if server else "sqlite",
        "BELLHOP_SERVER_PORT": str(port),
        "BELLHOP_SERVER_STOP_GRACE_S": "2",
        "BELLHOP_RETRY_DELAYS_S": "0, 0.2, 0.5",
        "BELLHOP_QUEUE_AI_WORKERS": "4",
        "BELLHOP_QUEUE_DOCUMENT_PROCESSING_WORKERS": "4",
    }
    if server:
        settings["BELLHOP_HUEY_REDIS_URL"] = server.url
    if cluster:
        settings["BELLHOP_STORAGE_DATABASE"] = cluster.url
    return f"http://127.0.0.1:{port}", settings


def _keep_rows(database: Path, copy: Path) -> None:
    if database.exists():
        with (
            contextlib.closing(sqlite3.connect(database)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)


class _Run:
    def __init__(
        self,
        plan: Plan,
        folder: Path,
        bellhop: Running,
        url: str,
        server: Valkey | None,
        disk: Disk | None,
        cluster: Cluster | None,
        rows: ServerDatabase | None,
    ):
        self._plan, self._folder, self._disk, self._cluster = plan, folder, disk, cluster
        self._bellhop, self._url = bellhop, url
        self._database = rows or Database(bellhop.data / "bellhop.db")
        self._journal = folder / "journal"
        self._journal.touch()
        self._service = Service(bellhop)
        self._storm = Storm(
            Target(
                bellhop.data, url, self._service, self._database, self._journal, server, disk,
                cluster, self._accepted,
            ),
            random.Random(f"{plan.seed} storm"),
            plan.kills,
            plan.pause_s,
            plan.cuts_s,
        )  # fmt: skip
        self._load = Load(
            url,
            self._database,
            self._journal,
            plan.items,
            f"{plan.seed} load",
            self._storm.progress,
            look_pause_s=plan.look_pause_s,
        )
        self._follower = Follower(url, self._database, self._load.ledger, plan.look_pause_s)
        self._findings: list[str] = []

    def verdict(self) -> Verdict:
        try:
            self._weather_the_storm()
            self._wait_until_all_is_final()
            self._follower.stop()
            records = Records.read(self._database)
            self._findings += (files := checker.check_api(self._url, records))
        finally:
            status = self._service.stop()
        if status:
            self._findings.append(f"the orderly stop ended with status {status}")
        self._start_and_stop()
        records = Records.read(self._database)
        ledger, troubles = self._load.ledger, self._storm.troubles
        (self._folder / "troubles").write_text("".join(f"{trouble}\n" for trouble in troubles))
        self._findings += [*self._storm.findings, *self._follower.missed]
        gone = self._storm.gone
        self._findings += [f"job {job_id} was gone after a failover" for job_id in gone]
        if (accepted := self._load.accepted) < self._plan.items:
            self._findings.append(f"only {accepted} of {self._plan.items} items were accepted")
        self._findings += checker.check_rows(records, ledger, troubles)
        lines = read_journal(self._journal)
        recovery_s = self._plan.recovery_s
        self._findings += checker.check_journal(records, lines, troubles, recovery_s)
        self._findings += checker.check_leftovers(self._bellhop, self._database)
        measured = figures.measure(
            records,
            ledger,
            troubles,
            lines,
            has_disk=self._disk is not None,
            missing_files=checker.missing_files(files),
            database=self._of_database(),
        )
        return Verdict(self._findings, measured)

    def _of_database(self) -> DatabaseFigures | None:
        if not self._cluster:
            return None
        return DatabaseFigures(
            figures.first_claims(self._storm.troubles),
            swallowed=self._cluster.swallowed,
            gone=len(self._storm.gone),
            deadlocks=self._cluster.deadlocks(),
            missed=len(self._follower.missed),
            changes=self._follower.judged,
        )

    def _accepted(self) -> list[str]:
        return [submission.job_id or "" for submission in self._load.ledger.accepted]

    def _weather_the_storm(self) -> None:
        wait_for(self._bellhop.is_ready)
        self._load.start()
        self._follower.start()
        try:
            wait_for(lambda: self._database.count("completed") >= FIRST_ITEMS)
            self._storm.run()
        finally:
            self._load.enough()

    def _wait_until_all_is_final(self) -> None:
        deadline = time.monotonic() + CALM_AFTER_S
        jobs = f"SELECT count(*) FROM job WHERE status IN {UNFINISHED}"
        while self._database.query(jobs) != [(0,)] and time.monotonic() < deadline:
            time.sleep(0.1)

    def _start_and_stop(self) -> None:
        """Give a new consumer the chance to tidy what the dead ones left."""
        survivors = self._bellhop.descendants()
        self._findings += [f"process {pid} survived the orderly stop" for pid in survivors]
        self._bellhop.serve()
        with contextlib.suppress(AssertionError):  # what is still there then, the checker tells
            wait_for(lambda: not os.listdir(self._bellhop.data / "scratch"), TIDY_LIMIT_S)
        self._bellhop.stop()

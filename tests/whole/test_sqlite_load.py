"""SQLite under load: no lock reaches a user, the log stays short, damage is told, not built on."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.running import LIMIT_S, Family, Running, readline, running, wait_for

CLIENTS = 8
REQUESTS_OF_EACH = 100
ALLOWED = {404, 409}
MOST_WAL_BYTES = 32 << 20
# Takes the write lock for a second at a time, and says how often it had it when told to end.
HOLDER = """
import select, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
times = 0
while not select.select([sys.stdin], [], [], 0.3)[0]:
    connection.execute("BEGIN IMMEDIATE")
    time.sleep(1)
    connection.execute("COMMIT")
    times += 1
print(times)
"""
pytestmark = pytest.mark.sqlite("its file, its locks and its write-ahead log")


class Caller:
    """A client that keeps its connection, as a browser does, and what it was answered."""

    def __init__(self, url: str, seed: int):
        where = urlsplit(url)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        self._random = random.Random(seed)
        self.answers: Counter[int] = Counter()
        self.jobs: list[str] = []

    def call(self, method: str, path: str, document: Any = None) -> Any:
        headers = {} if document is None else {"Content-Type": "application/json"}
        body = None if document is None else json.dumps(document)
        self._connection.request(method, f"/api/v1{path}", body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        self.answers[answer.status] += 1
        return json.loads(content) if content else None

    def submit(self, items: int = 2, type: str = "noop") -> None:
        texts = [{"text": str(number)} for number in range(items)]
        job = self.call("POST", "/jobs", {"type": type, "items": texts, "params": {}})
        self.jobs.append(job["job_id"])

    def act(self) -> None:
        """One thing that a user may do, at random."""
        if not self.jobs:
            return self.submit()
        job = self._random.choice(self.jobs)
        actions: list[Callable[[], Any]] = [
            self.submit,
            lambda: self.submit(type="mistake"),
            lambda: self.call("GET", "/jobs?limit=50"),
            lambda: self.call("GET", "/jobs?since=0&limit=50"),
            lambda: self.call("GET", f"/jobs/{job}"),
            lambda: self.call("GET", f"/jobs/{job}/items"),
            lambda: self.call("GET", f"/jobs/{job}/events"),
            lambda: self.call("GET", f"/jobs/{job}/result"),
            lambda: self.call("POST", f"/jobs/{job}/cancel"),
            lambda: self.call("POST", f"/jobs/{job}/retry"),
            lambda: self.call("DELETE", f"/jobs/{job}?purge=true"),
        ]
        self._random.choice(actions)()

    def close(self) -> None:
        self._connection.close()


@contextlib.contextmanager
def callers(bellhop: Running, count: int) -> Iterator[list[Caller]]:
    found = [Caller(bellhop.url, seed) for seed in range(count)]
    try:
        yield found
    finally:
        for caller in found:
            caller.close()


def at_once(*works: Callable[[], Any]) -> None:
    """Do all of them in threads of their own; the first failure is raised."""
    failures: list[BaseException] = []

    def run(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@contextlib.contextmanager
def write_lock_taken_again_and_again(database: Path) -> Iterator[Callable[[], int]]:
    """Another process holds the database's write lock most of the time.

    What is given ends it and says how often it had the lock.
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield lambda: int(holder.communicate("\n", timeout=LIMIT_S)[0])
    finally:
        holder.kill()
        holder.communicate()


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, BELLHOP_HUEY_STORAGE="sqlite") as server:
        yield server


def test_it_lets_no_lock_of_the_database_reach_a_user(bellhop: Running) -> None:
    bellhop.serve()
    answers: Counter[int] = Counter()
    with (
        callers(bellhop, CLIENTS) as clients,
        write_lock_taken_again_and_again(bellhop.data / "bellhop.db") as times_held,
    ):
        at_once(*(lambda c=c: [c.act() for _ in range(REQUESTS_OF_EACH)] for c in clients))
        held = times_held()
        for client in clients:
            answers += client.answers
    assert held >= 3
    assert answers.total() >= CLIENTS * REQUESTS_OF_EACH
    assert {status for status in answers if status >= 300} <= ALLOWED
    log = bellhop.log()
    assert "locked" not in log
    assert "internal error in Bellhop" not in log
    assert "sweep failed" not in log
    assert "a request failed" not in log


def wal_bytes(bellhop: Running) -> int:
    try:
        return (bellhop.data / "bellhop.db-wal").stat().st_size
    except FileNotFoundError:
        return 0


def make_thousands_of_moves(bellhop: Running) -> int:
    """Run 1,500 items (submitted, claimed, completed) while others look; the longest WAL."""
    longest = 0
    is_over = threading.Event()

    def look(client: Caller) -> None:
        for path in itertools.cycle(["/jobs?limit=200", "/jobs?since=0", "/jobs?status=running"]):
            if is_over.is_set():
                return
            client.call("GET", path)

    def measure() -> None:
        nonlocal longest
        while not is_over.wait(0.01):
            longest = max(longest, wal_bytes(bellhop))

    def work() -> None:
        try:
            jobs = [
                bellhop.texts(*(f"{job} {item}" for item in range(100)))["job_id"]
                for job in range(15)
            ]
            for job_id in jobs:
                assert bellhop.final(job_id, limit_s=120)["completed_items"] == 100
        finally:
            is_over.set()

    with callers(bellhop, 3) as lookers:
        at_once(work, measure, *(lambda c=c: look(c) for c in lookers))
        assert all(set(looker.answers) == {200} for looker in lookers)
    return longest


def test_it_keeps_the_write_ahead_log_short_while_others_read(bellhop: Running) -> None:
    bellhop.serve()
    assert 0 < make_thousands_of_moves(bellhop) < MOST_WAL_BYTES


def test_it_leaves_no_write_ahead_log_when_it_stops(bellhop: Running) -> None:
    server = bellhop.serve()
    bellhop.final(bellhop.texts("a")["job_id"])
    assert wal_bytes(bellhop) > 0
    server.terminate()
    assert server.wait(20) == 0
    assert wal_bytes(bellhop) == 0


def test_it_cuts_the_write_ahead_log_of_a_crash_at_the_next_start(bellhop: Running) -> None:
    server = bellhop.serve()
    bellhop.final(bellhop.texts(*"x" * 100)["job_id"])
    left = wal_bytes(bellhop)
    Family(server.pid).kill()
    server.wait()
    assert wal_bytes(bellhop) >= left > 100_000
    bellhop.serve()
    wait_for(lambda: wal_bytes(bellhop) < 100_000)


PAGE_BYTES = 4096


def garbage_in_the_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xa5" * 100)


def a_page_in_the_middle_overwritten(path: Path) -> None:
    page = path.stat().st_size // PAGE_BYTES // 2
    with path.open("r+b") as file:
        file.seek(page * PAGE_BYTES)
        file.write(b"\xa5" * PAGE_BYTES)


def half_of_it_missing(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // PAGE_BYTES // 2 * PAGE_BYTES)


def cut_off_within_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - PAGE_BYTES // 2)


def emptied(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(0)


DAMAGES = [
    garbage_in_the_header,
    a_page_in_the_middle_overwritten,
    half_of_it_missing,
    cut_off_within_a_page,
    emptied,
]


@pytest.fixture(scope="module")
def used_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a Bellhop that has worked and was stopped; to be copied."""
    with running(tmp_path_factory.mktemp("used"), BELLHOP_HUEY_STORAGE="sqlite") as bellhop:
        bellhop.serve()
        note = bellhop.data.parent / "note.txt"
        note.write_text("three short words")
        uploaded = bellhop.client().create("word_count", files=[note])
        bellhop.final(uploaded["job_id"])
        bellhop.final(bellhop.texts(*"x" * 300)["job_id"])
    # Every page is used and in the file itself: a write-ahead log would repair what is damaged.
    with contextlib.closing(sqlite3.connect(bellhop.data / "bellhop.db")) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (bellhop.data / "bellhop.db").stat().st_size > 20 * PAGE_BYTES
    return bellhop.data


def copy_data(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("bell.fifo"))


@pytest.fixture(params=DAMAGES, ids=lambda damage: damage.__name__)
def damaged(request: pytest.FixtureRequest, bellhop: Running, used_folder: Path) -> Running:
    """A data folder whose job database was damaged while nothing ran."""
    copy_data(used_folder, bellhop.data)
    request.param(bellhop.data / "bellhop.db")
    bellhop.environment["BELLHOP_SERVER_LOG_LEVEL"] = "warning"  # the news of a usual start
    return bellhop


def refusal(bellhop: Running) -> str:
    """What a start that is refused says on stderr."""
    process = bellhop.start()
    assert readline(process) == "", "it has started"
    assert process.wait(LIMIT_S) == 1
    return bellhop.log()


def test_it_says_in_one_line_that_the_database_is_damaged(damaged: Running) -> None:
    (line,) = refusal(damaged).splitlines()
    assert line.startswith("bellhop: ")
    assert str(damaged.data / "bellhop.db") in line
    assert "restore" in line and "backup" in line


def test_it_leaves_a_damaged_database_as_it_is(damaged: Running) -> None:
    before = (damaged.data / "bellhop.db").read_bytes()
    refusal(damaged)
    assert (damaged.data / "bellhop.db").read_bytes() == before


@pytest.mark.parametrize("half", ["web", "consumer"])
def test_it_starts_no_half_on_a_damaged_database(
    half: str, bellhop: Running, used_folder: Path
) -> None:
    copy_data(used_folder, bellhop.data)
    garbage_in_the_header(bellhop.data / "bellhop.db")
    refused = bellhop.run(half)
    assert refused.returncode == 1
    assert "backup" in refused.stderr.splitlines()[-1]


def test_it_starts_again_with_the_database_of_a_backup(bellhop: Running, used_folder: Path) -> None:
    """As docs/architecture.md says to make one: SQLite's own backup, then the folders."""
    copy_data(used_folder, bellhop.data)
    path, copy = bellhop.data / "bellhop.db", bellhop.data.parent / "copy.db"
    with (
        contextlib.closing(sqlite3.connect(path)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    a_page_in_the_middle_overwritten(path)
    copy.replace(path)
    bellhop.serve()
    jobs = bellhop.client().get("/api/v1/jobs")["jobs"]
    assert [job["status"] for job in jobs] == ["completed", "completed"]

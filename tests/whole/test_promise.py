"""The sentence of the README, word by word, against real processes on both stores."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tests.support.running import Running, is_alive, job_processes_of, running, valkey, wait_for

SENTENCE = (
    "At-least-once execution, exactly one recorded result; after a crash of any part, work "
    "continues within a second or two; a cancel really stops it."
)
CANCEL_LIMIT_S = 2
# "A second or two" on a machine that runs tests beside it.
RECOVERY_CEILING_S = 6
ITEMS = 45


@pytest.fixture(params=["sqlite", "redis"])
def bellhop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    with valkey() as server, running(tmp_path, BELLHOP_HUEY_STORAGE=request.param) as made:
        if request.param == "redis":
            server.start()
            made.environment["BELLHOP_HUEY_REDIS_URL"] = server.url
        made.serve()
        yield made


def pids_of(bellhop: Running, part: str) -> list[int]:
    """The processes that a crash of `part` takes."""
    jobs = job_processes_of(bellhop.data)
    if part == "job process":
        return jobs[:1]
    if part == "parent":
        return [bellhop.processes[-1].pid]
    if part == "everything":
        return [bellhop.processes[-1].pid, *bellhop.descendants()]
    return [p for p in bellhop.descendants() if part in _words(p)]


def _words(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return []


def last_event(bellhop: Running, move: str) -> int:
    sql = f"SELECT coalesce(max(id), 0) FROM event WHERE move = '{move}'"
    ((number,),) = bellhop.query(sql)
    return int(number)


def final_by_rows(bellhop: Running) -> bool:
    """Whether all jobs are final; asked of the database, for the web may be away."""
    sql = "SELECT count(*) FROM job WHERE status NOT IN ('completed', 'failed', 'cancelled')"
    return bellhop.query(sql) == [(0,)]


def test_it_stands_in_the_readme() -> None:
    assert SENTENCE in " ".join((ROOT / "README.md").read_text().replace("*", "").split())


@pytest.mark.parametrize("part", ["job process", "consumer", "web", "parent", "everything"])
def test_it_works_on_soon_after_a_crash_and_records_each_result_once(
    bellhop: Running, part: str
) -> None:
    bellhop.texts(*map(str, range(ITEMS)), type="slow", seconds=0.2)
    wait_for(lambda: last_event(bellhop, "completed"))
    for pid in pids_of(bellhop, part):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    crashed = time.monotonic()
    claimed_before = last_event(bellhop, "claimed")
    if part in ("parent", "everything"):
        bellhop.serve()
    wait_for(lambda: last_event(bellhop, "claimed") > claimed_before)
    assert time.monotonic() - crashed < RECOVERY_CEILING_S
    wait_for(lambda: final_by_rows(bellhop), limit_s=60)
    moves = Counter(bellhop.query("SELECT item, move FROM event WHERE item IS NOT NULL"))
    assert all(moves[item, "claimed"] >= 1 for item in range(ITEMS)), "at least once"
    assert all(moves[item, "completed"] == 1 for item in range(ITEMS)), "exactly one result"
    assert bellhop.query("SELECT count(*) FROM result") == [(ITEMS,)]


@pytest.mark.parametrize("ask", ["cancel", "DELETE"])
def test_it_really_stops_what_is_cancelled(bellhop: Running, ask: str) -> None:
    """A hang in C that ignores every signal, with a child and a grandchild."""
    job_id = bellhop.texts(str(bellhop.outside / "pids"), type="freeze")["job_id"]
    pids = [int(pid) for pid in wait_for(read_if_there(bellhop.outside / "pids")).split()]
    assert all(map(is_alive, pids))
    asked = time.monotonic()
    if ask == "cancel":
        job = bellhop.client().post(f"/api/v1/jobs/{job_id}/cancel", {})
        assert (job["status"], job["cancel_requested"]) == ("running", True)
    else:
        bellhop.client().delete(f"/api/v1/jobs/{job_id}")
    wait_for(lambda: bellhop.query("SELECT 1 FROM job WHERE status = 'cancelled'"))
    assert time.monotonic() - asked < CANCEL_LIMIT_S
    assert not any(map(is_alive, pids)), "cancelled means that nothing of it lives"


def read_if_there(path: Path) -> Callable[[], str | None]:
    return lambda: path.read_text() if path.exists() else None

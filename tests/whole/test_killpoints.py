"""A process dies between each two steps of accept, claim, run and finish: each heals."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.killpoints import (
    BACKUP,
    BEFORE,
    RESTORE_ON_SERVER,
    TO_POSTGRESQL,
    TO_SQLITE,
    UPLOAD,
    WITH_FILES,
)
from tests.support.places import ROOT
from tests.support.running import Running, running, wait_for
from tests.support.wsgi import BOUNDARY, form

ACCEPT = {
    "accept-bytes": "the upload is on the disk, under incoming/",
    "accept-files": "it was moved to its place, without a row",
    "accept-rows": "the rows are written, and not committed",
    "accept-commit": "the job is accepted; nobody was rung, nobody was answered",
    "accept-ring": "the bell rang; nobody was answered",
}
IS_ACCEPTED = ("accept-commit", "accept-ring")
CLAIM_TO_FINISH = {
    "claim-row": "the claim is written, and not committed",
    "claim-commit": "the item is claimed, and has no process",
    "run-process": "it has a process, and no order",
    "run-done": "the job has returned; nothing of it is kept",
    "finish-files": "its output files are in place, without a result",
    "finish-row": "the result is written, and not committed",
    "finish-commit": "the result is recorded",
}
# In the others the item was claimed, so it runs a second time.
RUNS_ONCE = ("claim-row", "finish-commit")


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as made:
        yield made


def upload(bellhop: Running) -> str | None:
    """Send a file; the job's id, None when the web died before it answered."""
    host = bellhop.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=20)
    body = form([("a.txt", b"some words")], "files", {"type": "upper"})
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("POST", "/api/v1/jobs", body, kind)
        found = re.search(rb'"job_id": "(\w+)"', connection.getresponse().read())
        return found.group(1).decode() if found else None
    return None


def dies(bellhop: Running, half: str, point: str) -> None:
    """Start a half that dies at `point`, and send it there."""
    bellhop.environment["BELLHOP_DIE_AT"] = point
    process = bellhop.start(half)
    del bellhop.environment["BELLHOP_DIE_AT"]
    if half == "web":
        assert upload(bellhop) is None
    assert process.wait(20) == -signal.SIGKILL, bellhop.log()


def test_it_names_every_point_there_is() -> None:
    found = {
        point
        for path in (ROOT / "bellhop").rglob("*.py")
        for point in re.findall(r'die_at\("(.*?)"', path.read_text())
    }
    of_moves = {*TO_POSTGRESQL, *TO_SQLITE, *WITH_FILES}
    of_backups = {*BACKUP, *BEFORE, *RESTORE_ON_SERVER}
    assert found == {*ACCEPT, *CLAIM_TO_FINISH, *UPLOAD, *of_moves, *of_backups}


@pytest.mark.parametrize("point", ACCEPT)
def test_it_accepts_wholly_or_not_at_all(bellhop: Running, point: str) -> None:
    dies(bellhop, "web", point)
    bellhop.serve()
    jobs = bellhop.client().get("/api/v1/jobs")["jobs"]
    assert len(jobs) == (point in IS_ACCEPTED)
    for job in jobs:
        assert bellhop.final(job["job_id"])["status"] == "completed"
    # Nothing is in the way of the next one, and what arrived half is gone.
    job_id = upload(bellhop)
    assert job_id and bellhop.final(job_id)["status"] == "completed"
    assert list((bellhop.data / "incoming").iterdir()) == []


@pytest.mark.parametrize("point", ["accept-rows", *IS_ACCEPTED])
def test_it_uses_the_time_of_a_schedule_once(bellhop: Running, point: str) -> None:
    bellhop.start("web")
    job = {"type": "noop", "items": [{"text": "a"}]}
    schedule = {"name": "yearly", "cron": "0 0 1 1 *", "job": job}
    bellhop.client().post("/api/v1/schedules", schedule)
    bellhop.query("UPDATE schedule SET next_at = '2026'")
    dies(bellhop, "consumer", point)
    counted = """SELECT (SELECT count(*) FROM job),
        (SELECT count(*) FROM audit WHERE who = 'local' AND action = 'submit')"""
    assert bellhop.query(counted) == ([(1, 1)] if point in IS_ACCEPTED else [(0, 0)])
    bellhop.start("consumer")
    wait_for(lambda: bellhop.query("SELECT status FROM job") == [("completed",)], limit_s=20)
    assert bellhop.query(counted) == [(1, 1)]


@pytest.mark.parametrize("point", CLAIM_TO_FINISH)
def test_it_runs_to_one_recorded_result(bellhop: Running, point: str) -> None:
    web = bellhop.start("web")
    job_id = upload(bellhop)
    assert job_id
    dies(bellhop, "consumer", point)
    assert web.poll() is None
    bellhop.start("consumer")
    job = bellhop.final(job_id)
    assert (job["status"], job["attempt"]) == ("completed", 1 if point in RUNS_ONCE else 2)
    moves = [move for (move,) in bellhop.query("SELECT move FROM event WHERE item = 0")]
    assert moves.count("completed") == 1
    result = bellhop.client().get(f"/api/v1/jobs/{job_id}/result")
    assert {file["name"] for file in result["items"][0]["files"]} >= {"upper.txt"}
    # The interruption is told, and counted where an attempt was cut short.
    ((interruptions,),) = bellhop.query("SELECT interruptions FROM item")
    assert interruptions == moves.count("requeued") == (0 if point in RUNS_ONCE else 1)


def test_it_leaves_no_process_of_a_consumer_that_died_at_a_point(bellhop: Running) -> None:
    bellhop.start("web")
    assert upload(bellhop)
    dies(bellhop, "consumer", "run-done")
    wait_for(lambda: len(bellhop.descendants()) == 1, limit_s=5)  # the web

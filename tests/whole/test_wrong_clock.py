"""A machine whose clock was two days ahead: what was asked for then is not two days late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.base.times import timestamp
from tests.support.running import Running, running, wait_for

FOLDER = Path(__file__).parents[1] / "support" / "wrong_clock"
AHEAD_S = 2 * 86400
SetClock = Callable[[int], None]


@pytest.fixture
def set_clock(tmp_path: Path) -> SetClock:
    """Let the clock of all processes differ by so many seconds."""
    path = tmp_path / "shift"

    def write(by_s: int) -> None:
        path.with_suffix(".new").write_text(str(by_s))
        path.with_suffix(".new").replace(path)

    return write


@pytest.fixture(params=["while it runs", "while it is stopped"])
def corrected(
    request: pytest.FixtureRequest, tmp_path: Path, set_clock: SetClock
) -> Iterator[tuple[Running, str]]:
    """A Bellhop whose clock is right again, and the job it got before, with a delay of 3 s."""
    clock = {"PYTHONPATH": str(FOLDER), "CLOCK_SHIFT": str(tmp_path / "shift")}
    set_clock(AHEAD_S)
    with running(tmp_path, **clock) as bellhop:
        server = bellhop.serve()
        job = {"type": "noop", "items": [{"text": "a"}]}
        document = {"name": "hourly", "cron": "0 * * * *", "job": job}
        assert bellhop.client().post("/api/v1/schedules", document)["next_at"] > timestamp(AHEAD_S)
        job_id = bellhop.client().post("/api/v1/jobs", {**job, "delay_s": 3})["job_id"]
        if request.param == "while it runs":
            set_clock(0)
        else:
            server.terminate()
            assert server.wait(30) == 0
            set_clock(0)
            bellhop.serve()
        yield bellhop, job_id


@pytest.mark.sqlite("the clock of the machine")
def test_it_follows_a_clock_that_was_ahead(corrected: tuple[Running, str]) -> None:
    bellhop, job_id = corrected

    def next_at() -> str:
        (schedule,) = bellhop.client().get("/api/v1/schedules")["schedules"]
        return str(schedule["next_at"])

    assert bellhop.final(job_id)["status"] == "completed"
    wait_for(lambda: next_at() < timestamp(3601))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_it_uses_the_clock_of_the_server_that_has_the_rows(
    tmp_path: Path, set_clock: SetClock, engine: str
) -> None:
    """Whatever the machine says, and whenever somebody sets it."""
    clock = {"PYTHONPATH": str(FOLDER), "CLOCK_SHIFT": str(tmp_path / "shift")}
    set_clock(-3600)
    with running(tmp_path, **clock) as bellhop:
        bellhop.serve()
        job = {"type": "noop", "items": [{"text": "a"}]}
        job_id = bellhop.client().post("/api/v1/jobs", {**job, "delay_s": 1})["job_id"]
        said = "the clock of this machine is 3,600.0 s behind the database's"
        wait_for(lambda: said in bellhop.log())
        set_clock(3600)
        told = bellhop.final(job_id)
        assert told["status"] == "completed"
        assert timestamp(-60) < told["created_at"] < told["started_at"] < timestamp()
        assert "the clock changed" not in bellhop.log()

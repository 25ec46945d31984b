"""A data folder of each schema there was starts here, and everything that was in it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bellhop.database.schema import migrations
from tests.support.running import Running, running
from tests.whole.recorded.caller import Caller
from tests.whole.recorded.keep import (
    ACCOUNTS,
    DATA,
    SETTINGS,
    WHOLE_MODEL,
    about,
    restored,
    schema_of,
)

SCHEMAS = sorted(path.name for path in DATA.iterdir())
WITH_WHOLE_MODEL = [name for name in SCHEMAS if int(name) >= WHOLE_MODEL]
WITH_ACCOUNTS = [name for name in SCHEMAS if int(name) >= ACCOUNTS]
# The folders are old: nothing of them may expire.
KEPT = {"BELLHOP_LIFETIME_RESULTS_DAYS": "0", "BELLHOP_LIFETIME_UPLOADS_DAYS": "0"}
# What can run at once.
DUE = ("later", "running", "queued", "shared")


@dataclass
class Earlier:
    """A Bellhop of today on a folder of before; `expected` is what was told of it then.

    `ended` is what is told now, `by` whose token sees everything, None without accounts.
    """

    ask: Caller
    expected: dict[str, Any]
    ended: dict[str, Any]
    by: str | None

    def get(self, path: str) -> Any:
        return self.ask.send(f"GET {path}", by=self.by).json


def move_to(bellhop: Running, server: str) -> None:
    """Move the rows to a server; the folder is that of another version until then."""
    bellhop.environment["BELLHOP_STORAGE_DATABASE"] = ""
    done = bellhop.run("move-to", server)
    assert done.returncode == 0, done.stderr
    bellhop.environment["BELLHOP_STORAGE_DATABASE"] = server


@pytest.fixture(scope="module", params=SCHEMAS)
def earlier(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Earlier]:
    folder = tmp_path_factory.mktemp(request.param)
    with running(folder, **SETTINGS, **KEPT) as bellhop:
        expected = restored(request.param, bellhop.data)
        assert schema_of(bellhop.data) == int(request.param)
        if server := bellhop.environment["BELLHOP_STORAGE_DATABASE"]:
            move_to(bellhop, server)
        bellhop.serve()
        ended = {name: job["job_id"] for name, job in expected["ended"].items()}
        ask = Caller(bellhop, {**ended, **expected["left"]})
        ask.logins = {n: {"Authorization": f"Bearer {t}"} for n, t in expected["tokens"].items()}
        by = "anna" if expected["tokens"] else None
        yield Earlier(ask, expected, {name: about(ask, name, by) for name in ended}, by)


def test_it_has_every_job_that_had_ended_with_its_results_and_files(earlier: Earlier) -> None:
    was = {name: job["job"] for name, job in earlier.expected["ended"].items()}
    assert earlier.ended == was


def test_it_runs_to_its_end_what_was_queued_or_running(earlier: Earlier) -> None:
    due = [name for name in DUE if name in earlier.expected["left"]]
    assert {earlier.ask.final(name, earlier.by)["status"] for name in due} == {"completed"}


def test_it_counts_the_run_that_was_cut_off_as_an_attempt(earlier: Earlier) -> None:
    assert earlier.ask.final("running", earlier.by)["attempt"] == 2


def test_it_retries_what_had_failed(earlier: Earlier) -> None:
    assert earlier.ask.send("POST jobs/{partly}/retry", by=earlier.by).status == 202
    assert earlier.ask.final("partly", earlier.by)["status"] == "completed"


def test_it_runs_again_what_was_cancelled(earlier: Earlier) -> None:
    assert earlier.ask.send("POST jobs/{cancelled}/retry", by=earlier.by).status == 202
    assert earlier.ask.final("cancelled", earlier.by)["status"] == "completed"


@pytest.mark.parametrize("earlier", WITH_WHOLE_MODEL, indirect=True)
def test_it_waits_for_the_time_and_the_job_that_were_named(earlier: Earlier) -> None:
    timed, needing = (earlier.get(f"jobs/{{{name}}}") for name in ("timed", "needing"))
    assert timed["waiting_for"] == "its start time, 2100-01-01T00:00:00Z"
    assert needing["depends_on"] == [timed["job_id"]]
    assert needing["waiting_for"] == f"job {timed['job_id']} to complete"


@pytest.mark.parametrize("earlier", WITH_WHOLE_MODEL, indirect=True)
def test_it_runs_a_paused_queue_only_when_it_is_resumed(earlier: Earlier) -> None:
    paused = earlier.get("jobs/{paused}")
    assert (paused["status"], paused["priority"]) == ("queued", 5)
    earlier.ask.send("POST queues/parsing/resume", by=earlier.by)
    assert earlier.ask.final("paused", earlier.by)["status"] == "completed"


@pytest.mark.parametrize("earlier", WITH_WHOLE_MODEL, indirect=True)
def test_it_still_has_the_schedule(earlier: Earlier) -> None:
    (schedule,) = earlier.get("schedules")["schedules"]
    assert (schedule["name"], schedule["cron"]) == ("New year", "0 0 1 1 *")
    assert schedule["job"]["items"] == [{"text": "happy"}]


@pytest.mark.parametrize("earlier", WITH_WHOLE_MODEL, indirect=True)
def test_it_still_tells_what_was_delivered(earlier: Earlier) -> None:
    (delivery,) = earlier.get("jobs/{told}/deliveries")["deliveries"]
    assert (delivery["status"], delivery["answer"]["status"]) == ("completed", 200)


@pytest.mark.parametrize("earlier", WITH_WHOLE_MODEL, indirect=True)
def test_it_remembers_what_is_to_be_kept_and_what_was_cached(earlier: Earlier) -> None:
    assert earlier.get("jobs/{warned}")["keep"]
    assert earlier.get("jobs/{cached}")["cached"]


@pytest.mark.parametrize("earlier", WITH_ACCOUNTS, indirect=True)
def test_it_lets_the_tokens_of_before_in(earlier: Earlier) -> None:
    found = [earlier.ask.send("GET account", by=name).json for name in earlier.ask.logins]
    roles = [(account["name"], account["role"]) for account in found]
    assert roles == [("anna", "admin"), ("ben", "member"), ("vera", "viewer")]
    assert earlier.ask.send("GET account").status == 401


@pytest.mark.parametrize("earlier", WITH_ACCOUNTS, indirect=True)
def test_it_shows_what_was_shared_and_nothing_else(earlier: Earlier) -> None:
    shown = earlier.ask.send("GET jobs", by="vera").json["jobs"]
    assert [job["job_id"] for job in shown] == [earlier.ask.names["shared"]]


def test_it_keeps_a_folder_of_every_schema_before_this_one() -> None:
    assert {f"{number:04}" for number in range(1, len(migrations()))} <= {*SCHEMAS}

"""Why a job waits, in words, where there are several machines."""

from __future__ import annotations

import pytest

from bellhop.bell.bell import Bell
from bellhop.database.database import database, query
from bellhop.jobs import consumers, lifecycle, queries
from bellhop.jobs.intake import Intake
from bellhop.jobs.newjob import NewItem, NewJob, NewStep
from bellhop.storage.files import Files
from bellhop.web import routes
from bellhop.web.site import Site
from tests.support.jobs import job_of
from tests.support.machines import Machine
from tests.support.wsgi import WsgiClient

AWAY = "waits for machine gpu-1, not seen since 2026-11-29T21:00:00Z"


@pytest.fixture
def web(home: Machine, monkeypatch: pytest.MonkeyPatch) -> WsgiClient:
    """The home's; all consumers that there are live, and one of the home serves `parsing`."""
    monkeypatch.setattr(queries, "running_consumers", lambda here: queries.consumers())
    consumers.register("c1", 1, ["parsing"], home.here.machine, home.here.place)
    settings, here, types = home.settings, home.here, home.merged
    bell = Bell(settings, here)
    site = Site(settings, here, Files(here.folder), types, bell, Intake(settings, types))
    return WsgiClient(routes.make_app(site))


def works(machine: Machine, *queues: str) -> None:
    consumers.register("c2", 1, queues, machine.here.machine, machine.here.place)


def words(web: WsgiClient, type: str, queue: str = "ai") -> str | None:
    job = NewJob(
        type=type, name="a", params={}, queue=queue, max_attempts=4,
        items=[NewItem("a", {"text": "a"})],
    )  # fmt: skip
    lifecycle.submit(job)
    database.close()
    said = web.get(f"/api/v1/jobs/{job.job_id}").json["waiting_for"]
    return None if said is None else str(said)


def told(machine: Machine, *types: str, queue: str = "ai") -> None:
    for name in types:
        machine.has(name, queue=queue)
    machine.tell()


def test_it_says_that_no_machine_has_the_type(web: WsgiClient, gpu: Machine) -> None:
    assert words(web, "nowhere") == "no machine has the job type nowhere"


def test_it_says_which_machine_is_away(web: WsgiClient, gpu: Machine) -> None:
    told(gpu, "embed")
    assert words(web, "embed") == AWAY


def test_it_says_nothing_of_a_machine_that_is_there(web: WsgiClient, gpu: Machine) -> None:
    told(gpu, "embed")
    works(gpu, "ai")
    assert words(web, "embed") == "a free worker"


def test_it_says_which_machine_takes_no_new_items(web: WsgiClient, gpu: Machine) -> None:
    told(gpu, "embed")
    works(gpu, "ai")
    query("UPDATE consumer SET draining = 1 WHERE id = 'c2'")
    said = "waits for machine gpu-1, which takes no new items until it is restarted"
    assert words(web, "embed") == said


def test_it_says_which_machine_serves_a_queue(web: WsgiClient, home: Machine, gpu: Machine) -> None:
    for machine in (home, gpu):
        told(machine, "embed")
    assert words(web, "embed") == AWAY


def test_it_waits_for_none_that_does_not_serve_the_queue(web: WsgiClient, gpu: Machine) -> None:
    told(gpu, "embed", queue="ocr")
    works(gpu, "ai")
    said = "no machine that has the job type embed serves the queue ocr"
    assert words(web, "embed", "ocr") == said


def test_it_says_that_other_code_rules_a_type_out(
    web: WsgiClient, home: Machine, gpu: Machine
) -> None:
    """The home has the code that counts, and cannot run it."""
    home.has("embed", code="ours", error="No module named 'torch'")
    gpu.has("embed", code="theirs")
    for machine in (home, gpu):
        machine.tell()
    works(gpu, "ai")
    said = "machine home has embed, but cannot use it: No module named 'torch'"
    assert words(web, "embed") == said


def test_it_says_that_the_queue_is_paused_first(web: WsgiClient, gpu: Machine) -> None:
    told(gpu, "embed")
    web.post("/api/v1/queues/ai/pause", {})
    assert words(web, "embed") == "the queue ai is paused"


def test_it_says_what_a_later_step_waits_for(web: WsgiClient, home: Machine, gpu: Machine) -> None:
    told(home, "parse", queue="parsing")
    told(gpu, "embed")
    job = NewJob(
        type="parse", name="a", params={}, queue="parsing", max_attempts=4,
        items=[NewItem("a", {"text": "a"})], then=[NewStep("embed", {}, "ai")],
    )  # fmt: skip
    lifecycle.submit(job)
    row = job_of(job.job_id)
    query("UPDATE item SET status = 'completed', completed_at = '2026', attempt = 1 WHERE step = 0")
    query("UPDATE item SET status = 'queued', waits_for = NULL WHERE step = 1")
    query("UPDATE job SET status = 'running', started_at = '2026' WHERE id = :id", {"id": row.id})
    database.close()
    assert web.get(f"/api/v1/jobs/{job.job_id}").json["waiting_for"] == AWAY


def test_it_speaks_of_consumers_where_there_is_one_machine(web: WsgiClient, home: Machine) -> None:
    told(home, "embed")
    assert words(web, "embed") == "no consumer serves the queue ai"

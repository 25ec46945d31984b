"""Which types each machine runs: a type on one machine only, and equal names with other code."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from bellhop.catalog import description
from bellhop.catalog.catalog import Catalog
from bellhop.consumer.owntypes import OwnTypes
from bellhop.consumer.workers import Workers
from bellhop.database.database import query
from bellhop.jobs import consumers, lifecycle
from bellhop.jobs.intake import Intake
from bellhop.jobs.newjob import NewItem, NewJob
from bellhop.machines import served
from bellhop.storage.models import Job
from tests.support.jobs import job_of, moves_of, run_all
from tests.support.machines import Machine
from tests.support.once import descriptions
from tests.support.places import TYPES

NewMachine = Callable[..., Machine]


def submit(type: str, queue: str = "ai") -> Job:
    job = NewJob(
        type=type, name="a", params={}, queue=queue, max_attempts=4,
        items=[NewItem("a", {"text": "a"})],
    )  # fmt: skip
    lifecycle.submit(job)
    return job_of(job.job_id)


def named(known: Catalog, name: str) -> tuple[bool, str | None]:
    found = known.types()[name]
    return found.available, found.reason


def test_it_offers_the_type_that_only_another_machine_has(home: Machine, gpu: Machine) -> None:
    gpu.has("embed")
    gpu.tell()
    found = home.merged.types()["embed"]
    assert (found.available, found.label, found.timeout_s) == (True, "embed of gpu-1", 120)
    asked = {"type": "embed", "items": [{"text": "a"}]}
    job = Intake(home.settings, home.merged).from_json(asked, "local")
    assert (job.type, job.queue) == ("embed", "ai")


def test_it_offers_the_type_that_the_home_has_but_cannot_use(home: Machine, gpu: Machine) -> None:
    home.has("embed", error="No module named 'torch'")
    gpu.has("embed")
    for machine in (home, gpu):
        machine.tell()
    assert named(home.catalog, "embed") == (False, "No module named 'torch'")
    assert named(home.merged, "embed") == (True, None)


def test_it_says_where_a_type_cannot_be_used(home: Machine, gpu: Machine) -> None:
    gpu.has("embed", error="No module named 'torch'")
    gpu.tell()
    assert named(home.merged, "embed") == (False, "machine gpu-1: No module named 'torch'")


def test_it_keeps_what_the_home_says_of_its_own_type(home: Machine, gpu: Machine) -> None:
    for machine in (home, gpu):
        machine.has("embed")
        machine.tell()
    assert home.merged.types()["embed"].label == "embed of home"


def test_it_forgets_the_type_of_a_machine_that_no_longer_has_it(
    home: Machine, gpu: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "ELSEWHERE_EVERY_S", 0.0)
    gpu.has("embed")
    gpu.tell()
    assert "embed" in home.merged.types()
    gpu.lacks("embed")
    gpu.tell()
    assert "embed" not in home.merged.types()


def test_it_forgets_the_types_of_a_machine_that_was_removed(home: Machine, gpu: Machine) -> None:
    gpu.has("embed")
    gpu.tell()
    query("DELETE FROM machine WHERE name = 'gpu-1'")
    assert "embed" not in home.merged.types()
    gpu.tell()  # which it does not know yet
    assert query("SELECT * FROM served") == []


def test_it_says_which_line_the_home_lacks_for_a_queue(home: Machine, gpu: Machine) -> None:
    gpu.has("embed", queue="gpu")
    gpu.tell()
    said = gpu.problem("embed")
    assert said == "its queue is not in config.ini of the home; add the line [queue:gpu] there"


@pytest.mark.parametrize("spoiled", ["{", "[]", "{}", '{"type": "embed"}', '"' + "x" * 9])
def test_it_offers_no_type_that_another_version_describes_otherwise(
    home: Machine, gpu: Machine, spoiled: str
) -> None:
    gpu.has("embed")
    gpu.tell()
    query("UPDATE served SET description = :text", {"text": spoiled})
    reason = "machine gpu-1: it runs another version of Bellhop"
    assert named(home.merged, "embed") == (False, reason)


def test_it_reads_a_description_that_says_more(home: Machine, gpu: Machine) -> None:
    gpu.has("embed")
    gpu.tell()
    query("UPDATE served SET description = '{\"colour\": 1, ' || substr(description, 2)")
    assert named(home.merged, "embed") == (True, None)


def test_it_believes_no_description_that_says_what_cannot_be(home: Machine, gpu: Machine) -> None:
    gpu.has("embed")
    gpu.tell()
    text = description.as_json(replace(description.unknown_type("embed"), timeout_s=-1.0))
    query("UPDATE served SET description = :text", {"text": text})
    assert not home.merged.types()["embed"].available


def test_it_rules_out_other_code_than_that_of_the_home(
    home: Machine, gpu: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    gpu.has("embed", code="theirs")
    gpu.tell()
    assert gpu.runs("embed")
    home.has("embed", code="ours")
    home.tell()
    for _ in range(3):
        gpu.tell()
    said = (
        "machine home has other code under this name, and only that runs; copy its file from there"
    )
    assert gpu.problem("embed") == said and home.runs("embed")
    assert [r.getMessage() for r in caplog.records if r.levelname == "WARNING"] == [
        f"job type embed does not run here: {said}"
    ]


def test_it_tells_the_page_what_other_code_rules_out(home: Machine, gpu: Machine) -> None:
    for machine in (home, gpu):
        machine.has("embed", code=machine.name)
        machine.has("broken", error="No module named 'torch'")
        machine.tell()
    (said,) = served.ruled_out(gpu.here.machine)
    assert said.startswith("the job type embed does not run there: machine home has other code")
    assert served.ruled_out(home.here.machine) == []


def test_it_changes_nothing_else_about_that_machine(home: Machine, gpu: Machine) -> None:
    for machine, code in ((home, "ours"), (gpu, "theirs")):
        machine.has("embed", code)
        machine.has("other")
        machine.tell()
    assert not gpu.runs("embed") and gpu.runs("other")


def test_it_rules_out_other_code_than_that_which_came_first(
    home: Machine, gpu: Machine, new_machine: NewMachine
) -> None:
    second = new_machine("a-machine")
    gpu.has("embed", code="first")
    gpu.tell()
    second.has("embed", code="second")
    second.tell()
    gpu.tell()
    assert gpu.runs("embed") and not second.runs("embed")
    assert "machine gpu-1 has other code" in str(second.problem("embed"))


@pytest.mark.parametrize("names", [("home", "gpu-1", "gpu-2"), ("gpu-2", "gpu-1", "home"),
                                   ("gpu-1", "gpu-2")])  # fmt: skip
def test_it_heals_where_a_file_is_edited_on_one_machine_after_the_other(
    new_machine: NewMachine, names: tuple[str, ...]
) -> None:
    every = {name: new_machine(name) for name in names}
    for machine in every.values():
        machine.has("embed", code="before")
        machine.tell()
    assert all(machine.runs("embed") for machine in every.values())
    for name in names:
        every[name].has("embed", code="after")
        for machine in every.values():
            machine.tell()
        assert any(machine.runs("embed") for machine in every.values())
    for machine in every.values():
        machine.tell()
    assert all(machine.runs("embed") for machine in every.values())


def test_it_runs_the_code_of_another_once_the_first_is_removed(
    home: Machine, gpu: Machine, new_machine: NewMachine
) -> None:
    second = new_machine("gpu-2")
    for machine in (gpu, second):
        machine.has("embed", code=machine.name)
        machine.tell()
    assert not second.runs("embed")
    query("DELETE FROM machine WHERE name = 'gpu-1'")
    second.tell()
    assert second.runs("embed")


def test_it_runs_what_the_home_cannot_use_if_the_code_is_that_of_the_home(
    home: Machine, gpu: Machine
) -> None:
    home.has("embed", code="ours", error="No module named 'torch'")
    home.tell()
    gpu.has("embed", code="theirs")
    gpu.tell()
    assert not gpu.runs("embed")
    gpu.has("embed", code="ours")
    gpu.tell()
    assert gpu.runs("embed")


def test_it_counts_what_a_type_imports_as_its_code(home: Machine, gpu: Machine) -> None:
    for machine in (home, gpu):
        machine.has("embed", code="import helper")
        text = (machine.types / "embed.py").read_text()
        (machine.types / "embed.py").write_text(f"import helper\n{text}")
        (machine.types / "helper.py").write_text(f"A = {machine.name!r}")
        machine._describe("embed", "ai", None)
        machine.tell()
    assert not gpu.runs("embed")
    (gpu.types / "helper.py").write_text("A = 'home'")
    gpu._describe("embed", "ai", None)
    gpu.tell()
    assert gpu.runs("embed")


def test_it_does_not_count_the_other_types_of_a_folder(home: Machine, gpu: Machine) -> None:
    """Also where nobody can read from a text what it imports."""
    for machine in (home, gpu):
        machine.has("embed", code="importlib")
        text = (machine.types / "embed.py").read_text()
        (machine.types / "embed.py").write_text(f"import importlib\n{text}")
        machine.has(f"of_{machine.name[:3]}")
        machine._describe("embed", "ai", None)
        machine.tell()
    assert gpu.runs("embed")


def test_it_takes_types_of_one_version_for_equal_that_come_with_bellhop(
    new_machine: NewMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two versions of Bellhop may serve them at once."""
    home, gpu = (new_machine(name, described=descriptions()) for name in ("home", "gpu-1"))
    for machine in (home, gpu):
        machine.tell()
    assert home.runs("word_count") and gpu.runs("word_count")
    gpu.has("word_count", code="my own")
    gpu.tell()
    assert not gpu.runs("word_count")


def test_it_writes_nothing_while_nothing_changes(home: Machine, gpu: Machine) -> None:
    gpu.has("embed")
    gpu.tell()
    before = query("SELECT xmin FROM served")
    gpu.tell()
    assert query("SELECT xmin FROM served") == before


def test_it_claims_only_items_of_types_that_run_here(home: Machine, gpu: Machine) -> None:
    for machine, name in ((home, "parse"), (gpu, "embed")):
        machine.has(name)
        machine.tell()
    here, there = (OwnTypes(machine.here, machine.catalog) for machine in (home, gpu))
    assert (here.names(), there.names()) == (["parse"], ["embed"])


def test_it_claims_none_of_a_type_that_is_not_ready_here(home: Machine, gpu: Machine) -> None:
    """Such as one whose packages are being installed: its items wait, or run elsewhere."""
    gpu.has("embed", error="installing: torch")
    gpu.tell()
    assert OwnTypes(gpu.here, gpu.catalog).names() == []
    gpu.has("embed")
    gpu.tell()
    assert OwnTypes(gpu.here, gpu.catalog).names() == ["embed"]


def test_it_claims_all_where_there_is_one_machine(home: Machine) -> None:
    home.has("embed")
    home.tell()
    assert OwnTypes(home.here, home.catalog).names() is None


def test_it_gives_each_machine_the_items_of_its_types(new_machine: NewMachine) -> None:
    own = f"[jobtypes]\nfolder = {TYPES}\n"
    home = new_machine("home", described=descriptions(), text=own)
    gpu = new_machine("gpu-1", described=descriptions(), text=own)
    query(
        """INSERT INTO served (machine, type, code, description, problem) VALUES
        ('home-id', 'noop', '', '{}', NULL), ('gpu-1-id', 'invoice', '', '{}', NULL),
        ('gpu-1-id', 'noop', '', '{}', 'other code')"""
    )
    jobs = {name: submit(name) for name in ("invoice", "noop", "nowhere")}
    for machine, consumer, done in ((home, "c1", "noop"), (gpu, "c2", "invoice")):
        workers = Workers(
            machine.settings, machine.here, consumer=consumer, counts={"ai": 1},
            ring=lambda times: None,
        )  # fmt: skip
        consumers.register(consumer, 1, ["ai"], machine.here.machine, machine.here.place)
        workers.look()
        assert workers.is_due() and not workers.is_due()
        run_all(workers)
        workers.pool.retire_idle(0)
        assert moves_of(job_of(jobs[done].job_id))[-1] == "completed"
    assert moves_of(jobs["nowhere"]) == ["submitted"]

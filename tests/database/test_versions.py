"""Programs of several versions at one database: who migrates, who goes on, who waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from bellhop.base.errors import ItemError, StartRefused
from bellhop.database import schema, server, versions
from bellhop.database.database import database, query
from bellhop.jobs import consumers, lifecycle, queries
from bellhop.jobs.newjob import NewItem, NewJob
from bellhop.machines import published
from bellhop.metrics import totals
from bellhop.notices.wishes import Wish, set_wish
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, make_folder
from tests.support import single
from tests.support.programs import as_0_1_0

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
# Made up: what a later version may add, and what its predecessor could not read any more.
ADDS = """
    ALTER TABLE item ADD COLUMN colour TEXT;
    ALTER TABLE job ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey';
    ALTER TABLE consumer ADD COLUMN hat TEXT;
    ALTER TABLE schedule ADD COLUMN mood TEXT;
    CREATE TABLE weather (id INTEGER PRIMARY KEY, sun TEXT);"""
BREAKS = "ALTER TABLE item RENAME COLUMN progress TO percent;"
OWN = schema.MIGRATIONS
Program = Callable[..., None]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    """Be a program that knows further migrations; without any, the one that is tested."""
    texts = schema.migrations()

    def be(*added: str, breaking: str = "") -> None:
        names = [f"{len(OWN) + n:04}_made_up" for n, _ in enumerate((*added, breaking), 1)]
        steps = [text for text in (*added, breaking) if text]
        monkeypatch.setattr(schema, "MIGRATIONS", (*OWN, *names[: len(steps)]))
        broken = {names[len(steps) - 1]} if breaking else set()
        monkeypatch.setattr(schema, "BREAKING", frozenset({OWN[-1], *broken}))
        monkeypatch.setattr(server, "migrations", lambda: [*texts, *steps])

    return be


@pytest.fixture
def url(empty_database: str) -> Iterator[str]:
    """A database of the schema of this program."""
    server.migrate(empty_database, alone=True)
    yield empty_database
    database.close_all()


def add_machine(consumer: str, name: str, *, is_home: int = 0) -> None:
    query(
        """INSERT INTO machine (id, name, is_home, queues, version, place, joined_at, seen_at)
        VALUES (:name, :name, :is_home, '{}', '', '', '', '')""",
        {"name": name, "is_home": is_home},
    )
    consumers.register(consumer, 1, ["parsing"], name, "")


def version() -> int:
    ((number,),) = query("SELECT version FROM about")
    return int(number)


def submit() -> None:
    job = NewJob(type="noop", name="a", params={}, queue="parsing", max_attempts=4,
                 items=[NewItem("a", {"text": "a"})])  # fmt: skip
    lifecycle.submit(job)


def test_it_goes_on_where_a_newer_version_has_added_something(url: str, program: Program) -> None:
    program(ADDS)
    server.migrate(url, alone=True)
    program()
    server.meet(url, 0)
    server.migrate(url, alone=True, may_be_newer=True)
    assert version() == len(OWN) + 1


def test_it_does_not_at_the_home(url: str, program: Program) -> None:
    program(ADDS)
    server.migrate(url, alone=True)
    program()
    with pytest.raises(StartRefused, match="is from a newer version of Bellhop"):
        server.migrate(url, alone=True)


def test_it_does_not_at_the_database_of_another_installation(url: str, program: Program) -> None:
    program(ADDS)
    server.migrate(url, alone=True)
    program()
    with pytest.raises(StartRefused):
        server.migrate(url, alone=True, mark=5, may_be_newer=True)
    with pytest.raises(StartRefused, match="another installation"):
        server.meet(url, 5)


def test_it_runs_items_with_columns_that_it_does_not_know(url: str, program: Program) -> None:
    program(ADDS)
    server.migrate(url, alone=True)
    program()
    server.meet(url, 0)
    consumers.register("c1", 1, ["parsing"])
    submit()
    query("UPDATE item SET colour = 'red'")
    query("UPDATE job SET colour = 'blue'")
    claim = single.claim("parsing", "c1/1")
    assert claim and lifecycle.progress(claim, 50, "half") and lifecycle.renew(claim)
    assert single.complete(claim, data="1", files="[]", warnings="[]")
    assert query("SELECT status, item.colour FROM item") == [("completed", "red")]
    assert query("SELECT status, colour FROM job") == [("completed", "blue")]
    assert [consumer.id for consumer in queries.consumers()] == ["c1"]
    submit()
    assert single.claim("parsing", "c1/1") and lifecycle.adopt("c1") == 1


def test_a_job_that_0_1_0_ran_lacks_its_counts_and_its_notice_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0011 is not breaking: see the upgrade notes of 0.2.0."""
    set_wish("local", Wish("ada@example.org", "every"))
    for is_older in (True, False):
        submit()
        with monkeypatch.context() as there:
            if is_older:
                as_0_1_0(there)
            claim = single.claim("parsing", "c1/1")
            assert claim and single.complete(claim, data="1", files="[]", warnings="[]")
    assert query("SELECT status, completed_items FROM job") == [("completed", 1)] * 2
    assert query("SELECT count(*) FROM result") == [(2,)]
    assert query("SELECT count(*) FROM notice JOIN job USING (job_id) WHERE job.id = 2") == [(1,)]
    assert query("SELECT count(*) FROM notice") == [(1,)]
    counted = {what: sum(each.number for each in found) for what, found in totals.every().items()}
    assert (counted["submitted"], counted["item"], counted["job"]) == (2, 1, 1)


def test_what_0_1_0_ran_can_run_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    submit()
    with monkeypatch.context() as there:
        as_0_1_0(there)
        claim = single.claim("parsing", "c1/1")
        assert claim and lifecycle.fail(claim, ItemError("bad_input", "It is no PDF."))
    ((job,),) = query("SELECT job_id FROM job")
    lifecycle.retry(job)
    claim = single.claim("parsing", "c1/1")
    assert claim and single.complete(claim, data="1", files="[]", warnings="[]")
    assert query("SELECT status, is_again FROM job") == [("completed", 1)]


def test_it_says_in_one_line_that_it_is_too_old(url: str, program: Program) -> None:
    program(breaking=BREAKS)
    server.migrate(url, alone=True)
    program()
    with pytest.raises(StartRefused, match="too old for PostgreSQL") as refused:
        server.meet(url, 0)
    assert "\n" not in str(refused.value)
    with pytest.raises(StartRefused, match="too old for PostgreSQL"):
        server.migrate(url, alone=True, may_be_newer=True)
    assert versions.is_too_old(len(OWN)) and not versions.is_too_old(len(OWN) + 1)


def test_it_needs_what_was_broken_last(url: str, program: Program) -> None:
    program(BREAKS, ADDS)
    assert (versions.needed(len(OWN) + 2), versions.needed(len(OWN))) == (len(OWN), len(OWN))
    program(ADDS, breaking=BREAKS)
    assert versions.needed(len(OWN) + 2) == len(OWN) + 2


def test_it_waits_until_the_home_is_updated(
    url: str, program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A machine that joined migrates nothing."""
    program(ADDS)
    looks: list[int] = []

    def look(_: float) -> None:
        looks.append(version())
        if len(looks) == 3:
            with database.atomic():
                server.bring_up("there", alone=True, may_create=False, mark=0)

    monkeypatch.setattr("time.sleep", look)
    caplog.set_level(logging.WARNING)
    server.meet(url, 0)
    assert looks == [len(OWN)] * 3 and version() == len(OWN) + 1
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.endswith("it waits: update the home first")


def test_it_makes_no_breaking_migration_while_another_machine_runs(
    url: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_machine("c2", "gpu-1")
    monkeypatch.setattr("time.sleep", lambda _: query("UPDATE consumer SET beat = beat + 1"))
    program(breaking=BREAKS)
    with pytest.raises(StartRefused, match="machine gpu-1 runs one; stop Bellhop there first"):
        server.migrate(url, alone=True)
    assert version() == len(OWN)


def test_it_lets_nobody_claim_who_comes_back_after_one(
    url: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "WATCH_EVERY_S", 0.05)
    add_machine("c2", "gpu-1")
    submit()
    program(breaking=BREAKS)
    server.migrate(url, alone=True, lease_s=0.1)
    assert version() == len(OWN) + 1
    assert single.claim("parsing", "c2/1") is None


def test_it_adds_something_while_other_machines_run(
    url: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it watches"))
    add_machine("c2", "gpu-1")
    submit()
    program(ADDS)
    server.migrate(url, alone=True)
    assert version() == len(OWN) + 1 and single.claim("parsing", "c2/1")


def test_it_watches_nobody_where_there_is_one_machine(
    url: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it watches"))
    add_machine("c1", "home", is_home=1)
    program(breaking=BREAKS)
    server.migrate(url, alone=True)
    assert version() == len(OWN) + 1


def test_it_stops_once_it_has_become_too_old(
    url: str, program: Program, config: Callable[[str], Settings]
) -> None:
    settings = config("")
    here = Installation(make_folder(settings), "test", "sqlite", "", home="https://x", rows="x")
    stops: list[bool] = []
    watch = published.Watch(settings, here, lambda: stops.append(True))
    watch.look()
    assert not stops
    program(breaking=BREAKS)
    server.migrate(url, alone=True)
    program()
    watch._look_at = 0.0
    watch.look()
    assert stops == [True]

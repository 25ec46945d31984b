"""Which machine a data folder is, and what becomes of a copy of one."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bellhop import __version__
from bellhop.base import times
from bellhop.base.errors import REMOVED, NotAMember, StartRefused
from bellhop.cli import start
from bellhop.database.database import query
from bellhop.database.postgresql import Postgres
from bellhop.database.schema import MIGRATIONS
from bellhop.machines import members
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, make_folder, read_record
from tests.support.once import descriptions
from tests.support.wsgi import WsgiClient

Config = Callable[[str], Settings]


@pytest.fixture
def copied(loaded: Settings, here: Installation, tmp_path: Path) -> Settings:
    """The settings of a copy of the data folder, of another machine that has it as a backup."""
    shutil.copytree(here.folder, tmp_path / "copy")
    return replace(loaded, data_dir=tmp_path / "copy")


def machine() -> tuple[str, str, str]:
    ((name, place, queues),) = query("SELECT name, place, queues FROM machine")
    return name, place, queues


def add_consumer(here: Installation) -> None:
    query(
        """INSERT INTO consumer (id, pid, started_at, queues, machine, place)
        VALUES ('c1', 1, '2026', '[]', :machine, :place)""",
        members.known_as(here),
    )


def test_it_records_the_home_as_a_machine(loaded: Settings, here: Installation) -> None:
    workers = {name: queue.workers for name, queue in loaded.queues.items()}
    assert machine() == ("home", here.place, json.dumps(workers))
    assert read_record(here.folder) == here and here.machine


def test_it_stays_the_same_machine_over_starts(loaded: Settings, here: Installation) -> None:
    assert start.prepare(loaded) == here
    assert machine()[0] == "home"


def test_it_serves_what_the_settings_of_the_next_start_say(
    config: Config, rows: str, here: Installation
) -> None:
    places = f"database = {rows}\nfiles = {here.files}"
    start.prepare(config(f"[storage]\n{places}\n[queue:ai]\nworkers = 5"))
    assert json.loads(machine()[2])["ai"] == 5


def test_it_calls_the_home_otherwise_where_that_name_is_taken(here: Installation) -> None:
    query("UPDATE machine SET id = 'x', is_home = 0")
    members.take_place(here, {}, alone=True)
    assert query("SELECT name FROM machine WHERE is_home = 1") == [("home-2",)]


def test_it_refuses_another_home(here: Installation) -> None:
    other = replace(here, machine="other")
    with pytest.raises(NotAMember, match="another data folder is the home of this installation"):
        members.take_place(other, {}, alone=True)


def test_it_knows_the_home_of_a_record_from_before_there_were_machines(here: Installation) -> None:
    assert members.identified(replace(here, machine="")) == here


def test_it_refuses_a_copy_of_a_data_folder_whose_machine_runs(
    here: Installation, copied: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_consumer(here)
    beat = "UPDATE consumer SET beat = beat + 1"
    monkeypatch.setattr("time.sleep", lambda _: query(beat))
    with pytest.raises(NotAMember, match="runs as machine home with a copy of this data folder"):
        start.prepare(copied)
    assert machine()[1] == here.place


def test_it_starts_from_a_copy_once_the_machine_is_gone(
    here: Installation, copied: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_consumer(here)
    monkeypatch.setattr(members, "WATCH_S", 0.2)
    monkeypatch.setattr(members, "WATCH_EVERY_S", 0.05)
    there = start.prepare(copied)
    assert machine()[1] == there.place != here.place


def test_it_waits_for_nothing_where_it_ran_before(
    loaded: Settings, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_consumer(here)
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it waits"))
    start.prepare(loaded)


def test_it_lets_one_of_two_copies_take_the_place(here: Installation, copied: Settings) -> None:
    with pytest.raises(NotAMember, match="with a copy of this data folder"):
        members._take(here, "home", "where it no longer is", {})


def test_it_lets_no_further_process_start_where_it_was_replaced(here: Installation) -> None:
    query("UPDATE machine SET place = 'elsewhere'")
    with pytest.raises(NotAMember, match="runs as machine home in the place of this one"):
        members.take_place(here, {}, alone=False)


def test_it_starts_no_machine_that_was_removed(here: Installation) -> None:
    with pytest.raises(NotAMember, match="was removed from its installation"):
        members.take_place(replace(here, home="https://x", machine="gone"), {}, alone=True)


def test_it_ends_with_a_status_at_which_no_restart_helps() -> None:
    assert NotAMember.exit_status != StartRefused.exit_status


def test_it_says_why_a_machine_may_not_work_any_more(here: Installation) -> None:
    assert members.problem(here) is None
    query("UPDATE machine SET place = 'elsewhere'")
    assert "in the place of this one" in (members.problem(here) or "")
    query("DELETE FROM machine")
    assert members.problem(here) == REMOVED


def test_it_answers_nothing_once_the_home_was_replaced(
    here: Installation, loaded: Settings, web: WsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "LOOK_EVERY_S", 0.0)
    members.watch(here)
    assert web.get("/api/v1/jobs").status == 200
    query("UPDATE machine SET place = 'elsewhere'")
    answer = web.get("/api/v1/jobs")
    assert (answer.status, answer.code) == (503, "database-unavailable")
    assert "another Bellhop runs as machine home" in answer.json["detail"]


def test_it_accepts_no_job_in_the_moment_in_which_the_home_is_replaced(
    here: Installation, web: WsgiClient
) -> None:
    """The files of the job would be where the new home never looks."""
    members.watch(here)
    members.require()  # which it does not ask again for a second
    query("UPDATE machine SET place = 'elsewhere'")
    assert web.post("/api/v1/jobs", {"type": "noop", "items": [{"text": "a"}]}).status == 503
    assert query("SELECT count(*) FROM job") == [(0,)]


def test_it_asks_nothing_by_itself_about_the_home_of_a_job(
    here: Installation, web: WsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each statement of a transaction is a round trip, for which all other writers wait."""
    members.watch(here)
    members.require()
    sent = []

    def send(engine: Postgres, sql: str, values: Any) -> Any:
        if engine.in_transaction():
            sent.append(sql)
        return found(engine, sql, values)

    found = Postgres.send
    monkeypatch.setattr(Postgres, "send", send)
    assert web.post("/api/v1/jobs", {"type": "noop", "items": [{"text": "a"}]}).status == 202
    assert [sql.split()[:3] for sql in sent if "machine" in sql] == [["INSERT", "INTO", "audit"]]


def test_it_tells_what_a_machine_is_like(here: Installation) -> None:
    query("UPDATE machine SET version = '', seen_at = ''")
    members.Report(here, lambda: ["no bell"]).tell_when_due()
    ((facts, version, seen_at),) = query("SELECT facts, version, seen_at FROM machine")
    told = json.loads(facts)
    assert (version, told["problems"]) == (__version__, ["no bell"]) and seen_at
    assert told["round_trip_ms"] > 0 and abs(told["clock_offset_s"]) < 1 and told["python"]


def test_it_tells_that_its_clock_is_wrong_as_the_log_does(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = time.time
    query("SELECT 1")  # it knows the clock of the rows, where these have one
    monkeypatch.setattr(times, "_started_at_s", times.wall_s() - times.since_boot_s())
    monkeypatch.setattr(time, "time", lambda: right() - 3600)
    members.Report(here, list).tell()
    ((facts,),) = query("SELECT facts FROM machine")
    told = json.loads(facts)
    assert told["problems"] == [times.clock_problem()]
    assert told["problems"][0].startswith("the clock of this machine is 3,600.0 s behind")
    assert round(told["clock_offset_s"]) == -3600


def test_it_tells_nothing_of_a_machine_that_was_replaced(here: Installation) -> None:
    query("UPDATE machine SET place = 'elsewhere', facts = '{}'")
    members.Report(here, list).tell_when_due()
    assert query("SELECT facts FROM machine") == [("{}",)]


@pytest.mark.sqlite("no machine is there")
def test_it_knows_no_machine_while_the_rows_are_in_sqlite(config: Config) -> None:
    settings = config("")
    (make_folder(settings) / "types.json").write_bytes(descriptions())
    found = start.prepare(settings)
    members.watch(found)
    members.require()
    assert (found.machine, query("SELECT count(*) FROM machine")) == ("", [(0,)])


def test_it_knows_which_machine_is_too_old(here: Installation) -> None:
    members.Report(here, list).tell()
    assert not members.is_too_old(members.every()[0])
    ((needs,),) = query("SELECT needs FROM about")
    query("UPDATE about SET needs = :newer", {"newer": len(MIGRATIONS) + 1})
    assert members.is_too_old(members.every()[0])
    query("UPDATE machine SET facts = '{}'")  # before its first start
    assert not members.is_too_old(members.every()[0])
    query("UPDATE about SET needs = :needs", {"needs": needs})

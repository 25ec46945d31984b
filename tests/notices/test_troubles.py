"""Trouble of the installation: admins hear of it once when it begins, and once when it is over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bellhop.base import times
from bellhop.base.times import now, timestamp
from bellhop.database.database import query
from bellhop.jobs import lifecycle
from bellhop.notices import troubles
from bellhop.notices.handover import Handover
from bellhop.rotation import rotation
from bellhop.settings.sections import Notices
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Consumer, Job

MAIL = Notices(smtp_host="mail.example.org", smtp_from="b@example.org", admins=("ada@example.org",))
FULL = "the disk is nearly full"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let so many seconds pass."""
    passed, now_s = [0.0], times.wall_s
    monkeypatch.setattr(times, "wall_s", lambda: now_s() + passed[0])

    def wait(seconds: float) -> None:
        passed[0] += seconds

    return wait


@pytest.fixture
def look(loaded: Settings, here: Installation) -> Callable[[], list[str]]:
    """One round of the keeper; the subjects of all mails until now."""
    handover = Handover(replace(loaded, notices=MAIL), here, lambda queues: None)

    def one_round() -> list[str]:
        troubles.tell(MAIL)
        handover.look()
        inputs = query("SELECT input FROM item WHERE type = 'notice' ORDER BY id")
        return [json.loads(text)["data"]["subject"] for (text,) in inputs]

    return one_round


def test_it_tells_admins_when_a_trouble_begins_and_when_it_is_over(
    look: Callable[[], list[str]], later: Callable[[float], None]
) -> None:
    for _ in range(5):
        troubles.report("disk", FULL)
        look()
        later(30)
    assert look() == [f"[Bellhop] {FULL}"]
    troubles.report("disk", None)
    later(601)
    assert look() == [f"[Bellhop] {FULL}", f"[Bellhop] over: {FULL}"]
    assert query("SELECT count(*) FROM trouble") == [(0,)]


def test_it_tells_nobody_of_what_goes_by(
    look: Callable[[], list[str]], later: Callable[[float], None]
) -> None:
    troubles.report("disk", FULL)
    later(30)
    troubles.report("disk", None)
    look()
    later(601)
    assert look() == []


def test_it_tells_of_what_comes_and_goes_once(
    look: Callable[[], list[str]], later: Callable[[float], None]
) -> None:
    for number in range(60):
        troubles.report("disk", None if number % 2 else FULL)
        later(61)
        look()
    assert len(look()) == 1


def test_it_ends_what_nobody_reports_any_more(
    look: Callable[[], list[str]], later: Callable[[float], None]
) -> None:
    troubles.report_all("keeper", {"disk": FULL, "queue ai": "the queue ai is behind"})
    later(61)
    look()
    troubles.report_all("keeper", {"disk": FULL})
    later(601)
    assert look()[-1] == "[Bellhop] over: the queue ai is behind"


def test_it_tells_nobody_whom_the_settings_do_not_name(
    loaded: Settings, here: Installation, later: Callable[[float], None]
) -> None:
    troubles.report("disk", FULL)
    later(61)
    troubles.tell(Notices())
    assert query("SELECT count(*) FROM notice") == [(0,)]


# What is a trouble.

ADD = """INSERT INTO machine (id, name, is_home, queues, version, place, facts, joined_at, seen_at)
    VALUES (:name, :name, :is_home, '{}', :version, '', '{}', :seen, :seen)"""
SEEN = "2026-11-29T21:00:00.000000Z"
SERVES = (("home", "parsing"), ("gpu", "ai"))
HAS = "INSERT INTO served (machine, type, code, description) VALUES (:machine, :type, '', '{}')"


@pytest.fixture
def seen(loaded: Settings, here: Installation) -> Callable[..., dict[str, str]]:
    """What the keeper of a home sees while these consumers run."""

    def look(*running: Consumer, settings: Settings = loaded) -> dict[str, str]:
        home = replace(here, machine=here.machine or "home")
        return troubles.seen(settings, home, Files(here.folder), running)

    return look


@pytest.mark.sqlite("what is asked of machines is the same there, and faster")
def test_it_is_a_trouble_that_a_machine_went_silent(seen: Callable[..., dict[str, str]]) -> None:
    for name, is_home, version in (("home", 1, "0.2.0"), ("gpu", 0, "0.2.0"), ("new", 0, "")):
        query(ADD, {"name": name, "is_home": is_home, "version": version, "seen": SEEN})
    home, gpu = (Consumer(id=name, machine=name, queues="[]") for name in ("home", "gpu"))
    assert seen(home, gpu) == {}
    silent = "the machine gpu has not been seen since 2026-11-29T21:00:00Z"
    assert seen(home) == {"machine gpu": silent}


def test_it_is_one_trouble_that_a_queue_is_behind_because_nobody_serves_it(
    seen: Callable[..., dict[str, str]], submit: Callable[..., Job]
) -> None:
    submit("a")
    query("INSERT INTO queue (name, behind_since) VALUES ('parsing', :seen)", {"seen": SEEN})
    said = "items wait in the queue parsing, and no running worker takes them"
    assert seen(Consumer(id="c1", queues='["ai"]')) == {"queue parsing": said}


@pytest.mark.sqlite("what is asked of machines is the same there, and faster")
def test_it_is_a_trouble_that_no_machine_could_take_items(
    seen: Callable[..., dict[str, str]], submit: Callable[..., Job]
) -> None:
    """A queue with a worker is not enough: a machine that serves it must have the job type."""
    for name, is_home in (("home", 1), ("gpu", 0)):
        query(ADD, {"name": name, "is_home": is_home, "version": "0.2.0", "seen": SEEN})
    home, gpu = (Consumer(id=n, machine=n, queues=f'["{q}"]') for n, q in SERVES)
    type_name = submit("a").type
    where = f"type {type_name} in parsing"
    said = f"items of {type_name} wait in the queue parsing: no machine "
    assert seen(home, gpu) == {where: f"{said}has the job type {type_name}"}
    query(HAS, {"machine": "gpu", "type": type_name})
    serves = f"that has the job type {type_name} serves the queue parsing"
    assert seen(home, gpu) == {where: f"{said}{serves}"}
    query("INSERT INTO queue (name, is_paused) VALUES ('parsing', 1)")
    assert seen(home, gpu) == {}
    query("DELETE FROM queue")
    query(HAS, {"machine": "home", "type": type_name})
    assert seen(home, gpu) == {}


def test_it_is_no_trouble_of_each_queue_that_no_consumer_runs(
    seen: Callable[..., dict[str, str]], submit: Callable[..., Job]
) -> None:
    submit("a")
    assert seen() == {}


@pytest.fixture
def daily(config: Callable[[str], Settings], tmp_path: Path) -> Settings:
    """Settings of a backup every day, of which the last time was just now."""
    at = (now() - timedelta(minutes=1)).astimezone().strftime("%H:%M")
    return config(f"[backup]\nfolder = {tmp_path / 'away'}\nat = {at}")


@pytest.mark.sqlite("it is about files of the data folder")
def test_it_is_a_trouble_that_the_last_backup_failed_or_is_too_old(
    seen: Callable[..., dict[str, str]], daily: Settings, here: Installation, loaded: Settings,
    submit: Callable[..., Job],
) -> None:  # fmt: skip
    """Whether their folder can be read or not."""
    assert seen(settings=daily) == {}
    job = submit()
    lifecycle.ask_cancel(job.job_id)
    query("UPDATE job SET created_at = :at", {"at": timestamp(-50 * 3600)})
    assert seen(settings=daily)["backup"] == "there is no backup yet"
    rotation.note(here, timestamp(-49 * 3600), Path("/mnt/a.tar"))
    assert "the last backup is of 20" in seen(settings=daily)["backup"]
    rotation.note(here, timestamp(-60), Path("/mnt/a.tar"))
    assert seen(settings=daily) == {}
    rotation.note_failure(here, "/mnt: No space left on device")
    assert seen(settings=daily)["backup"].endswith("Z: /mnt: No space left on device")
    assert seen(settings=loaded) == {}
    rotation.note(here, timestamp(-60), Path("/mnt/a.tar"))
    assert seen(settings=daily) == {}


def test_it_tells_of_a_database_that_was_away_once_it_is_back(
    look: Callable[[], list[str]], later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several times in ten minutes are one trouble."""
    passed = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])
    absence = troubles.Absence()
    for _ in range(2):
        for _ in range(3):
            absence.begin()
            passed[0] += 30
        absence.end(is_keeper=True)
        look()
        later(120)
    assert look() == []
    later(601)
    (subject,) = look()
    assert subject.startswith("[Bellhop] over: the database could not be reached several times fr")
    absence.begin()
    passed[0] += 59
    absence.end(is_keeper=True)
    assert query("SELECT count(*) FROM trouble") == [(0,)]


def test_it_is_a_trouble_that_the_settings_lack_something_for_notices(
    seen: Callable[..., dict[str, str]], loaded: Settings
) -> None:
    lacking = replace(loaded, notices=Notices(admins=("ada@example.org",)))
    assert seen(settings=lacking)["notices"].startswith("[notices] admins get no mail; set smtp_")

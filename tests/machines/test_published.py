"""What the home tells all machines, and what another machine takes of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bellhop.base.errors import StartRefused
from bellhop.cli import listing
from bellhop.database.database import query
from bellhop.machines import published
from bellhop.storage.installation import write_record
from tests.support.machines import Machine

NewMachine = Callable[..., Machine]
HOME = """[queue:ai]\ntimeout_s = 77\nmemory_mb = 5000\nworkers = 9
[queue:special]\ntimeout_s = 5
[retry]\ndelays_s = 1, 2
[access]\njobs = team
[lifetime]\nresults_days = 3
[cache]\nmax_mb = 5
[outbound]\nallowed = intranet.example
[machines]\nlease_s = 33
[type:embed]\nresults_days = 1\napi_key = secret"""
OTHER = "[queue:ai]\nworkers = 2\ntimeout_s = 10\n[cache]\nmax_mb = 6"


@pytest.fixture
def home(new_machine: NewMachine) -> Machine:
    return new_machine("home", text=HOME)


@pytest.fixture
def gpu(new_machine: NewMachine) -> Machine:
    return new_machine("gpu-1", text=OTHER)


def test_it_takes_what_the_home_says(home: Machine, gpu: Machine) -> None:
    published.publish(home.settings, home.here)
    held = published.take(gpu.settings, gpu.here)
    assert held.queues["ai"] == replace(home.settings.queues["ai"], workers=2)
    assert held.queues["special"] == replace(home.settings.queues["special"], workers=0)
    for section in ("retry", "access", "lifetime", "cache", "outbound", "machines"):
        assert getattr(held, section) == getattr(home.settings, section)
    assert held.lifetime_of("embed").results_days == 1
    assert held.data_dir == gpu.settings.data_dir and held.server == gpu.settings.server


def test_it_lists_what_the_home_says_as_from_there(
    home: Machine, gpu: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    published.publish(home.settings, home.here)
    write_record(gpu.here)
    listing.run(gpu.settings, as_json=True)
    listed = {(e["section"], e["key"]): e for e in json.loads(capsys.readouterr().out)}
    for place, value, source in (
        (("queue:ai", "timeout_s"), 77, "home"),
        (("cache", "max_mb"), 5, "home"),
        (("type:embed", "results_days"), 1, "home"),
        (("queue:special", "workers"), 0, "default"),
    ):
        assert (listed[place]["value"], listed[place]["source"]) == (value, source)
        assert listed[place]["line"] is None


def test_it_publishes_no_secret_and_no_number_of_workers(home: Machine) -> None:
    published.publish(home.settings, home.here)
    text = str(query("SELECT value FROM published"))
    assert "secret" not in text and "workers" not in text


def test_it_says_once_what_counts_for_nothing(
    home: Machine, gpu: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    published.publish(home.settings, home.here)
    published.take(gpu.settings, gpu.here)
    assert [record.getMessage() for record in caplog.records] == [
        "[cache] max_mb = 6 counts for nothing here: the home has 5",
        "[queue:ai] timeout_s = 10.0 counts for nothing here: the home has 77.0",
    ]


def test_it_publishes_again_only_what_changed(home: Machine) -> None:
    published.publish(home.settings, home.here)
    before = query("SELECT xmin FROM published")
    published.publish(home.settings, home.here)
    assert query("SELECT xmin FROM published") == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "another"}, "this machine joined another installation"),
        ({"files": "s3://b/p"}, "[storage] files: the home has its data folder, this machine has"),
        ({"storage": "redis", "redis": "r:6379/0"},
         "[huey] storage: the home has PostgreSQL, this machine has redis at r:6379/0"),
    ],
)  # fmt: skip
def test_it_refuses_to_start_where_files_or_bell_are_elsewhere(
    home: Machine, gpu: Machine, change: dict[str, Any], said: str
) -> None:
    published.publish(home.settings, home.here)
    with pytest.raises(StartRefused) as refused:
        published.take(gpu.settings, replace(gpu.here, **change))
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_it_refuses_to_start_before_the_home_did(home: Machine, gpu: Machine) -> None:
    with pytest.raises(StartRefused, match="the home has not started"):
        published.take(gpu.settings, gpu.here)


def test_it_takes_no_setting_that_it_does_not_know(home: Machine, gpu: Machine) -> None:
    """The home may run a newer version."""
    published.publish(home.settings, home.here)
    ((text,),) = query("SELECT value FROM published WHERE name = 'settings'")
    told = json.loads(text)
    told["cache"]["colour"], told["weather"] = "blue", {"is": "fine"}
    del told["retry"]
    values = {"value": json.dumps(told)}
    query("UPDATE published SET value = :value WHERE name = 'settings'", values)
    held = published.take(gpu.settings, gpu.here)
    assert (held.cache.max_mb, held.retry) == (5, gpu.settings.retry)


def test_it_takes_what_the_home_changes_while_it_runs(
    home: Machine, gpu: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(published, "LOOK_EVERY_S", 0.0)
    published.publish(home.settings, home.here)
    held = published.take(gpu.settings, gpu.here)
    watch = published.Watch(held, gpu.here, lambda: pytest.fail("it begins again"))
    query("UPDATE published SET value = replace(value, '77', '78')")
    watch.look()
    watch.look()
    assert held.queues["ai"].timeout_s == 78
    assert [r.getMessage().rpartition(": ")[2] for r in caplog.records if "here too" in r.msg] == [
        "[queue:ai] timeout_s"
    ]


def test_it_begins_again_once_when_a_change_needs_a_restart(
    home: Machine, gpu: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(published, "LOOK_EVERY_S", 0.0)
    published.publish(home.settings, home.here)
    changes: list[bool] = []
    watch = published.Watch(
        published.take(gpu.settings, gpu.here), gpu.here, lambda: changes.append(True)
    )
    watch.look()
    assert not changes
    query("UPDATE published SET value = replace(value, '33', '34')")
    watch.look()
    watch.look()
    assert changes == [True]


def test_it_stops_once_the_home_has_moved_the_files(
    home: Machine, gpu: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "LOOK_EVERY_S", 0.0)
    published.publish(home.settings, home.here)
    stops: list[bool] = []
    held = published.take(gpu.settings, gpu.here)
    watch = published.Watch(held, gpu.here, lambda: stops.append(True))
    watch.look()
    assert not stops
    published.publish(home.settings, replace(home.here, files="s3://b/p"))
    watch.look()
    assert stops == [True]


def test_it_is_the_home_alone_that_follows_its_own_settings(home: Machine) -> None:
    watch = published.Watch(home.settings, home.here, lambda: pytest.fail("it begins again"))
    query("INSERT INTO published (name, value) VALUES ('settings', '{}')")
    watch.look()

"""What is told of several machines: how each is, what it serves, what it runs."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from bellhop import __version__
from bellhop.base.times import timestamp
from bellhop.consumer.workers import Workers
from bellhop.database.database import query
from bellhop.jobs import consumers, queries
from bellhop.jobs import queues as switches
from bellhop.machines import looking, members
from bellhop.storage import live
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system.locks import take_lock
from bellhop.web.site import Site
from tests.support import single
from tests.support.wsgi import WsgiClient

API = "/api/v1"
SEEN = "2026-11-29T21:00:00.000000Z"
ADD = """INSERT INTO machine (id, name, is_home, queues, version, place, facts, joined_at, seen_at)
    VALUES (:id, :name, :is_home, :queues, :version, '', :facts, :seen, :seen)"""
Submit = Callable[..., Job]
Run = Callable[..., None]


@pytest.fixture
def here(here: Installation) -> Installation:
    """The home of two machines. What is asked of them is the same on SQLite, and faster."""
    add("home", is_home=1, queues={"parsing": 3, "ai": 0})
    add("gpu", queues={"ai": 2})
    return replace(here, machine="home")


@pytest.fixture
def run(here: Installation) -> Iterator[Run]:
    """Has a consumer of a machine live, and serve queues: it holds its lock, or it beats."""
    with ExitStack() as after:

        def consumer(machine: str, *queues: str) -> None:
            held = take_lock(here.consumer_lock(f"c-{machine}"), fcntl.LOCK_EX)
            assert held is not None
            after.callback(os.close, held)
            consumers.register(f"c-{machine}", 1, queues, machine, here.place)
            if here.rows:  # nobody here asks the lock of another machine
                query("UPDATE consumer SET beat = clock_ms()")

        yield consumer


def add(
    name: str,
    *,
    is_home: int = 0,
    queues: dict[str, int] | None = None,
    version: str = __version__,
    **facts: Any,
) -> None:
    values = {"id": name, "name": name, "is_home": is_home, "version": version, "seen": SEEN}
    query(ADD, values | {"queues": json.dumps(queues or {}), "facts": json.dumps(facts)})


def shown(web: WsgiClient, name: str) -> dict[str, Any]:
    machines = web.get(f"{API}/monitoring/machines").json["machines"]
    return next(dict(machine) for machine in machines if machine["name"] == name)


def queue(web: WsgiClient, name: str) -> dict[str, Any]:
    queues = web.get(f"{API}/monitoring/queues").json["queues"]
    return next(dict(queue) for queue in queues if queue["name"] == name)


def change(name: str, **columns: Any) -> None:
    sets = ", ".join(f"{column} = :{column}" for column in columns)
    query(f"UPDATE machine SET {sets} WHERE name = :name", {**columns, "name": name})


def test_it_tells_of_no_machine_while_the_rows_are_in_a_file(web: WsgiClient, site: Site) -> None:
    alone = replace(site.here, machine="")
    object.__setattr__(site, "here", alone)
    assert web.get(f"{API}/monitoring/machines").json == {"machines": []}


def test_it_names_the_home_first(web: WsgiClient) -> None:
    machines = web.get(f"{API}/monitoring/machines").json["machines"]
    assert [(each["name"], each["is_home"]) for each in machines] == [
        ("home", True), ("gpu", False)
    ]  # fmt: skip


def test_it_says_that_a_machine_works(web: WsgiClient, run: Run) -> None:
    run("gpu", "ai")
    assert shown(web, "gpu")["state"] == "works"


def test_it_says_since_when_a_machine_was_not_seen(web: WsgiClient) -> None:
    assert shown(web, "gpu")["state"] == "has not been seen since 2026-11-29T21:00:00Z"


def test_it_says_that_a_machine_drains(web: WsgiClient, run: Run) -> None:
    run("gpu", "ai")
    query("UPDATE consumer SET draining = 1")
    assert shown(web, "gpu")["state"] == "takes no new items until it is restarted"


def test_it_says_that_a_machine_has_not_started_yet(web: WsgiClient) -> None:
    change("gpu", version="")
    found = shown(web, "gpu")
    assert (found["state"], found["version"], found["seen_at"]) == (
        "has not started yet", None, None
    )  # fmt: skip


def test_it_shows_the_queues_that_a_machine_serves_and_how_busy_they_are(
    web: WsgiClient, run: Run, submit: Submit
) -> None:
    run("gpu", "ai")
    submit(*"ab", queue="ai")
    single.claim("ai", "c-gpu/1")
    assert shown(web, "gpu")["queues"] == [{"name": "ai", "workers": 2, "running": 1}]
    assert [each["name"] for each in shown(web, "home")["queues"]] == ["parsing"]


def test_it_shows_the_types_of_a_machine_and_why_it_runs_some_not(web: WsgiClient) -> None:
    for name, problem in (("read", None), ("train", "torch is missing")):
        query(
            "INSERT INTO served VALUES ('gpu', :name, '', '{}', :problem)",
            {"name": name, "problem": problem},
        )
    assert shown(web, "gpu")["types"] == [
        {"type": "read", "problem": None}, {"type": "train", "problem": "torch is missing"}
    ]  # fmt: skip
    assert shown(web, "home")["types"] == []


def test_it_says_that_a_machine_is_too_old(
    web: WsgiClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("gpu", "ai")
    monkeypatch.setattr(members, "is_too_old", lambda row: row.name == "gpu")
    assert shown(web, "gpu")["state"] == "is too old for the database; update it"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"round_trip_ms": 9.52}, "a round trip to the database takes 9.5 ms"),
        ({"problems": ["the bell is silent"]}, "the bell is silent"),
    ],
)
def test_it_warns_of_what_a_machine_tells(
    web: WsgiClient, facts: dict[str, Any], said: str
) -> None:
    change("gpu", facts=json.dumps({"round_trip_ms": 0.4, "clock_offset_s": 0.1, **facts}))
    (warning,) = shown(web, "gpu")["warnings"]
    assert warning.startswith(said)


def test_it_warns_of_a_machine_with_another_version(web: WsgiClient) -> None:
    change("gpu", version="0.0.9")
    said = f"it runs Bellhop 0.0.9, and the home {__version__}"
    assert shown(web, "gpu")["warnings"] == [said]
    assert shown(web, "home")["warnings"] == []


def test_it_says_which_machines_serve_a_queue_and_with_how_many_workers(
    web: WsgiClient, run: Run
) -> None:
    add("gpu-2", queues={"ai": 5})
    for machine in ("gpu", "gpu-2"):
        run(machine, "ai")
    found = queue(web, "ai")
    assert (found["machines"], found["workers_total"]) == (["gpu", "gpu-2"], 7)
    assert queue(web, "parsing")["machines"] == []


def test_it_counts_the_workers_that_somebody_set_for_all_machines(
    web: WsgiClient, run: Run
) -> None:
    run("gpu", "ai")
    assert (queue(web, "ai")["workers"], queue(web, "ai")["workers_changed"]) == (2, False)
    switches.set_workers("ai", 4)
    changed = queue(web, "ai")
    assert (changed["workers"], changed["workers_changed"]) == (4, True)
    assert shown(web, "gpu")["queues"] == [{"name": "ai", "workers": 4, "running": 0}]


def test_it_counts_of_a_machine_that_drains_only_what_it_still_runs(
    web: WsgiClient, run: Run, submit: Submit
) -> None:
    run("gpu", "ai")
    submit("a", queue="ai")
    claim = single.claim("ai", "c-gpu/1")
    assert claim
    query("UPDATE consumer SET draining = 1")
    found = queue(web, "ai")
    assert (found["machines"], found["workers_total"], found["consumers"]) == (["gpu"], 1, 1)
    single.complete(claim, data="{}", files="[]", warnings="[]")
    found = queue(web, "ai")
    assert (found["machines"], found["workers_total"], found["consumers"]) == ([], 0, 0)
    assert shown(web, "gpu")["queues"] == [{"name": "ai", "workers": 2, "running": 0}]


def test_it_says_on_which_machine_a_consumer_runs(web: WsgiClient, run: Run) -> None:
    run("gpu", "ai")
    (worker,) = web.get(f"{API}/monitoring/workers").json["workers"]
    assert worker["machine"] == "gpu"


def test_it_counts_a_machine_that_is_not_there_among_the_problems(
    web: WsgiClient, run: Run
) -> None:
    run("home", "parsing")
    health = web.get(f"{API}/monitoring/health").json
    assert health["problems"] == ["the machine gpu has not been seen since 2026-11-29T21:00:00Z"]
    run("gpu", "ai")
    assert web.get(f"{API}/monitoring/health").json["status"] == "ok"


def test_it_is_ready_by_the_consumer_of_another_machine(web: WsgiClient, run: Run) -> None:
    run("gpu", "ai")
    assert web.get("/ready").status == 200


def test_it_has_figures_of_each_machine(web: WsgiClient, run: Run) -> None:
    run("gpu", "ai")
    lines = web.get("/metrics").body.decode().splitlines()
    assert {'bellhop_machine_up{machine="gpu"} 1.0', 'bellhop_machine_up{machine="home"} 0.0'} <= {
        *lines
    }


# Live figures of another machine.


def test_it_asks_other_machines_for_figures_while_somebody_looks(
    web: WsgiClient, here: Installation
) -> None:
    gpu = replace(here, machine="gpu", home="https://home.example")
    assert not looking.is_asked(gpu)
    web.get(f"{API}/monitoring/workers")
    assert looking.is_asked(gpu) and not looking.is_asked(here)


def test_it_stops_once_nobody_looks(
    web: WsgiClient, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.get(f"{API}/monitoring/workers")
    later = timestamp(live.LOOK_S + 1)
    monkeypatch.setattr(looking, "timestamp", lambda after_s=0: later)
    assert not looking.is_asked(replace(here, home="https://home.example"))


def test_it_asks_nobody_where_there_is_one_machine(web: WsgiClient) -> None:
    query("DELETE FROM machine WHERE is_home = 0")
    web.get(f"{API}/monitoring/workers")
    assert query("SELECT * FROM published") == []


def test_it_shows_the_figures_that_another_machine_tells(
    web: WsgiClient, run: Run, submit: Submit, workers: Workers
) -> None:
    run("gpu", "ai")
    submit("a", queue="ai")
    claim = single.claim("ai", "c-gpu/1")
    assert claim
    figures = live.Figures(time.monotonic() - 60, 1000, 2000, "epoch 3")
    consumers.report_figures("c-gpu", live.as_row({live.key(claim.id, claim.attempt): figures}))
    (worker,) = [
        each
        for each in web.get(f"{API}/monitoring/workers").json["workers"]
        if each["machine"] == "gpu"
    ]
    (item,) = worker["running"]
    assert (item["memory_bytes"], item["last_line"]) == (1000, "epoch 3")
    assert item["elapsed_s"] == pytest.approx(60, abs=5)


def test_it_shows_no_figures_that_are_old(run: Run) -> None:
    run("gpu", "ai")
    told = {"1/1": live.Figures(0.0, None, None, "")}
    text = live.as_row(told)
    old = json.loads(text) | {"at": timestamp(-live.ANSWER_S - 1)}
    assert live.of_row(text).keys() == told.keys()
    assert live.of_row(json.dumps(old)) == live.of_row(None) == live.of_row("[]") == {}
    assert queries.consumers()[0].told is None

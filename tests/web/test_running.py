"""What the page of the running work is told: queues in words, and live figures of items."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.base.times import seconds_since, timestamp
from bellhop.database.database import query
from bellhop.jobs import consumers
from bellhop.storage import live
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system.locks import take_lock
from tests.support import single
from tests.support.jobs import items_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
API = "/api/v1"


@pytest.fixture
def consumer(here: Installation) -> Iterator[None]:
    """One that lives and serves the queue parsing, with three workers."""
    held = take_lock(here.consumer_lock("c1"), fcntl.LOCK_EX)
    assert held is not None
    consumers.register("c1", 1, ["parsing"])
    yield
    os.close(held)


def parsing(web: WsgiClient) -> dict[str, Any]:
    queues = web.get(f"{API}/monitoring/queues").json["queues"]
    return next(queue for queue in queues if queue["name"] == "parsing")


def aged(seconds: float) -> None:
    query("UPDATE job SET created_at = :at", {"at": timestamp(-seconds)})
    query("UPDATE item SET queued_at = :at", {"at": timestamp(-seconds)})


def took(seconds: float) -> None:
    query("INSERT INTO duration VALUES ('noop', 0, :seconds)", {"seconds": seconds})


def running(web: WsgiClient) -> dict[str, Any]:
    (worker,) = web.get(f"{API}/monitoring/workers").json["workers"]
    (item,) = worker["running"]
    return dict(item)


def test_it_says_who_paused_a_queue_and_since_when(web: WsgiClient) -> None:
    shown = web.post(f"{API}/queues/parsing/pause", {}).json
    assert (shown["paused"], shown["paused_by"]) == (True, "local")
    assert seconds_since(shown["paused_at"]) == pytest.approx(0, abs=30)
    resumed = web.post(f"{API}/queues/parsing/resume", {}).json
    assert (resumed["paused"], resumed["paused_by"], resumed["paused_at"]) == (False, None, None)


def test_it_keeps_who_paused_a_queue_first(web: WsgiClient) -> None:
    accounts.add("ada", "admin", None)
    accounts.add("bea", "admin", None)
    tokens = {name: f"Bearer {accounts.add_token(name)}" for name in ("ada", "bea")}
    for name in ("ada", "bea"):
        shown = web.post(f"{API}/queues/parsing/pause", {}, authorization=tokens[name]).json
    assert shown["paused_by"] == "ada"


def test_it_says_that_a_queue_keeps_up_in_which_nothing_waits(web: WsgiClient) -> None:
    shown = parsing(web)
    assert (shown["keeps_up"], shown["done_at"]) == (True, None)
    assert (shown["in_per_minute"], shown["out_per_minute"]) == (0, 0)


def test_it_says_that_a_queue_keeps_up_whatever_its_length_while_nothing_waits_long(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    submit(*map(str, range(200)))
    took(0.1)
    shown = parsing(web)
    assert (shown["backlog"], shown["keeps_up"]) == ("warn", True)
    assert shown["in_per_minute"] == 200


def test_it_says_that_a_queue_is_behind_in_which_one_item_waits_for_long(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    submit("a")
    aged(3 * 3600)
    shown = parsing(web)
    assert (shown["backlog"], shown["keeps_up"]) == ("ok", False)
    assert shown["oldest_age_s"] == pytest.approx(3 * 3600, abs=30)


def test_it_says_when_what_waits_is_done_by_what_its_types_took(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    submit(*map(str, range(30)))
    took(60)
    shown = parsing(web)
    assert not shown["keeps_up"]
    assert timestamp(590) < shown["done_at"] < timestamp(630)


def test_it_says_when_what_waits_is_done_by_the_pace_of_the_queue(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    submit(*map(str, range(60)))
    for _ in range(20):
        claim = single.claim("parsing", "c1/1")
        assert claim
        single.complete(claim, data="{}", files="[]", warnings="[]")
    shown = parsing(web)
    assert shown["out_per_minute"] == 20
    assert timestamp(110) < shown["done_at"] < timestamp(150)


def test_it_does_not_say_when_a_queue_is_done_that_nobody_measured(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    submit("a")
    assert parsing(web)["done_at"] is None


@pytest.mark.parametrize("is_paused", [True, False])
def test_it_does_not_say_when_a_queue_is_done_that_nobody_works_on(
    web: WsgiClient, submit: Submit, is_paused: bool
) -> None:
    submit("a")
    took(1)
    if is_paused:
        web.post(f"{API}/queues/parsing/pause", {})
    assert (parsing(web)["keeps_up"], parsing(web)["done_at"]) == (False, None)


def test_it_does_not_count_the_time_before_a_start_time_as_waiting(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    submit("a")
    aged(3600)
    query("UPDATE job SET run_at = :at", {"at": timestamp(-5)})
    query("UPDATE item SET queued_at = NULL")  # as an older version has left it
    assert parsing(web)["oldest_age_s"] == pytest.approx(5, abs=30)


def test_it_tells_of_a_running_item_what_its_consumer_tells(
    web: WsgiClient, submit: Submit, here: Installation, consumer: None
) -> None:
    job = submit("a", "b")
    assert single.claim("parsing", "c1/w7")
    item = items_of(job)[0]
    before = running(web)
    assert live.is_asked(here)
    assert (before["memory_bytes"], before["last_line"]) == (None, None)
    assert before["elapsed_s"] == pytest.approx(0, abs=30)
    figures = live.Figures(began=0.0, memory_bytes=5, memory_limit_bytes=9, last_line="working")
    live.tell(here, "c1", {live.key(item.id, 1): figures})
    after = running(web)
    assert (after["memory_bytes"], after["memory_limit_bytes"]) == (5, 9)
    assert (after["last_line"], after["worker"]) == ("working", "w7")
    assert (after["owner"], after["total_items"], after["cancel_requested"]) == ("local", 2, False)


def test_it_knows_not_since_when_a_later_attempt_runs_before_its_consumer_tells(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    submit("a")
    assert single.claim("parsing", "c1/w7")
    query("UPDATE item SET attempt = 2")
    assert running(web)["elapsed_s"] is None


def test_it_leads_from_the_former_address_of_the_page_to_the_new_one(web: WsgiClient) -> None:
    answer = web.get("/queues")
    assert (answer.status, answer.headers["Location"]) == (301, "/running")

"""Which job runs next: priority, the front, pauses, workers, and turns between owners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.consumer.workers import Workers
from bellhop.database.database import query
from bellhop.jobs import lifecycle, queries, queues
from bellhop.jobs.lifecycle import Claim
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support import single
from tests.support.cuts import everything
from tests.support.jobs import items_of, job_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS, QUEUE = "/api/v1/jobs", "/api/v1/queues/parsing"


def claimed_order(count: int) -> list[str]:
    claims = [single.claim("parsing", f"c1/{n}") for n in range(count)]
    return [claim.job_id for claim in claims if claim]


def test_it_takes_a_higher_priority_first(submit: Submit) -> None:
    low, high = submit(priority=-5), submit(priority=5)
    assert claimed_order(2) == [high.job_id, low.job_id]


def test_it_takes_only_items_of_some_types_in_the_order_of_the_line(submit: Submit) -> None:
    """As where several machines run different types."""
    single.register("c1")
    jobs = [submit(type=name) for name in ("b", "a", "c", "b", "a")]
    lifecycle.set_priority(jobs[4].job_id, 5)
    numbers = {items_of(job)[0].id: number for number, job in enumerate(jobs)}

    def line(*types: str) -> list[int]:
        found = lifecycle.due("parsing", "c1/1", 3, types)
        return [numbers[item.id] for item in found]

    assert (line("a", "b", "z"), line("z"), line()) == ([4, 0, 1], [], [])
    counts = [queries.count_due({"parsing": n}, ["a", "b", "z"]) for n in (1, 9)]
    assert counts == [1, 4] and queries.count_due({"parsing": 9}, []) == 0
    queues.pause("parsing", "anna")
    assert line("a") == [] and queries.count_due({"parsing": 9}, ["a"]) == 0


def test_it_takes_a_new_priority_from_the_next_claim_on(web: WsgiClient, submit: Submit) -> None:
    first, second = submit(), submit()
    answer = web.request(
        "PATCH", f"{JOBS}/{second.job_id}", b'{"priority": 7}', content_type="application/json"
    )
    assert (answer.status, answer.json["priority"]) == (200, 7)
    assert claimed_order(2) == [second.job_id, first.job_id]


def test_it_knows_a_line_in_which_nobody_waits(here: Installation) -> None:
    assert queries.line("parsing") == ([], True)


def test_it_brings_a_job_to_the_front_of_all(submit: Submit) -> None:
    submit("a", "b", priority=100)
    last = submit("c", "d", "e")
    assert lifecycle.move_to_front(last.job_id)
    assert claimed_order(3) == 3 * [last.job_id]
    assert [item.attempt for item in items_of(last)] == [1, 1, 1]


def test_it_keeps_the_order_of_the_items_at_the_front(submit: Submit) -> None:
    submit("x")
    job = submit("a", "b", "c")
    lifecycle.move_to_front(job.job_id)
    claims = [single.claim("parsing", f"c1/{n}") for n in range(3)]
    assert [claim and claim.index for claim in claims] == [0, 1, 2]


@pytest.mark.parametrize("body", [{"priority": 1}, {"front": True}])
def test_it_cannot_hurry_a_final_job(web: WsgiClient, submit: Submit, body: Any) -> None:
    job = submit()
    lifecycle.ask_cancel(job.job_id)
    assert patch(web, job, body).code == "job-final"


@pytest.mark.parametrize(
    "body",
    [{"priority": 101}, {"priority": -101}, {"priority": 1.5}, {"priority": "x"},
     {"priority": True}, {"front": 1}, {"keep": "yes"}, {"colour": 1}],
)  # fmt: skip
def test_it_refuses_a_change_that_is_none(web: WsgiClient, submit: Submit, body: Any) -> None:
    job = submit()
    before = everything()
    assert patch(web, job, body).code == "invalid-job"
    assert everything() == before


def patch(web: WsgiClient, job: Job, body: Any) -> Any:
    import json

    text = json.dumps(body).encode()
    return web.request("PATCH", f"{JOBS}/{job.job_id}", text, content_type="application/json")


def test_it_takes_turns_between_owners(submit: Submit) -> None:
    """One person's many files do not block a colleague's one."""
    many = submit(*(str(n) for n in range(500)), owner="anna")
    one = submit("x", owner="bert")
    order = claimed_order(5)
    assert order.index(one.job_id) <= 1
    assert order.count(many.job_id) == 4


def test_it_takes_turns_with_who_comes_later(submit: Submit) -> None:
    many = submit(*(str(n) for n in range(20)), owner="anna")
    assert claimed_order(10) == 10 * [many.job_id]
    one = submit("x", owner="bert")
    assert one.job_id in claimed_order(2)


def fail(claim: Claim) -> None:
    lifecycle.fail(claim, ItemError("no_good", "no good"))


def put_off(claim: Claim) -> None:
    lifecycle.try_again(claim, 60, "later")


def release(job: Job) -> None:
    query("UPDATE item SET not_before = :now WHERE job = :job", {"job": job.id, "now": timestamp()})
    lifecycle.release_due()


def retry(job: Job) -> None:
    lifecycle.retry(job.job_id)


@pytest.mark.parametrize(("end", "come_back"), [(fail, retry), (put_off, release)])
def test_it_queues_what_comes_back_behind_what_came_meanwhile(
    submit: Submit, end: Callable[[Claim], None], come_back: Callable[[Job], None]
) -> None:
    many = submit(*(str(n) for n in range(20)), owner="anna")
    while claim := single.claim("parsing", "c1/1"):
        end(claim)
    one = submit("x", owner="bert")
    come_back(many)
    claims = [single.claim("parsing", f"c1/{n}") for n in range(4)]
    order = [claim.job_id for claim in claims if claim]
    assert one.job_id in order[:2]
    assert [c.index for c in claims if c and c.job_id == many.job_id] == [0, 1, 2]


def test_it_queues_what_its_need_lets_run_behind_what_came_meanwhile(submit: Submit) -> None:
    needed = submit(queue="ai")
    submit(*(str(n) for n in range(20)), owner="anna", depends_on=[needed.job_id])
    submit(*(str(n) for n in range(30)), owner="carl")
    claimed_order(30)
    one = submit("x", owner="bert")
    claim = single.claim("ai", "c1/1")
    assert claim is not None
    single.complete(claim, data="{}", files="[]", warnings="[]")
    assert one.job_id in claimed_order(2)


def test_it_queues_what_runs_anew_behind_what_came_meanwhile(submit: Submit) -> None:
    many = submit(*(str(n) for n in range(20)), owner="anna")
    while claim := single.claim("parsing", "c1/1"):
        single.complete(claim, data="{}", files="[]", warnings="[]")
    query("UPDATE item SET cached = 1")
    query("UPDATE job SET cached_items = total_items")
    one = submit("x", owner="bert")
    assert lifecycle.retry(many.job_id, use_cache=False) == 20
    assert one.job_id in claimed_order(2)


def test_it_keeps_the_place_of_what_a_stop_cut_short(submit: Submit) -> None:
    job = submit("a", "b", owner="anna")
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    submit("x", owner="bert")
    lifecycle.interrupt(claim)
    assert claimed_order(1) == [job.job_id]


def test_it_starts_nothing_of_a_paused_queue(web: WsgiClient, submit: Submit) -> None:
    submit()
    other = submit(queue="ai")
    assert web.post(f"{QUEUE}/pause", {}).json["paused"] is True
    assert single.claim("parsing", "c1/1") is None
    assert queries.count_due({"parsing": 9, "ai": 9}) == 1
    claim = single.claim("ai", "c1/1")
    assert claim is not None and claim.job_id == other.job_id


def test_it_lets_run_on_what_runs_when_its_queue_is_paused(submit: Submit) -> None:
    job = submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    queues.pause("parsing", "anna")
    assert single.complete(claim, data="{}", files="[]", warnings="[]")
    assert job_of(job.job_id).status == "completed"


def test_it_goes_on_with_a_queue_that_is_resumed(web: WsgiClient, submit: Submit) -> None:
    submit()
    web.post(f"{QUEUE}/pause", {})
    assert web.post(f"{QUEUE}/resume", {}).json["paused"] is False
    assert single.claim("parsing", "c1/1") is not None


def test_it_remembers_a_pause_in_the_data(submit: Submit) -> None:
    """A restart reads the same rows."""
    queues.pause("parsing", "anna")
    assert query("SELECT is_paused FROM queue WHERE name = 'parsing'") == [(1,)]
    queues.set_workers("parsing", 5)
    assert {*queues.paused()} == {"parsing"}


def test_it_serves_a_queue_with_as_many_workers_as_it_is_told(
    web: WsgiClient, workers: Workers
) -> None:
    body = b'{"workers": 5}'
    shown = web.request("PATCH", QUEUE, body, content_type="application/json").json
    assert (shown["workers"], shown["workers_configured"]) == (5, 3)
    before = workers.slots.total
    workers.follow_switches()
    assert workers.slots.total == before + 2
    assert workers.slots.free()["parsing"] == 5
    web.request("PATCH", QUEUE, b'{"workers": null}', content_type="application/json")
    workers.follow_switches()
    assert workers.slots.total == before


def test_it_lets_run_on_what_runs_beyond_fewer_workers(workers: Workers) -> None:
    for _ in range(3):
        assert workers.slots.enter("parsing")
    queues.set_workers("parsing", 1)
    workers.follow_switches()
    assert not workers.slots.enter("parsing")
    for _ in range(3):
        workers.slots.leave("parsing")
    assert workers.slots.enter("parsing")
    assert not workers.slots.enter("parsing")
    workers.slots.leave("parsing")


@pytest.mark.parametrize("body", [b'{"workers": 0}', b'{"workers": 257}', b'{"workers": 1.5}',
                                  b'{"workers": true}', b"{}", b'{"speed": 1}'])  # fmt: skip
def test_it_refuses_workers_that_are_none(web: WsgiClient, body: bytes) -> None:
    assert web.request("PATCH", QUEUE, body, content_type="application/json").code == "invalid-job"


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_it_knows_no_queue_of_another_name(web: WsgiClient, act: str) -> None:
    assert web.post(f"/api/v1/queues/nowhere/{act}", {}).code == "not-found"


def test_it_gives_a_new_priority_to_what_is_retried_later_too(submit: Submit) -> None:
    job = submit("a", "b")
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.fail(claim, ItemError("no_good", "no good"))
    assert lifecycle.set_priority(job.job_id, 50)
    lifecycle.retry(job.job_id)
    assert [(item.status, item.priority) for item in items_of(job)] == 2 * [("queued", 50)]

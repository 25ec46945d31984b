"""Chains: several job types, one after the other, on each item of a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.consumer.workers import Workers
from bellhop.database.database import database
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.lifecycle import Claim
from bellhop.jobs.newjob import NewStep
from bellhop.storage.models import FINAL, Job
from bellhop.web.site import Site
from tests.support import single
from tests.support.jobs import end, items_of, job_of, moves_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"
EXTEND = NewStep("extend", {}, "ai")


def run_all(workers: Workers) -> None:
    while workers.run_next():
        pass
    database.close()


def chain(web: WsgiClient, *texts: str, then: Any = None, **options: Any) -> dict[str, Any]:
    document = {
        "type": "wrap",
        "items": [{"text": text} for text in texts],
        "then": then or [{"type": "extend"}],
        **options,
    }
    answer = web.post(JOBS, document)
    assert answer.status == 202, answer.body
    return dict(answer.json)


def rows(web: WsgiClient, job_id: str) -> list[tuple[int, int, str]]:
    shown = web.get(f"{JOBS}/{job_id}/items").json["items"]
    return [(item["index"], item["step"], item["status"]) for item in shown]


def status(job: Job) -> list[str]:
    return [item.status for item in items_of(job)]


def complete_next(queue: str) -> Claim:
    claim = single.claim(queue, "c1/1")
    assert claim is not None
    assert single.complete(claim, data='{"text": "x"}', files="[]", warnings="[]")
    return claim


def test_it_gives_each_step_what_the_one_before_returned(web: WsgiClient, workers: Workers) -> None:
    job = chain(web, "a", "b", then=[{"type": "extend"}, {"type": "extend"}])
    run_all(workers)
    items = web.get(f"{JOBS}/{job['job_id']}/result").json["items"]
    assert [item["data"] for item in items] == [
        {"text": text, "by": ["wrap", "extend", "extend"]} for text in "ab"
    ]


def test_it_blocks_a_step_until_the_one_before_has_completed(submit: Submit) -> None:
    job = submit("a", then=[EXTEND])
    assert status(job) == ["queued", "pending"]
    assert single.claim("ai", "c1/1") is None
    complete_next("parsing")
    assert status(job) == ["completed", "queued"]


def test_it_releases_the_next_step_in_the_transaction_of_the_finish(submit: Submit) -> None:
    job = submit("a", then=[EXTEND])
    complete_next("parsing")
    assert moves_of(job)[-2:] == ["completed", "released"]
    assert job_of(job.job_id).status == "running"


def test_it_is_final_when_the_last_step_is(submit: Submit) -> None:
    job = submit("a", then=[EXTEND])
    complete_next("parsing")
    assert job_of(job.job_id).completed_items == 0
    complete_next("ai")
    ended = job_of(job.job_id)
    assert (ended.status, ended.completed_items, ended.total_items) == ("completed", 1, 1)


def test_it_lets_a_failed_item_block_its_own_chain_only(web: WsgiClient, workers: Workers) -> None:
    job = chain(web, "a", "b", then=[{"type": "extend", "params": {"fail": "a"}}])
    run_all(workers)
    ended = web.get(f"{JOBS}/{job['job_id']}").json
    assert (ended["status"], ended["completed_items"], ended["failed_items"]) == ("failed", 1, 1)
    result = web.get(f"{JOBS}/{job['job_id']}/result").json["items"]
    assert [(item["index"], item["status"]) for item in result] == [(0, "failed"), (1, "completed")]
    assert result[0]["error"]["message"] == "no good"


def test_it_leaves_the_later_steps_of_a_failed_item_blocked(
    web: WsgiClient, workers: Workers
) -> None:
    then = [{"type": "extend", "params": {"fail": "a"}}, {"type": "extend"}]
    job = chain(web, "a", then=then)
    run_all(workers)
    assert rows(web, job["job_id"]) == [
        (0, 0, "completed"), (0, 1, "failed"), (0, 2, "pending"),
    ]  # fmt: skip


def test_it_retries_from_the_failed_step_with_the_earlier_results(submit: Submit) -> None:
    job = submit("a", then=[EXTEND])
    complete_next("parsing")
    claim = single.claim("ai", "c1/1")
    assert claim is not None
    lifecycle.fail(claim, ItemError("no_good", "no good"))
    assert lifecycle.retry(job.job_id) == 1
    assert status(job) == ["completed", "queued"]
    again = single.claim("ai", "c1/1")
    assert again is not None and again.input == {"data": {"text": "x"}}


def test_it_cancels_what_waits_and_leaves_blocked_steps_where_they_are(submit: Submit) -> None:
    job = submit("a", "b", then=[EXTEND])
    complete_next("parsing")
    assert lifecycle.ask_cancel(job.job_id)
    ended = job_of(job.job_id)
    assert (ended.status, ended.cancelled_items) == ("cancelled", 2)
    assert status(job) == ["completed", "cancelled", "cancelled", "pending"]


def test_it_takes_a_cancelled_chain_up_where_it_was(submit: Submit) -> None:
    job = submit("a", then=[EXTEND])
    complete_next("parsing")
    lifecycle.ask_cancel(job.job_id)
    assert lifecycle.retry(job.job_id) == 1
    assert status(job) == ["completed", "queued"]
    complete_next("ai")
    assert job_of(job.job_id).status == "completed"


def test_it_shows_progress_over_the_whole_chain(submit: Submit) -> None:
    job = submit("a", then=[EXTEND, EXTEND])
    seen = []
    for queue in ("parsing", "ai", "ai"):
        claim = single.claim(queue, "c1/1")
        assert claim is not None
        lifecycle.progress(claim, 50, "half")
        seen.append(job_of(job.job_id).progress_points)
        single.complete(claim, data="{}", files="[]", warnings="[]")
        seen.append(job_of(job.job_id).progress_points)
    assert seen == [16, 33, 50, 66, 83, 100]


def test_it_starts_the_progress_of_a_retried_step_at_the_step_before(submit: Submit) -> None:
    job = submit("a", then=[EXTEND])
    complete_next("parsing")
    claim = single.claim("ai", "c1/1")
    assert claim is not None
    lifecycle.progress(claim, 80, "nearly")
    lifecycle.fail(claim, ItemError("no_good", "no good"))
    lifecycle.retry(job.job_id)
    assert job_of(job.job_id).progress_points == 50


def test_it_runs_each_step_in_the_queue_of_its_own_type(submit: Submit) -> None:
    job = submit("a", then=[EXTEND])
    assert [(item.type, item.queue) for item in items_of(job)] == [
        ("noop", "parsing"), ("extend", "ai"),
    ]  # fmt: skip


def test_it_shows_the_steps_of_a_job(web: WsgiClient) -> None:
    job = chain(web, "a", then=[{"type": "extend", "params": {"fail": "z"}}])
    assert job["then"] == [{"type": "extend", "params": {"fail": "z"}}]
    assert (job["steps"], job["total_items"]) == (2, 1)


def test_it_gives_the_files_and_the_log_of_each_step(web: WsgiClient, workers: Workers) -> None:
    job = chain(web, "a")
    run_all(workers)
    base = f"{JOBS}/{job['job_id']}/items/0"
    assert web.get(f"{base}/files/text.txt?step=0").body == b"a"
    assert web.get(f"{base}/files/text.txt").status == 404
    assert web.get(f"{base}/log?step=1").status == 200
    (listed,) = web.get(f"{JOBS}/{job['job_id']}/items").json["items"][0]["files"]
    assert web.get(listed["url"]).body == b"a"


def test_it_takes_steps_from_a_form(web: WsgiClient) -> None:
    answer = web.upload(("a.txt", b"hello"), type="upper", then='[{"type": "extend"}]')
    assert answer.status == 202
    assert answer.json["steps"] == 2


@pytest.mark.parametrize(
    "then",
    [
        "extend",
        {"type": "extend"},
        [{"type": "nowhere"}],
        [{"type": "noop"}],
        [{"type": "extend", "params": {"unheard_of": 1}}],
        [{"type": "extend", "params": []}],
        [{"type": "extend", "colour": 1}],
        [{}],
        ["extend"],
        [{"type": "extend"}] * 10,
        [{"type": "webhook", "params": {"url": "http://a", "message_id": "b"}}],
    ],
)
def test_it_refuses_what_is_no_chain(web: WsgiClient, then: Any) -> None:
    answer = web.post(JOBS, {"type": "wrap", "items": [{"text": "a"}], "then": then})
    assert answer.status == 422
    assert answer.code in ("invalid-job", "unknown-type")
    assert Job.select().count() == 0


def test_it_has_one_row_that_may_move_for_each_unfinished_item(submit: Submit) -> None:
    job = submit("a", "b", then=[EXTEND, EXTEND])
    complete_next("parsing")
    unblocked = [
        item.item_index
        for item in items_of(job)
        if item.status not in FINAL and item.waits_for != "step"
    ]
    assert unblocked == [0, 1]


def test_it_ends_a_chain_where_a_cancel_met_the_end_of_a_step(submit: Submit) -> None:
    """The finish wins, and the step after it does not wait for a worker to be cancelled by."""
    job = submit("a", then=[EXTEND])
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.ask_cancel(job.job_id)
    assert single.complete(claim, data="{}", files="[]", warnings="[]")
    assert status(job) == ["completed", "cancelled"]
    assert job_of(job.job_id).status == "cancelled"


def test_it_retries_a_later_step_without_the_uploads(
    web: WsgiClient, workers: Workers, site: Site
) -> None:
    """It is given what the step before returned, and no file."""
    job = web.upload(("a.txt", b"hello"), type="upper", then='[{"type": "extend"}]').json
    run_all(workers)
    assert rows(web, job["job_id"]) == [(0, 0, "completed"), (0, 1, "failed")]
    site.files.remove_job(job["job_id"], ["uploads"])
    assert web.post(f"{JOBS}/{job['job_id']}/retry", {}).status == 202


@pytest.mark.parametrize("depth", [90, 500, 900, 930, 945, 960, 975, 985, 995, 2000])
def test_it_is_not_stopped_by_a_result_that_nests_deep(
    web: WsgiClient, workers: Workers, depth: int
) -> None:
    """What one process can write, each that reads it can read, or the item fails."""
    deep = web.post(
        JOBS, {"type": "nested", "items": [{"text": str(depth)}], "then": [{"type": "extend"}]}
    ).json["job_id"]
    other = chain(web, "a")["job_id"]
    run_all(workers)
    assert web.get(f"{JOBS}/{other}").json["status"] == "completed"
    assert web.get(f"{JOBS}/{deep}").json["status"] in ("completed", "failed")
    for path in ("", "/items", "/result", "?include=result"):
        assert web.get(f"{JOBS}/{deep}{path}").status < 500


def test_it_counts_a_step_behind_a_failed_one_in_no_queue(submit: Submit) -> None:
    job = submit("a", then=[EXTEND])
    end(job, ItemError("odd", "Odd."))
    assert status(job) == ["failed", "pending"]
    assert "ai" not in queries.queue_states()

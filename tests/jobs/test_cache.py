"""Results that are used again: when, for whom, and when not."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.consumer.workers import Workers
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle, reuse
from bellhop.jobs.newjob import NewItem, NewJob
from bellhop.settings.sections import Cache
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.web.site import Site
from tests.support import single
from tests.support.cuts import everything
from tests.support.jobs import items_of, job_of, moves_of
from tests.support.wsgi import Answer, WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"


def run_all(workers: Workers) -> None:
    while workers.run_next():
        pass
    database.close()


def texts(web: WsgiClient, *values: str, type: str = "noop", **options: Any) -> Answer:
    items = [{"text": value} for value in values]
    return web.post(JOBS, {"type": type, "items": items, **options})


def shown(web: WsgiClient, answer: Answer) -> dict[str, Any]:
    return dict(web.get(f"{JOBS}/{answer.json['job_id']}").json)


def runs() -> int:
    """How many attempts were made by a job process."""
    return int(query("SELECT count(*) FROM event WHERE move = 'claimed'")[0][0])


def test_it_answers_a_known_job_completed_at_once(web: WsgiClient, workers: Workers) -> None:
    first = texts(web, "a")
    run_all(workers)
    again = texts(web, "a")
    assert again.status == 202
    assert (again.json["status"], again.json["cached"]) == ("completed", True)
    assert again.json["progress"] == 100
    ((item,),) = [web.get(f"{JOBS}/{again.json['job_id']}/items").json["items"]]
    assert (item["cached"], item["cached_from"]) == (True, first.json["job_id"])
    result = [web.get(f"{JOBS}/{a.json['job_id']}/result").json["items"] for a in (first, again)]
    assert result[0][0]["data"] == result[1][0]["data"]
    assert runs() == 1


def test_it_runs_one_of_ten_when_nine_are_known(web: WsgiClient, workers: Workers) -> None:
    texts(web, *"123456789")
    run_all(workers)
    again = texts(web, *"1234567890")
    assert (again.json["completed_items"], again.json["cached"]) == (9, False)
    run_all(workers)
    ended = shown(web, again)
    assert (ended["status"], ended["cached"], runs()) == ("completed", False, 10)


def test_it_keeps_the_result_of_what_was_run_anyway(web: WsgiClient, workers: Workers) -> None:
    texts(web, "a")
    run_all(workers)
    anew = texts(web, "a", use_cache=False)
    run_all(workers)
    after = texts(web, "a")
    assert runs() == 2
    ((item,),) = [web.get(f"{JOBS}/{after.json['job_id']}/items").json["items"]]
    assert item["cached_from"] == anew.json["job_id"]


def test_it_runs_anyway_beside_an_equal_that_runs(web: WsgiClient, site: Site) -> None:
    texts(web, "a")
    texts(web, "a", use_cache=False)
    claims = [single.claim("parsing", f"c1/{n}", lambda _: "k") for n in range(2)]
    assert all(claims)


def test_it_knows_a_file_by_its_content(web: WsgiClient, workers: Workers) -> None:
    web.upload(("a.txt", b"hello"))
    run_all(workers)
    assert web.upload(("b.txt", b"hello")).json["cached"] is True
    assert web.upload(("a.txt", b"other")).json["cached"] is False
    assert web.upload(("a.TXT", b"hello")).json["cached"] is True


def test_it_knows_a_file_by_its_suffix_too(web: WsgiClient, workers: Workers) -> None:
    """A job type may read the suffix: `.csv` and `.tsv` mean something else."""
    web.upload(("a.txt", b"hello"), type="together")
    run_all(workers)
    assert web.upload(("a.txt", b"hello"), type="together").json["cached"] is True
    assert web.upload(("a.csv", b"hello"), type="together").json["cached"] is False


def test_it_shares_the_files_of_a_result_by_links(
    web: WsgiClient, workers: Workers, here: Installation
) -> None:
    first = texts(web, "a", type="wrap")
    run_all(workers)
    again = texts(web, "a", type="wrap")
    paths = [
        here.folder / "results" / answer.json["job_id"] / "0-0-1" / "text.txt"
        for answer in (first, again)
    ]
    assert paths[0].stat().st_ino == paths[1].stat().st_ino
    web.request("DELETE", f"{JOBS}/{first.json['job_id']}?purge=true")
    assert web.get(f"{JOBS}/{again.json['job_id']}/items/0/files/text.txt").body == b"a"


def test_it_still_knows_a_result_when_its_first_job_is_deleted(
    web: WsgiClient, workers: Workers
) -> None:
    first = texts(web, "a")
    run_all(workers)
    texts(web, "a")
    web.request("DELETE", f"{JOBS}/{first.json['job_id']}?purge=true")
    assert texts(web, "a").json["cached"] is True


def test_it_forgets_a_result_with_the_last_job_that_has_it(
    web: WsgiClient, workers: Workers
) -> None:
    first = texts(web, "a")
    run_all(workers)
    web.request("DELETE", f"{JOBS}/{first.json['job_id']}?purge=true")
    assert texts(web, "a").json["cached"] is False


@pytest.mark.parametrize(
    "changed",
    [{"type": "fresh"}, {"use_cache": False}, {"items": [{"text": "b"}]}],
)
def test_it_runs_what_is_another_thing(
    web: WsgiClient, workers: Workers, changed: dict[str, Any]
) -> None:
    texts(web, "a")
    run_all(workers)
    document = {"type": "noop", "items": [{"text": "a"}], **changed}
    assert web.post(JOBS, document).json["cached"] is False


def test_it_runs_other_parameters(web: WsgiClient, workers: Workers) -> None:
    texts(web, "a", type="form", params={"needed": "x"})
    run_all(workers)
    same = texts(web, "a", type="form", params={"needed": "x", "count": 3})
    other = texts(web, "a", type="form", params={"needed": "x", "count": 4})
    assert (same.json["cached"], other.json["cached"]) == (True, False)


@pytest.mark.parametrize("changed", [{"version": "2"}, {"code": "changed"}])
def test_it_runs_another_version_of_a_type(
    web: WsgiClient, workers: Workers, site: Site, changed: dict[str, Any]
) -> None:
    texts(web, "a")
    run_all(workers)
    types = site.catalog.types()
    types["noop"] = replace(types["noop"], **changed)
    assert texts(web, "a").json["cached"] is False


def test_it_takes_nothing_of_another_owner(
    web: WsgiClient, workers: Workers, submit: Submit
) -> None:
    job = submit("a", owner="anna")
    run_all(workers)
    assert texts(web, "a").json["cached"] is False
    assert submit("a", owner="anna").id != job.id
    run_all(workers)
    assert query("SELECT owner, sum(cached) FROM item GROUP BY owner ORDER BY owner") == [
        ("anna", 1), ("local", 0),
    ]  # fmt: skip


def test_it_never_keeps_what_failed_or_was_cancelled(submit: Submit) -> None:
    for end in ("fail", "cancel"):
        submit("a")
        claim = single.claim("parsing", "c1/1", lambda candidate: "key")
        assert claim is not None
        if end == "fail":
            lifecycle.fail(claim, ItemError("no_good", "no good"))
        else:
            lifecycle.cancel(claim)
    assert reuse.find("key", 3600) is None


def test_it_runs_what_reaches_out_again(web: WsgiClient, workers: Workers) -> None:
    texts(web, "a", type="outward")
    run_all(workers)
    assert texts(web, "a", type="outward").json["cached"] is False


def test_it_uses_a_result_no_longer_than_its_type_says(web: WsgiClient, workers: Workers) -> None:
    texts(web, "a", type="fresh")
    run_all(workers)
    assert texts(web, "a", type="fresh").json["cached"] is True
    query("UPDATE cache SET created_at = :at", {"at": timestamp(-2)})
    assert texts(web, "a", type="fresh").json["cached"] is False


def test_it_puts_an_item_off_whose_equal_runs(submit: Submit) -> None:
    first, second, other = submit("a"), submit("a"), submit("b")
    key: Callable[[Any], str] = lambda candidate: str(candidate.input)  # noqa: E731
    claims = [single.claim("parsing", f"c1/{n}", key) for n in range(3)]
    assert [claim and claim.job_id for claim in claims] == [first.job_id, other.job_id, None]
    (item,) = items_of(second)
    assert (item.status, item.waits_for, item.attempt) == ("pending", "equal", 0)
    assert job_of(second.job_id).status == "pending"


@pytest.mark.parametrize("end", ["complete", "fail", "cancel", "interrupt", "crash", "adopt"])
def test_it_lets_the_equal_go_on_however_the_first_ends(submit: Submit, end: str) -> None:
    submit("a")
    second = submit("a")
    first = single.claim("parsing", "c1/1", lambda candidate: "key")
    assert first is not None
    assert single.claim("parsing", "c1/2", lambda candidate: "key") is None
    ends: dict[str, Callable[[], Any]] = {
        "complete": lambda: single.complete(first, data="1", files="[]", warnings="[]"),
        "fail": lambda: lifecycle.fail(first, ItemError("no_good", "no good")),
        "cancel": lambda: lifecycle.cancel(first),
        "interrupt": lambda: lifecycle.interrupt(first),
        "crash": lambda: lifecycle.crash(first, "SIGSEGV"),
        "adopt": lambda: lifecycle.adopt("c1"),
    }
    assert ends[end]()
    (item,) = items_of(second)
    assert (item.status, item.waits_for, item.cache_key) == ("queued", None, None)


def test_it_runs_two_equal_jobs_at_the_same_time_once(web: WsgiClient, workers: Workers) -> None:
    answers = [texts(web, "a", "a"), texts(web, "a")]
    run_all(workers)
    assert [shown(web, answer)["status"] for answer in answers] == ["completed", "completed"]
    assert shown(web, answers[1])["cached"] is True
    assert query("SELECT sum(cached), count(*) FROM item") == [(2, 3)]


def test_it_cancels_what_waits_for_its_equal(submit: Submit) -> None:
    submit("a")
    second = submit("a")
    for worker in ("c1/1", "c1/2"):
        single.claim("parsing", worker, lambda candidate: "key")
    lifecycle.ask_cancel(second.job_id)
    assert job_of(second.job_id).status == "cancelled"


def test_it_looks_again_when_the_item_is_claimed(web: WsgiClient, workers: Workers) -> None:
    """A chain's later steps, and jobs that waited for a time, are looked up then."""
    then = [{"type": "extend"}]
    texts(web, "a", type="wrap", then=then)
    run_all(workers)
    again = texts(web, "a", type="wrap", then=then)
    assert again.json["cached"] is False
    run_all(workers)
    assert shown(web, again)["cached"] is True
    later = texts(web, "a", type="wrap", delay_s=0)
    assert later.json["status"] == "pending"


def test_it_runs_again_what_was_taken_when_it_is_told_to(web: WsgiClient, workers: Workers) -> None:
    texts(web, "a")
    run_all(workers)
    again = texts(web, "a").json["job_id"]
    answer = web.post(f"{JOBS}/{again}/retry", {"use_cache": False})
    assert (answer.status, answer.json["status"]) == (202, "running")
    run_all(workers)
    ended = web.get(f"{JOBS}/{again}").json
    assert (ended["status"], ended["cached"]) == ("completed", False)
    assert moves_of(job_of(again))[-3:] == ["rerun", "claimed", "completed"]


def test_it_runs_a_taken_chain_again_from_its_first_step(web: WsgiClient, workers: Workers) -> None:
    then = [{"type": "extend"}]
    for _ in range(2):
        job_id = texts(web, "a", type="wrap", then=then).json["job_id"]
        run_all(workers)
    web.post(f"{JOBS}/{job_id}/retry", {"use_cache": False})
    items = web.get(f"{JOBS}/{job_id}/items").json["items"]
    assert [(item["status"], item["data"]) for item in items] == [
        ("queued", None), ("pending", None),
    ]  # fmt: skip
    run_all(workers)
    ended = web.get(f"{JOBS}/{job_id}").json
    assert (ended["status"], ended["cached"], ended["progress"]) == ("completed", False, 100)


def test_it_tells_no_webhook_that_a_chain_that_runs_again_is_final(
    web: WsgiClient, workers: Workers
) -> None:
    for _ in range(2):
        job_id = texts(web, "a", type="wrap", then=[{"type": "extend"}]).json["job_id"]
        run_all(workers)
    query("UPDATE job SET webhook_url = 'https://example.org/' WHERE job_id = :id", {"id": job_id})
    web.post(f"{JOBS}/{job_id}/retry", {"use_cache": False})
    assert web.get(f"{JOBS}/{job_id}/deliveries").json["deliveries"] == []


def test_it_says_that_there_is_nothing_taken_to_run_again(
    web: WsgiClient, workers: Workers
) -> None:
    first = texts(web, "a")
    run_all(workers)
    answer = web.post(f"{JOBS}/{first.json['job_id']}/retry", {"use_cache": False})
    assert answer.code == "nothing-to-retry"


def test_it_counts_entries_hits_and_misses(web: WsgiClient, workers: Workers) -> None:
    assert web.get("/api/v1/cache").json["hit_ratio"] is None
    texts(web, "a", "b")
    run_all(workers)
    texts(web, "a")
    cache = web.get("/api/v1/cache").json
    assert (cache["entries"], cache["hits"], cache["misses"]) == (2, 1, 2)
    assert cache["hit_ratio"] == pytest.approx(1 / 3)
    assert cache["bytes"] > 0
    assert cache["types"][0]["type"] == "noop"


def test_it_clears_the_results_of_one_type(web: WsgiClient, workers: Workers) -> None:
    texts(web, "a")
    texts(web, "a", type="wrap")
    run_all(workers)
    answer = web.request("DELETE", "/api/v1/cache?type=wrap")
    assert (answer.status, answer.json) == (200, {"removed": 1})
    assert texts(web, "a", type="wrap").json["cached"] is False
    assert texts(web, "a").json["cached"] is True


def entry(key: str, submit: Submit, size_bytes: int, used_s_ago: float) -> None:
    (item,) = items_of(submit(key))
    reuse.store(key, item=item.id, type_name=item.type, owner=item.owner, size_bytes=size_bytes)
    query("UPDATE cache SET used_at = :at WHERE key = :key",
          {"at": timestamp(-used_s_ago), "key": key})  # fmt: skip


def test_it_forgets_what_was_not_used_for_longest_when_there_is_too_much(submit: Submit) -> None:
    for key, age_s in (("old", 30), ("older", 40), ("young", 10)):
        entry(key, submit, 100, age_s)
    assert reuse.trim(most_bytes=250, lifetime_s=3600) == 1
    assert query("SELECT key FROM cache ORDER BY key") == [("old",), ("young",)]


def test_it_forgets_what_is_too_old(submit: Submit) -> None:
    entry("old", submit, 1, 0)
    query("UPDATE cache SET created_at = :at", {"at": timestamp(-7200)})
    entry("young", submit, 1, 0)
    assert reuse.trim(most_bytes=10**9, lifetime_s=3600) == 1
    assert query("SELECT key FROM cache") == [("young",)]


def test_it_runs_everything_when_the_cache_is_off(
    web: WsgiClient, workers: Workers, site: Site
) -> None:
    off = replace(site.settings, cache=Cache(max_mb=0))
    workers._settings = site.acceptance._settings = off
    texts(web, "a")
    run_all(workers)
    assert texts(web, "a").json["cached"] is False
    assert reuse.stats()["entries"] == 0


def test_it_runs_when_the_files_of_a_result_are_gone(
    web: WsgiClient, workers: Workers, here: Installation
) -> None:
    first = texts(web, "a", type="wrap").json["job_id"]
    run_all(workers)
    Files(here.folder).remove_job(first, ["results"])
    again = texts(web, "a", type="wrap")
    assert again.json["cached"] is False
    run_all(workers)
    assert web.get(f"{JOBS}/{again.json['job_id']}/items/0/files/text.txt").body == b"a"


def test_it_finds_the_jobs_over_a_file(web: WsgiClient, workers: Workers) -> None:
    sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    first = web.upload(("a.txt", b"hello")).json["job_id"]
    both = web.upload(("b.txt", b"hello"), ("c.txt", b"x"), type="together").json["job_id"]
    path = f"/api/v1/files/{sha256}/jobs"
    assert [job["job_id"] for job in web.get(path).json["jobs"]] == [both, first]
    assert [job["job_id"] for job in web.get(f"{path}?type=upper").json["jobs"]] == [first]
    assert web.get(f"/api/v1/files/{'0' * 64}/jobs").json["jobs"] == []
    assert web.get("/api/v1/files/xyz/jobs").status == 404


def test_it_takes_no_hit_whose_row_was_never_committed(submit: Submit) -> None:
    """A hit that is handed in is recorded in the transaction of its job."""
    submit("a")
    claim = single.claim("parsing", "c1/1", lambda candidate: "key")
    assert claim is not None
    single.complete(claim, data='{"n": 1}', files="[]", warnings="[]")
    hit = reuse.find("key", 3600)
    items = [NewItem("a", {"text": "a"}, hit=hit), NewItem("b", {"text": "b"})]
    job = NewJob(type="noop", name="n", params={}, queue="parsing", max_attempts=1, items=items)
    lifecycle.submit(job)
    row = job_of(job.job_id)
    assert (row.status, row.completed_items, row.cached_items) == ("running", 1, 1)
    assert [item.status for item in items_of(row)] == ["completed", "queued"]


def test_it_runs_where_no_link_can_be_made(
    web: WsgiClient, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file has only so many names, and some file systems give it only one."""
    texts(web, "a", type="wrap")
    run_all(workers)

    def refused(*_: Any, **__: Any) -> None:
        raise OSError(errno.EMLINK, "Too many links")

    monkeypatch.setattr(os, "link", refused)
    at_submit, at_claim = (texts(web, "a", type="wrap", **o) for o in ({}, {"delay_s": 0}))
    query("UPDATE item SET not_before = '2000' WHERE not_before IS NOT NULL")
    lifecycle.release_due()
    run_all(workers)
    for answer in (at_submit, at_claim):
        assert (answer.status, shown(web, answer)["status"]) == (202, "completed")
        assert web.get(f"{JOBS}/{answer.json['job_id']}/items/0/files/text.txt").body == b"a"


def test_it_runs_nothing_again_while_a_later_step_runs(web: WsgiClient, workers: Workers) -> None:
    workers._queues = ["parsing"]
    for _ in range(2):
        job_id = texts(web, "a", type="wrap", then=[{"type": "extend"}]).json["job_id"]
        run_all(workers)
    assert single.claim("ai", "c2/1") and single.claim("ai", "c2/2")
    before = everything()
    assert web.post(f"{JOBS}/{job_id}/retry", {"use_cache": False}).code == "nothing-to-retry"
    assert everything() == before


def test_it_puts_an_item_off_once_and_not_for_each_equal_that_fails(submit: Submit) -> None:
    """Or a thousand equal items that fail would be a million moves."""
    submit(*(30 * ["a"]))
    while claim := single.claim("parsing", "c1/1", lambda candidate: "key"):
        single.claim("parsing", "c1/2", lambda candidate: "key")
        lifecycle.fail(claim, ItemError("no_good", "no good"))
    ((count,),) = query("SELECT count(*) FROM event WHERE move = 'deferred'")
    assert count < 60

"""The manners of the API: keys, ETags, waiting, pages, search, bulk, what is over."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

import pytest

from bellhop.accounts import accounts
from bellhop.accounts.access import LOCAL
from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.consumer.workers import Workers
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle, queries, sharing
from bellhop.jobs.lifecycle import rows
from bellhop.jobs.newjob import NewStep
from bellhop.settings.sections import Lifetime
from bellhop.storage.models import Job
from bellhop.web import patience
from bellhop.web.site import Site
from tests.support import single
from tests.support.cuts import everything
from tests.support.jobs import job_of
from tests.support.wsgi import Answer, WsgiClient, form

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"
JOB = {"type": "noop", "items": [{"text": "a"}]}


def finish(job: Job, *, fails: bool = False) -> None:
    claim = single.claim("parsing", "c1/1")
    assert claim is not None and claim.job_id == job.job_id
    if fails:
        lifecycle.fail(claim, ItemError("no_good", "no good"))
    else:
        single.complete(claim, data="{}", files="[]", warnings="[]")


def ids(answer: Answer) -> list[str]:
    return [job["job_id"] for job in answer.json["jobs"]]


# Idempotency-Key.


def test_it_gives_the_first_job_for_the_same_key_again(web: WsgiClient) -> None:
    first = web.post(JOBS, JOB, idempotency_key="k1")
    again = web.post(JOBS, JOB, idempotency_key="k1")
    assert (again.status, again.json["job_id"]) == (202, first.json["job_id"])
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["Idempotency-Replayed"] is None
    assert Job.select().count() == 1


def test_it_makes_another_job_for_another_key(web: WsgiClient) -> None:
    for key in ("k1", "k2"):
        web.post(JOBS, {**JOB, "use_cache": False}, idempotency_key=key)
    assert Job.select().count() == 2


@pytest.mark.parametrize(
    "changed",
    [{"items": [{"text": "b"}]}, {"type": "wrap"}, {"priority": 1}, {"then": [{"type": "extend"}]}],
)
def test_it_refuses_another_job_under_the_same_key(
    web: WsgiClient, changed: dict[str, Any]
) -> None:
    web.post(JOBS, JOB, idempotency_key="k1")
    before = everything()
    answer = web.post(JOBS, {**JOB, **changed}, idempotency_key="k1")
    assert (answer.status, answer.code) == (422, "key-reused")
    assert everything() == before


def test_it_compares_what_is_meant_and_not_the_bytes(web: WsgiClient) -> None:
    first = web.post(JOBS, {**JOB, "run_at": None}, idempotency_key="k1")
    text = json.dumps(dict(reversed(JOB.items())), indent=4).encode()
    again = web.request("POST", JOBS, text, content_type="application/json", idempotency_key="k1")
    assert again.json["job_id"] == first.json["job_id"]


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [("a.txt", b"hello", 202), ("a.txt", b"other", 422), ("b.txt", b"hello", 422)],
)
def test_it_compares_files_by_name_and_content(
    web: WsgiClient, name: str, content: bytes, status: int
) -> None:
    def send(name: str, content: bytes, boundary: str) -> Answer:
        body = form([(name, content)], "files", {"type": "upper"})
        body = body.replace(b"x-boundary-x", boundary.encode())
        kind = f"multipart/form-data; boundary={boundary}"
        return web.request("POST", JOBS, body, content_type=kind, idempotency_key="k1")

    first = send("a.txt", b"hello", "one")
    again = send(name, content, "another")
    assert again.status == status
    assert status != 202 or again.json["job_id"] == first.json["job_id"]


def test_it_leaves_no_litter_of_a_repeated_upload(web: WsgiClient, site: Site) -> None:
    for _ in range(2):
        body = form([("a.txt", b"hello")], "files", {"type": "upper"})
        kind = "multipart/form-data; boundary=x-boundary-x"
        web.request("POST", JOBS, body, content_type=kind, idempotency_key="k1")
    assert len(list((site.here.folder / "uploads").iterdir())) == 1
    assert list((site.here.folder / "incoming").iterdir()) == []


def test_it_says_that_the_first_is_still_being_answered(web: WsgiClient, site: Site) -> None:
    site.keys.add((LOCAL, "k1"))
    answer = web.post(JOBS, JOB, idempotency_key="k1")
    assert (answer.status, answer.code) == (409, "request-in-progress")
    assert Job.select().count() == 0


def test_it_leaves_no_key_behind_when_the_submission_fails(web: WsgiClient, site: Site) -> None:
    assert web.post(JOBS, {**JOB, "priority": 101}, idempotency_key="k1").status == 422
    assert site.keys == set()
    assert web.post(JOBS, JOB, idempotency_key="k1").status == 202


def test_it_keeps_key_and_job_in_one_transaction(
    web: WsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash before the commit leaves neither."""

    def crashed(*_: Any) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(rows, "job_event", crashed)
    assert web.post(JOBS, JOB, idempotency_key="k1").status == 500
    assert query("SELECT count(*) FROM idempotency") == [(0,)]
    assert Job.select().count() == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb"])
def test_it_refuses_what_is_no_key(web: WsgiClient, key: str) -> None:
    assert web.post(JOBS, JOB, idempotency_key=key).code == "invalid-request"


def test_it_forgets_a_key_after_a_day(web: WsgiClient) -> None:
    web.post(JOBS, JOB, idempotency_key="k1")
    lifecycle.forget_old()
    assert query("SELECT count(*) FROM idempotency") == [(1,)]
    query("UPDATE idempotency SET created_at = :at", {"at": timestamp(-86401)})
    lifecycle.forget_old()
    assert query("SELECT count(*) FROM idempotency") == [(0,)]


def test_it_takes_a_key_of_yesterday_as_a_new_one_also_where_nobody_tidied(web: WsgiClient) -> None:
    first = web.post(JOBS, JOB, idempotency_key="k1")
    query("UPDATE idempotency SET created_at = :at", {"at": timestamp(-86401)})
    second = web.post(JOBS, JOB, idempotency_key="k1")
    assert (second.status, second.headers["Idempotency-Replayed"]) == (202, None)
    assert second.json["job_id"] != first.json["job_id"]
    third = web.post(JOBS, JOB, idempotency_key="k1")
    assert third.json["job_id"] == second.json["job_id"]


# ETag, Retry-After, Prefer.


def test_it_says_304_to_who_has_it(web: WsgiClient, submit: Submit) -> None:
    path = f"{JOBS}/{submit().job_id}"
    tag = web.get(path).headers["ETag"] or ""
    assert not tag.startswith("W/")
    answer = web.get(path, if_none_match=tag)
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
    assert web.get(path, if_none_match="*").status == 304
    for tags in (
        f'"other", {tag}',
        f"W/{tag}",
        f'{tag},"other"',
        f'"a,b" ,\tW/{tag}',
        f'"", {tag}',
    ):
        assert web.get(path, if_none_match=tags).status == 304, tags


@pytest.mark.parametrize(
    "tag", ['"other"', "", "rubbish", '"', "W/", ",,,", "\x7f", '"a", W/"b"', '"*"', "W/*"]
)
def test_it_gives_the_job_to_who_has_another(web: WsgiClient, submit: Submit, tag: str) -> None:
    assert web.get(f"{JOBS}/{submit().job_id}", if_none_match=tag).status == 200


def test_it_says_when_to_ask_again_while_a_job_is_unfinished(
    web: WsgiClient, submit: Submit
) -> None:
    job = submit()
    assert web.get(f"{JOBS}/{job.job_id}").headers["Retry-After"] == "2"
    lifecycle.ask_cancel(job.job_id)
    assert web.get(f"{JOBS}/{job.job_id}").headers["Retry-After"] is None


def test_it_holds_the_answer_until_the_job_is_final(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    waited = _while_waiting(web, job, lambda: finish(job), prefer="wait=25")
    assert waited.json["status"] == "completed"
    assert waited.headers["Preference-Applied"] == "wait=25"


def test_it_holds_the_answer_until_the_job_changes(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    tag = web.get(f"{JOBS}/{job.job_id}").headers["ETag"] or ""
    act: Callable[[], Any] = lambda: single.claim("parsing", "c1/1")  # noqa: E731
    waited = _while_waiting(web, job, act, prefer="wait=25", if_none_match=tag)
    assert waited.json["status"] == "running"


LEAVING: dict[str, tuple[Callable[[Job], Any], int]] = {
    "disabled": (lambda job: accounts.disable("vera", is_disabled=True), 401),
    "token revoked": (lambda job: accounts.revoke_token("vera", 1), 401),
    "share removed": (lambda job: sharing.share(job.id, "vera", is_shown=False), 404),
}


@pytest.mark.parametrize("how", LEAVING)
def test_it_holds_no_answer_for_who_may_read_the_job_no_more(
    web: WsgiClient, submit: Submit, how: str
) -> None:
    job, (act, status) = submit(owner="otto"), LEAVING[how]
    for name in ("otto", "vera"):
        accounts.add(name, "member", None)
    token = accounts.add_token("vera")
    sharing.share(job.id, "vera", is_shown=True)
    began = time.monotonic()
    waited = _while_waiting(
        web, job, lambda: act(job), prefer="wait=25", authorization=f"Bearer {token}"
    )
    assert waited.status == status and time.monotonic() - began < 5


def _while_waiting(web: WsgiClient, job: Job, act: Callable[[], Any], **headers: str) -> Answer:
    """The answer to a request that waits while `act` is done by somebody else."""
    waiting = threading.Event()
    patch = pytest.MonkeyPatch()
    look = queries.status_of

    def looked(job_id: str) -> Any:
        found = look(job_id)
        waiting.set()
        return found

    patch.setattr(queries, "status_of", looked)

    def change() -> None:
        waiting.wait()
        act()
        database.close()

    other = threading.Thread(target=change)
    other.start()
    answer = web.get(f"{JOBS}/{job.job_id}", **headers)
    other.join()
    patch.undo()
    return answer


@pytest.mark.parametrize(
    "prefer",
    ["wait=0", "respond-async, wait=0", "wait = 0", "Wait=0", "WAIT=0", "Respond-Async, Wait=0"],
)
def test_it_waits_no_longer_than_asked(web: WsgiClient, submit: Submit, prefer: str) -> None:
    answer = web.get(f"{JOBS}/{submit().job_id}", prefer=prefer)
    assert (answer.status, answer.headers["Preference-Applied"]) == (200, "wait=0")


def test_it_grants_thirty_seconds_at_most(
    web: WsgiClient, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted: list[float] = []
    monkeypatch.setattr(patience, "_wait", lambda site, job, s, **_: granted.append(s))
    assert (
        web.get(f"{JOBS}/{submit().job_id}", prefer="wait=999").headers["Preference-Applied"]
        == "wait=30"
    )
    assert granted == [30]


@pytest.mark.parametrize(
    "prefer", ["wait", "wait=x", "wait=-5", "handling=strict", "", "await=5", "x-wait=5"]
)
def test_it_answers_at_once_what_asks_for_no_wait(
    web: WsgiClient, submit: Submit, prefer: str
) -> None:
    answer = web.get(f"{JOBS}/{submit().job_id}", prefer=prefer)
    assert (answer.status, answer.headers["Preference-Applied"]) == (200, None)


def test_it_answers_at_once_when_enough_wait_already(
    web: WsgiClient, submit: Submit, site: Site
) -> None:
    job = submit()
    while site.waiters.acquire(blocking=False):
        pass
    assert web.get(f"{JOBS}/{job.job_id}", prefer="wait=30").headers["Preference-Applied"] is None


def test_it_answers_at_once_when_there_is_news(web: WsgiClient, submit: Submit) -> None:
    answer = web.get(f"{JOBS}/{submit().job_id}", prefer="wait=30", if_none_match='"old"')
    assert (answer.status, answer.headers["Preference-Applied"]) == (200, None)


def test_it_lets_nobody_wait_when_it_stops(web: WsgiClient, submit: Submit, site: Site) -> None:
    site.stopping.set()
    assert web.get(f"{JOBS}/{submit().job_id}", prefer="wait=30").status == 200


# Pages, changes, search.


def test_it_links_the_next_page(web: WsgiClient, submit: Submit) -> None:
    jobs = [submit() for _ in range(5)]
    first = web.get(f"{JOBS}?limit=2&status=queued")
    link = first.headers["Link"] or ""
    assert link.endswith('>; rel="next"') and f"cursor={first.json['next']}" in link
    seen = ids(first)
    while link:
        page = web.get(link[1 : link.index(">")])
        seen += ids(page)
        link = page.headers["Link"] or ""
    assert seen == [job.job_id for job in reversed(jobs)]


@pytest.mark.parametrize("cursor", ["x", "YzE!", "....", "Y2E", "%00"])
def test_it_refuses_a_cursor_from_elsewhere(web: WsgiClient, cursor: str) -> None:
    assert web.get(f"{JOBS}?cursor={cursor}").code == "invalid-parameter"


def test_it_lists_several_statuses_newest_first(web: WsgiClient, submit: Submit) -> None:
    done = submit()
    finish(done)
    waiting, cancelled = submit(), submit()
    lifecycle.ask_cancel(cancelled.job_id)
    newest = submit()
    listed = ids(web.get(f"{JOBS}?status=queued,completed"))
    assert listed == [newest.job_id, waiting.job_id, done.job_id]
    assert ids(web.get(f"{JOBS}?status=queued,completed&limit=1")) == [newest.job_id]


def test_it_tells_changes_and_deletions_in_pages(web: WsgiClient, submit: Submit) -> None:
    for _ in range(3):
        submit()
    gone = submit()
    lifecycle.ask_cancel(gone.job_id)
    lifecycle.purge([gone.job_id])
    last = submit()
    changed, deleted, since = [], [], 0
    for _ in range(10):
        page = web.get(f"{JOBS}?since={since}&limit=2").json
        changed += [job["job_id"] for job in page["jobs"]]
        deleted += page["gone"]
        if page["change"] == since:
            break
        since = page["change"]
    assert len(changed) == 4 and changed[-1] == last.job_id
    assert deleted == [gone.job_id]
    assert since == queries.last_change()


@pytest.mark.parametrize(
    "text", ["report", "REPORT", "Отчёт", "отчёт", "needle", "no good", "100%", "_x_"]
)
def test_it_finds_names_parameters_and_errors(web: WsgiClient, submit: Submit, text: str) -> None:
    submit("nothing to see")
    job = submit("report 100% _x_", name="Отчёт", params={"key": "a Needle"})
    lifecycle.ask_cancel(submit("other").job_id)
    query(
        'UPDATE item SET error = \'{"code": "x", "message": "no good"}\' WHERE job = :id',
        {"id": job.id},
    )
    assert ids(web.get(f"{JOBS}?q={quote(text)}")) == [job.job_id]
    assert ids(web.get(f"{JOBS}?q={quote(text)}zzz")) == []


def test_it_pages_through_what_a_search_finds(web: WsgiClient, submit: Submit) -> None:
    found = [submit("needle").job_id for _ in range(3) for _ in [submit("hay")]]
    first = web.get(f"{JOBS}?q=needle&limit=2")
    rest = web.get(f"{JOBS}?q=needle&limit=2&cursor={first.json['next']}")
    assert ids(first) + ids(rest) == found[::-1] and rest.json["next"] is None


def test_it_tells_which_changed_jobs_do_not_match(web: WsgiClient, submit: Submit) -> None:
    wanted, other = submit("needle"), submit("hay")
    page = web.get(f"{JOBS}?since=0&q=NEEDLE").json
    assert [job["job_id"] for job in page["jobs"]] == [wanted.job_id]
    assert page["unmatched"] == [other.job_id]
    assert web.get(f"{JOBS}?since=0&q=needle&status=failed").json["jobs"] == []
    assert web.get(f"{JOBS}?since=0&status=queued&queue=parsing&type=noop").json["unmatched"] == []
    assert web.get(f"{JOBS}?since=0").json["unmatched"] == []


def test_it_says_how_much_has_changed_beyond_an_answer(web: WsgiClient, submit: Submit) -> None:
    for _ in range(3):
        submit()
    page = web.get(f"{JOBS}?since=0&limit=2").json
    assert page["change"] < page["latest"] == queries.last_change()
    page = web.get(f"{JOBS}?since={page['change']}&limit=2").json
    assert page["change"] == page["latest"] == queries.last_change()


def test_it_refuses_an_endless_search(web: WsgiClient) -> None:
    assert web.get(f"{JOBS}?q={'x' * 201}").code == "invalid-parameter"


# Bulk.


def bulk(web: WsgiClient, **body: Any) -> Answer:
    return web.post(f"{JOBS}/bulk", body)


def test_it_cancels_all_that_match(web: WsgiClient, submit: Submit) -> None:
    jobs = [submit("needle"), submit("needle"), submit("hay")]
    answer = bulk(web, action="cancel", filter={"q": "needle"}, expected=2)
    assert answer.json == {"action": "cancel", "count": 2, "done": 2, "refused": []}
    assert [job_of(job.job_id).status for job in jobs] == ["cancelled", "cancelled", "queued"]


def test_it_does_nothing_when_another_number_matches(web: WsgiClient, submit: Submit) -> None:
    submit()
    before = everything()
    answer = bulk(web, action="cancel", filter={"status": "queued"}, expected=2)
    assert (answer.status, answer.code, answer.json["count"]) == (409, "count-changed", 1)
    assert everything() == before


def test_it_only_counts_when_asked(web: WsgiClient, submit: Submit) -> None:
    submit()
    before = everything()
    answer = bulk(web, action="purge", filter={"status": "queued"}, dry_run=True)
    assert (answer.json["count"], answer.json["done"]) == (1, 0)
    assert everything() == before


def test_it_says_for_each_job_why_it_was_not_done(web: WsgiClient, submit: Submit) -> None:
    final, waiting = submit(), submit()
    lifecycle.ask_cancel(final.job_id)
    answer = bulk(web, action="cancel", ids=[final.job_id, waiting.job_id, "nobody"]).json
    assert (answer["count"], answer["done"]) == (3, 1)
    assert [(r["job_id"], r["code"]) for r in answer["refused"]] == [
        (final.job_id, "job-final"), ("nobody", "not-found"),
    ]  # fmt: skip


def test_it_retries_and_deletes_in_bulk(web: WsgiClient, submit: Submit, site: Site) -> None:
    job = submit()
    finish(job, fails=True)
    (site.here.folder / "results" / job.job_id).mkdir()
    assert bulk(web, action="retry", ids=[job.job_id]).json["done"] == 1
    assert bulk(web, action="purge", ids=[job.job_id]).json["refused"][0]["code"] == (
        "job-not-finished"
    )
    bulk(web, action="cancel", ids=[job.job_id])
    assert bulk(web, action="purge", filter={"status": "cancelled"}, expected=1).json["done"] == 1
    assert Job.select().count() == 0
    assert list((site.here.folder / "results").iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "cancel"},
        {"action": "explode", "ids": []},
        {"action": "cancel", "filter": {}, "expected": 0},
        {"action": "cancel", "filter": {"status": ""}, "expected": 0},
        {"action": "cancel", "filter": {"colour": "red"}, "expected": 0},
        {"action": "cancel", "filter": {"status": "odd"}, "expected": 0},
        {"action": "cancel", "filter": {"status": 5}, "expected": 0},
        {"action": "cancel", "filter": "all", "expected": 0},
        {"action": "cancel", "filter": {"status": "queued"}},
        {"action": "cancel", "filter": {"status": "queued"}, "expected": True},
        {"action": "cancel", "ids": ["a"], "filter": {"status": "queued"}, "expected": 0},
        {"action": "cancel", "ids": "a"},
        {"action": "cancel", "ids": [1]},
        {"action": "cancel", "ids": ["x"] * 10_001},
        {"action": "cancel", "ids": [], "dry_run": 1},
        {"action": "cancel", "ids": [], "colour": 1},
    ],
)
def test_it_refuses_what_is_no_bulk(web: WsgiClient, submit: Submit, body: Any) -> None:
    submit()
    before = everything()
    assert web.post(f"{JOBS}/bulk", body).status == 422
    assert everything() == before


# What is over, and what is kept.


def test_it_says_410_for_what_is_over(web: WsgiClient, submit: Submit, site: Site) -> None:
    job = submit()
    finish(job)
    path = f"{JOBS}/{job.job_id}"
    assert web.get(path).json["expires_at"] > timestamp(29 * 86400)
    object.__setattr__(
        site, "settings", replace(site.settings, lifetime=Lifetime(results_days=0.001))
    )
    query("UPDATE job SET completed_at = :at", {"at": timestamp(-100)})
    assert web.get(f"{path}/result").code == "expired"
    lifecycle.purge([job.job_id], is_expired=True)
    for over in (path, f"{path}/result", f"{path}/items", f"{path}/events"):
        answer = web.get(over)
        assert (answer.status, answer.code) == (410, "expired")


def test_it_says_404_for_what_somebody_deleted(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    lifecycle.ask_cancel(job.job_id)
    lifecycle.purge([job.job_id])
    assert web.get(f"{JOBS}/{job.job_id}").code == "not-found"


def test_it_keeps_a_job_beyond_its_days(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    finish(job)
    path = f"{JOBS}/{job.job_id}"
    kept = web.request("PATCH", path, b'{"keep": true}', content_type="application/json").json
    assert (kept["keep"], kept["expires_at"]) == (True, None)
    assert queries.ended_before("noop", timestamp(3600), 10) == []
    assert lifecycle.purge([job.job_id], is_expired=True) == []
    web.request("PATCH", path, b'{"keep": false}', content_type="application/json")
    assert queries.ended_before("noop", timestamp(3600), 10) == [job.job_id]


# Bad input.


@pytest.mark.parametrize("depth", [101, 1000, 5000, 100_000])
@pytest.mark.parametrize("where", ["items", "params", "then", "whole"])
def test_it_refuses_json_that_is_nested_too_deep(web: WsgiClient, depth: int, where: str) -> None:
    nested = "[" * depth + "]" * depth
    bodies = {
        "items": '{"type": "keys", "items": [{"json": {"a": %s}}]}',
        "params": '{"type": "noop", "items": [{"text": "a"}], "params": {"a": %s}}',
        "then": '{"type": "noop", "items": [{"text": "a"}], "then": %s}',
        "whole": "%s",
    }
    body = (bodies[where] % nested).encode()
    answer = web.request("POST", JOBS, body, content_type="application/json")
    assert answer.status in (400, 422), answer.body[:200]
    assert Job.select().count() == 0


def test_it_refuses_ten_thousand_items(web: WsgiClient) -> None:
    answer = web.post(JOBS, {"type": "noop", "items": [{"text": "a"}] * 10_000})
    assert (answer.status, answer.code) == (422, "too-many-items")


def test_it_retries_once_when_two_ask_at_once(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    finish(job, fails=True)
    answers = [web.post(f"{JOBS}/{job.job_id}/retry", {}) for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 409]
    assert answers[1].code == "nothing-to-retry"


def test_it_ends_a_job_once_when_its_last_items_finish_at_once(submit: Submit) -> None:
    """Counters, status and change move in the item's own transaction."""
    job = submit(*(str(n) for n in range(8)))
    claims = [single.claim("parsing", f"c1/{n}") for n in range(8)]
    barrier = threading.Barrier(8)

    def end(claim: Any) -> None:
        barrier.wait()
        single.complete(claim, data="{}", files="[]", warnings="[]")
        database.close()

    threads = [threading.Thread(target=end, args=[claim]) for claim in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = job_of(job.job_id)
    assert (ended.status, ended.completed_items, ended.change) == (
        "completed", 8, queries.last_change(),
    )  # fmt: skip


@pytest.mark.parametrize("round", range(5))
def test_it_ends_once_when_a_cancel_meets_a_finish(submit: Submit, round: int) -> None:
    job = submit("a", "b")
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    barrier = threading.Barrier(2)

    def finish_it() -> None:
        barrier.wait()
        single.complete(claim, data="{}", files="[]", warnings="[]")
        database.close()

    def cancel_it() -> None:
        barrier.wait()
        lifecycle.ask_cancel(job.job_id)
        database.close()

    threads = [threading.Thread(target=act) for act in (finish_it, cancel_it)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = job_of(job.job_id)
    assert (ended.status, ended.completed_items, ended.cancelled_items) == ("cancelled", 1, 1)


def test_it_answers_what_monitors_ask(web: WsgiClient, workers: Workers) -> None:
    web.post(JOBS, JOB)
    (parsing,) = [
        queue
        for queue in web.get("/api/v1/monitoring/queues").json["queues"]
        if queue["name"] == "parsing"
    ]
    assert (parsing["depth"], parsing["running"], parsing["backlog"]) == (1, 0, "ok")
    assert parsing["oldest_age_s"] >= 0
    health = web.get("/api/v1/monitoring/health").json
    assert (health["status"], health["problems"]) == ("degraded", ["no consumer is running"])
    assert web.get("/api/v1/monitoring/workers").json == {"workers": []}
    metrics = web.get("/metrics")
    assert "text/plain" in (metrics.headers["Content-Type"] or "")
    assert b'bellhop_jobs{status="queued",type="noop"} 1.0' in metrics.body


@pytest.mark.parametrize(("waiting", "level"), [(2, "ok"), (3, "warn"), (5, "critical")])
def test_it_says_how_far_a_queue_is_behind(
    web: WsgiClient, submit: Submit, site: Site, waiting: int, level: str
) -> None:
    levels = replace(site.settings.monitoring, backlog_warn=2, backlog_critical=4)
    object.__setattr__(site, "settings", replace(site.settings, monitoring=levels))
    submit(*(str(n) for n in range(waiting)))
    queues = web.get("/api/v1/monitoring/queues").json["queues"]
    assert {queue["name"]: queue["backlog"] for queue in queues}["parsing"] == level


def test_it_counts_jobs_by_status_and_type(web: WsgiClient, workers: Workers) -> None:
    web.post(JOBS, JOB)
    while workers.run_next():
        pass
    web.post(JOBS, {"type": "wrap", "items": [{"text": "a"}]})
    stats = web.get(f"{JOBS}/stats").json
    assert (stats["total"], stats["by_status"]["completed"]) == (2, 1)
    assert stats["by_type"] == {"noop": {"completed": 1}, "wrap": {"queued": 1}}
    assert stats["durations"]["noop"]["count"] == 1


@pytest.mark.parametrize("name", ["", "..", "../../x", "/tmp", "a/b"])
def test_it_removes_nothing_for_what_is_no_job(
    web: WsgiClient, submit: Submit, site: Site, name: str
) -> None:
    job = submit()
    uploads = site.here.folder / "uploads" / job.job_id
    uploads.mkdir()
    answer = bulk(web, action="purge", ids=[name])
    assert answer.json["refused"][0]["code"] == "not-found"
    assert uploads.exists()
    with pytest.raises(ValueError, match="not the id of a job"):
        site.files.remove_job(name)


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [("bytes=0-1", 206, b"he"), ("bytes=-2", 206, b"lo"), ("bytes=3-", 206, b"lo"),
     ("Bytes=0-1", 206, b"he"), ("BYTES=-2", 206, b"lo"),
     ("bytes=x", 200, b"hello"), ("items=1", 200, b"hello"),
     ("bytes=3-1", 200, b"hello"), ("bytes=-", 200, b"hello")],
)  # fmt: skip
def test_it_gives_a_part_of_a_file_that_is_there(
    web: WsgiClient, workers: Workers, asked: str, status: int, body: bytes
) -> None:
    job = web.post(JOBS, {"type": "wrap", "items": [{"text": "hello"}]}).json["job_id"]
    while workers.run_next():
        pass
    path = f"{JOBS}/{job}/items/0/files/text.txt"
    answer = web.get(path, range=asked)
    assert (answer.status, answer.body) == (status, body)
    tag = answer.headers["ETag"] or ""
    assert tag.startswith('"')
    assert web.get(path, if_none_match=tag).status == 304
    head = web.request("HEAD", path, range=asked)
    assert (head.status, head.body) == (status, b"")
    dates = "Thu, 01 Jan 2015 00:00:00 GMT", formatdate(usegmt=True), "yesterday"
    for other in ('"another"', f"W/{tag}", tag.strip('"'), f'{tag}, "another"', "*", *dates):
        whole = web.get(path, range=asked, if_range=other)
        assert (whole.status, whole.body, whole.headers["Content-Range"]) == (200, b"hello", None)
    assert web.get(path, range=asked, if_range=tag).body == body


def test_it_refuses_a_retry_of_what_it_does_not_know(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    finish(job, fails=True)
    assert web.post(f"{JOBS}/{job.job_id}/retry", {"item": [0]}).code == "invalid-job"


@pytest.mark.parametrize("priority", ["5", "", [], {}, 1.0, True])
def test_it_takes_only_a_number_for_a_priority(web: WsgiClient, priority: Any) -> None:
    assert web.post(JOBS, {**JOB, "priority": priority}).code == "invalid-job"


def test_it_finds_an_error_in_any_script(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.fail(claim, ItemError("no_good", "Größe «報告書»"))
    for text in ("größe", "GRÖSSE", "報告"):
        assert ids(web.get(f"{JOBS}?q={quote(text)}")) == [job.job_id]


@pytest.mark.parametrize("text", ["message", "hint", "null"])
def test_it_finds_no_error_by_the_names_of_its_members(
    web: WsgiClient, submit: Submit, text: str
) -> None:
    submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.fail(claim, ItemError("no_good", "no good"))
    assert ids(web.get(f"{JOBS}?q={text}")) == []


def test_it_misses_no_change_between_a_look_and_the_wait(
    web: WsgiClient, submit: Submit, site: Site
) -> None:
    """What the client was told is the 304's job, not what is there when the wait begins."""
    job = submit()
    tag = web.get(f"{JOBS}/{job.job_id}").headers["ETag"] or ""

    class Gate:
        def acquire(self, blocking: bool) -> bool:
            return single.claim("parsing", "c1/1") is not None

        def release(self) -> None:
            pass

    class Never:
        def wait(self, seconds: float) -> bool:
            raise AssertionError("it waits although the job has changed")

    object.__setattr__(site, "waiters", Gate())
    object.__setattr__(site, "stopping", Never())
    answer = web.get(f"{JOBS}/{job.job_id}", prefer="wait=30", if_none_match=tag)
    assert (answer.status, answer.json["status"]) == (200, "running")


def test_it_counts_nothing_as_waiting_that_a_failed_step_blocks_for_ever(
    web: WsgiClient, submit: Submit
) -> None:
    submit(then=[NewStep("extend", {}, "ai")])
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.fail(claim, ItemError("no_good", "no good"))
    queues = web.get("/api/v1/monitoring/queues").json["queues"]
    assert {queue["name"]: queue["pending"] for queue in queues}["ai"] == 0

"""No request and no row costs the others much: parameters, answers and costly requests are bounded.

What is asked of routes is asked of every one in the table, so a new route cannot forget it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bellhop.accounts.access import ANYBODY, User
from bellhop.base.addresses import API
from bellhop.base.errors import MOST_SAID, Problem
from bellhop.catalog import params
from bellhop.database.database import database, query
from bellhop.jobs import queries
from bellhop.jobs.bounds import MOST_PARAMS_BYTES
from bellhop.jobs.newjob import NewStep
from bellhop.jobs.queries import JobFilter
from bellhop.schedules.schedules import MOST_SCHEDULED_BYTES
from bellhop.storage.models import Job
from bellhop.web import answers, limits
from bellhop.web.answers import MOST_ANSWER_BYTES, PAGE_BYTES
from bellhop.web.openapi import document
from bellhop.web.query import MOST_QUERY
from bellhop.web.routes import every_route
from bellhop.web.site import Site
from tests.support import single
from tests.support.cast import IDS, SHA256, every_state
from tests.support.places import ROOT
from tests.support.wsgi import Answer, WsgiClient

Submit = Callable[..., Job]
JOBS = f"{API}/jobs"
WEB = ROOT / "bellhop" / "web"
OTTO, ADA = (User(name, "member", reads_all=False) for name in ("otto", "ada"))
MIB = 1 << 20


@pytest.fixture
def cast(site: Site) -> Iterator[None]:
    with every_state(site):
        yield


def filled(path: str) -> str:
    """An address of what is there."""
    parts = {"{job_id}": IDS["completed"], "{index}": "0", "{name}": "default", "{number}": "1"}
    for part, value in {**parts, "{sha256}": SHA256, "{account}": "anna"}.items():
        path = path.replace(part, value)
    return path


def with_query(path: str, query: str) -> str:
    """An address of what is there; a job reads all of its query only for its result."""
    more = "include=result&" if path.endswith("{job_id}") and "include" not in query else ""
    return f"{filled(path)}?{more}{query}"


def parameters() -> Iterator[tuple[str, str, str]]:
    """(method, path, name) of each query parameter of each route."""
    built = document.build()
    known = built["components"]["parameters"]
    for path, operations in built["paths"].items():
        for method, operation in operations.items():
            for reference in operation["parameters"]:
                parameter = known[reference["$ref"].rpartition("/")[2]]
                if parameter["in"] == "query":
                    yield method.upper(), path, parameter["name"]


def every_page(web: WsgiClient, path: str, member: str) -> Iterator[Any]:
    """What a list leads through; each of its answers is small enough."""
    cursor = ""
    while cursor is not None:
        sign = "&" if "?" in path else "?"
        answer = web.get(f"{path}{sign}cursor={cursor}" if cursor else path)
        assert answer.status == 200, answer.body[:500]
        assert len(answer.body) <= MOST_ANSWER_BYTES
        yield from answer.json[member]
        cursor = answer.json["next"]


# Parameters.


def test_it_refuses_every_parameter_that_is_too_long(web: WsgiClient, cast: None) -> None:
    for method, path, name in parameters():
        answer = web.request(method, with_query(path, f"{name}={'x' * 300}"))
        assert answer.code == "invalid-parameter", (method, path, name)


def test_it_refuses_every_parameter_that_is_there_twice(web: WsgiClient, cast: None) -> None:
    for method, path, name in parameters():
        answer = web.request(method, with_query(path, f"{name}=1&{name}=1"))
        told = f"{name} is given more than once."
        assert (answer.code, answer.json["detail"]) == ("invalid-parameter", told), (method, path)


def test_it_refuses_a_query_that_is_too_long_on_every_route(web: WsgiClient, cast: None) -> None:
    for path in sorted({r.path for r in every_route() if r.method == "GET" and "<" not in r.path}):
        answer = web.get(f"{path}?{'a&' * MOST_QUERY}")
        assert answer.code == "invalid-parameter", path


def test_it_reads_the_query_in_one_place() -> None:
    readers = {p.name for p in WEB.rglob("*.py") if "request.query" in p.read_text()}
    assert readers == {"query.py", "gate.py"}  # that one leads back to the page after a login


def test_it_takes_the_statuses_as_a_set(
    web: WsgiClient, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit()
    asked: list[JobFilter] = []

    def recorded(find: Callable[..., Any]) -> Callable[..., Any]:
        def found(viewer: User, wanted: JobFilter, **more: Any) -> Any:
            asked.append(wanted)
            return find(viewer, wanted, **more)

        return found

    monkeypatch.setattr(queries, "jobs", recorded(queries.jobs))
    monkeypatch.setattr(queries, "count_jobs", recorded(queries.count_jobs))
    assert web.get(f"{JOBS}?status={','.join(['queued'] * 200)}").status == 200
    chosen = {"status": ",".join(["queued", "failed"] * 100)}
    web.post(f"{JOBS}/bulk", {"action": "cancel", "filter": chosen, "dry_run": True})
    assert [wanted.statuses for wanted in asked] == [("queued",), ("queued", "failed")]


def test_it_acts_once_on_a_job_that_is_named_twice(web: WsgiClient, submit: Submit) -> None:
    job_id = submit().job_id
    answer = web.post(f"{JOBS}/bulk", {"action": "cancel", "ids": [job_id] * 3})
    assert answer.json == {"action": "cancel", "count": 1, "done": 1, "refused": []}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/bulk", {"action": "cancel", "ids": ["x" * 300]}),
        ("", {"type": "noop", "items": [{"text": "a"}], "depends_on": ["x" * 300]}),
        ("/bulk", {"action": "cancel", "filter": {"owner": "x" * 300}, "dry_run": True}),
        ("/bulk", {"action": "cancel", "filter": {"x" * 7_000_000: "a"}}),
        ("", {"type": "x" * 7_000_000}),
        ("", {"type": "noop", "\1" * 1_000_000: []}),
    ],
)
def test_it_says_little_of_a_long_text_that_is_wrong(
    web: WsgiClient, path: str, body: dict[str, Any]
) -> None:
    answer = web.post(f"{JOBS}{path}", body)
    assert (answer.status, len(answer.body) < 10 * MOST_SAID * 6) == (422, True)


@pytest.mark.parametrize(
    "header", ["if_none_match", "prefer", "cookie", "range", "idempotency_key", "user_agent"]
)
def test_it_answers_at_once_however_long_a_header_is(
    web: WsgiClient, cast: None, header: str
) -> None:
    path = f"{JOBS}/{IDS['completed']}"
    for text in ('"x",' * 60_000, "wait" + " " * 250_000, "a=b; " * 50_000):
        assert web.get(path, **{header: text}).status == 200


# What is submitted.


@pytest.mark.parametrize(
    ("params", "then"),
    [
        ({"word": "x" * MOST_PARAMS_BYTES}, []),
        ({"word": "é" * (MOST_PARAMS_BYTES // 2)}, []),
        ({}, [{"type": "keys", "params": {"word": "x" * MOST_PARAMS_BYTES}}]),
        ({"word": "x" * (MOST_PARAMS_BYTES // 2)},
         [{"type": "keys", "params": {"word": "x" * (MOST_PARAMS_BYTES // 2)}}]),
    ],
)  # fmt: skip
def test_it_refuses_large_parameters(
    site: Site, params: dict[str, Any], then: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bellhop.catalog.params.validated", lambda job_type, given: given)
    body = {"type": "wrap", "items": [{"text": "a"}], "params": params, "then": then}
    with pytest.raises(Problem, match="params: have more than 64 KiB as JSON"):
        site.intake.from_json(body, "local")


def test_it_refuses_a_form_field_that_is_too_long(web: WsgiClient) -> None:
    answer = web.upload(("a.txt", b"a"), note="x" * 100_000)
    assert answer.json["errors"][0]["field"] == "note"
    assert "64 KiB" in answer.json["detail"]


def test_it_refuses_many_long_form_fields(web: WsgiClient) -> None:
    fields: dict[str, Any] = {f"f{n}": "x" * 60_000 for n in range(30)}
    assert "all fields 1024 KiB" in web.upload(("a.txt", b"a"), **fields).json["detail"]


def test_it_refuses_a_parameter_of_a_job_that_is_there_twice() -> None:
    number: Any = {"properties": {"size": {"type": "integer"}}}
    with pytest.raises(Problem, match="size: is given more than once"):
        params.from_text("A type", number, "size", ["1", "2"])
    several: Any = {"properties": {"size": {"type": "array", "items": {"type": "integer"}}}}
    assert params.from_text("A type", several, "size", ["1", "2"]) == [1, 2]


@pytest.mark.parametrize("name", ["type", "priority", "then"])
def test_it_refuses_an_option_that_is_there_twice(web: WsgiClient, name: str) -> None:
    given = {"type": ["upper", "upper"], "priority": ["1", "1"], "then": ["[]", "[]"]}[name]
    answer = web.upload(("a.txt", b"a"), **{name: given})  # type: ignore[arg-type]
    assert answer.json["errors"] == [{"field": name, "message": "is given more than once"}]


# Answers.


def test_it_shows_the_largest_jobs_in_pages(web: WsgiClient, submit: Submit) -> None:
    text = "x" * (MOST_PARAMS_BYTES // 2 - 100)
    then = [NewStep("keys", {"word": text}, "ai")]
    made = {submit(params={"word": text}, then=then).job_id for _ in range(150)}
    assert {job["job_id"] for job in every_page(web, f"{JOBS}?limit=200", "jobs")} == made
    assert {j["job_id"] for j in every_page(web, f"{JOBS}?limit=200&q=xxx", "jobs")} == made
    since, seen = 0, set[str]()
    while len(seen) < len(made):
        answer = web.get(f"{JOBS}?since={since}&limit=200")
        assert len(answer.body) <= MOST_ANSWER_BYTES
        assert answer.json["change"] > since
        seen |= {job["job_id"] for job in answer.json["jobs"]}
        since = answer.json["change"]


def test_it_shows_jobs_of_earlier_versions_without_megabytes_of_parameters(
    web: WsgiClient, submit: Submit
) -> None:
    job = submit(params={"word": "x" * (7 * MIB)}, then=[NewStep("keys", {"a": "x" * MIB}, "ai")])
    for path in (JOBS, f"{JOBS}?q=a", f"{JOBS}?since=0", f"{JOBS}/{job.job_id}"):
        assert len(web.get(path).body) < 10_000, path
    assert web.get(f"{JOBS}/{job.job_id}").json["params"] == {"too_large_to_show": True}


def complete(data: Any) -> None:
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    assert single.complete(claim, data=json.dumps(data), files="[]", warnings="[]")


def test_it_shows_large_results_in_pages(web: WsgiClient, submit: Submit) -> None:
    job = submit(*"abcd")
    for _ in range(4):
        complete({"text": "x" * (3 * MIB)})
    for member in ("items", "result"):
        path = f"{JOBS}/{job.job_id}/{member}"
        assert [item["index"] for item in every_page(web, path, "items")] == list(range(4))
    shown = web.get(f"{JOBS}/{job.job_id}?include=result")
    assert len(shown.body) <= MOST_ANSWER_BYTES
    assert shown.json["result"]["next"]


def test_it_hands_on_a_large_result_as_it_was_recorded(web: WsgiClient, submit: Submit) -> None:
    job, data = submit("a", "b"), {"text": ['é \U0001f600 \0\\"', {}, 1.5, None] * 20_000}
    complete(data)
    complete({"text": "short"})
    for path in ("result", "items"):
        shown = list(every_page(web, f"{JOBS}/{job.job_id}/{path}", "items"))
        assert [item["data"] for item in shown] == [data, {"text": "short"}]
    shown = web.get(f"{JOBS}/{job.job_id}?include=result").json
    assert (shown["job_id"], shown["result"]["items"][0]["data"]) == (job.job_id, data)


@pytest.mark.sqlite("a CHECK that can be switched off")
def test_it_hands_on_nothing_that_is_no_json(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    complete({"text": "x" * 100_000})
    query("PRAGMA ignore_check_constraints = 1")
    query("UPDATE result SET data = data || '}'")
    (item,) = every_page(web, f"{JOBS}/{job.job_id}/result", "items")
    assert (item["data"], item["error"]["code"]) == (None, "unreadable")


def test_it_says_of_a_result_of_an_earlier_version_that_it_is_too_large(
    web: WsgiClient, submit: Submit
) -> None:
    job = submit()
    complete({"text": "x" * (16 * MIB)})
    (item,) = every_page(web, f"{JOBS}/{job.job_id}/result", "items")
    assert (item["data"], item["warnings"][-1]) == (None, {
        "code": "too_large_to_show", "where": None,
        "message": "Bellhop cannot show data, which has 16 MiB.",
    })  # fmt: skip


def test_it_shows_numbers_that_are_long_when_written_out(web: WsgiClient, submit: Submit) -> None:
    """JSON that was recorded as it came may be shorter than what is shown of it."""
    job = submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    data = f"[{','.join(['1e15'] * 600_000)}]"
    assert single.complete(claim, data=data, files="[]", warnings="[]")
    assert len(web.get(f"{JOBS}/{job.job_id}/result").body) <= MOST_ANSWER_BYTES


def test_it_shows_long_tracebacks_in_pages(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    event = """INSERT INTO event (job, at, move, text, traceback)
        VALUES (:job, 'now', 'failed', :text, :text)"""
    for _ in range(150):
        query(event, {"job": job.id, "text": "\1" * 20_000})
    path = f"{JOBS}/{job.job_id}/events?include=traceback"
    assert len(list(every_page(web, path, "events"))) == 151


def test_it_shows_every_schedule_though_not_every_large_job(web: WsgiClient, site: Site) -> None:
    text = "x" * (MOST_SCHEDULED_BYTES - 200)
    job = {"type": "noop", "items": [{"text": text}]}
    for number in range(150):
        document = {"name": f"no {number}", "cron": "0 7 * * *", "job": job}
        site.schedules.add(document, ANYBODY)
    database.close()
    answer = web.get(f"{API}/schedules")
    shown = answer.json["schedules"]
    assert (len(shown), len(answer.body) <= MOST_ANSWER_BYTES) == (150, True)
    assert (shown[0]["job"], shown[-1]["job"]) == (job, None)


def test_it_refuses_a_schedule_with_a_large_job(web: WsgiClient) -> None:
    job = {"type": "noop", "items": [{"text": "x" * MOST_SCHEDULED_BYTES}]}
    answer = web.post(f"{API}/schedules", {"name": "a", "cron": "0 7 * * *", "job": job})
    assert answer.json["detail"] == "job: has more than 64 KiB as JSON"


def test_it_shows_the_latest_of_many_deliveries(
    web: WsgiClient, cast: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bellhop.web.handlers.deliveries.MOST_PER_PAGE", 2)
    shown = web.get(f"{JOBS}/{IDS['told']}/deliveries").json["deliveries"]
    assert [delivery["number"] for delivery in shown] == [5, 6]


def test_it_sends_no_answer_that_is_too_large(
    web: WsgiClient, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    monkeypatch.setattr(answers, "MOST_ANSWER_BYTES", 100)
    answer = web.get(f"{JOBS}/{job.job_id}")
    assert (answer.status, answer.code) == (500, "answer-too-large")


def test_it_has_room_for_a_page_and_its_largest_row() -> None:
    assert PAGE_BYTES <= answers.MOST_ROW_BYTES < MOST_ANSWER_BYTES == 8 * MIB


# Costly requests.

# What is read or written quickly, however much there is.
CHEAP = {
    "/health", "/ready", "/openapi.json", "/account", "/account/sessions", "/account/tokens",
    "/account/totp", "/account/notices", "/jobs/<job_id>", "/jobs/<job_id>/shares",
    "/webhooks/secret",
    "/schedules/next-runs",
    "/jobs/<job_id>/items/<index:re:[0-9]{1,9}>/files/<name:path>",
    "/jobs/<job_id>/items/<index:re:[0-9]{1,9}>/input",
    "/jobs/<job_id>/items/<index:re:[0-9]{1,9}>/log",
}  # fmt: skip


def test_it_says_of_every_route_that_reads_whether_it_is_costly() -> None:
    reading = [r for r in every_route() if r.method == "GET" and r.path.startswith(API)]
    assert {r.path.removeprefix(API) for r in reading if not r.is_costly} == CHEAP


def test_it_answers_two_costly_requests_of_an_account_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "COSTLY_PATIENCE_S", 0.01)
    turns = limits.Turns()
    with turns.turn(OTTO), turns.turn(OTTO):
        with pytest.raises(Problem) as refused, turns.turn(OTTO):
            pass
        assert (refused.value.code, refused.value.retry_after_s) == ("too-many-requests", 1)
        with turns.turn(ADA), turns.turn(None), turns.turn(ANYBODY):
            pass
    with turns.turn(OTTO), turns.turn(OTTO):
        pass


def test_it_gives_a_turn_to_who_waits_for_a_moment() -> None:
    turns, came, end = limits.Turns(), threading.Event(), threading.Event()

    def answer() -> None:
        with turns.turn(OTTO):
            came.set()
            end.wait(5)

    threads = [threading.Thread(target=answer) for _ in range(2)]
    threads[0].start()
    came.wait(5)
    with turns.turn(OTTO):
        threads[1].start()
    end.set()
    for thread in threads:
        thread.join(5)
    with turns.turn(OTTO), turns.turn(OTTO):
        pass


def test_it_lets_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits holds a thread of the web."""
    monkeypatch.setattr(limits, "COSTLY_PATIENCE_S", 5)
    turns, refused = limits.Turns(), []

    def ask() -> None:
        try:
            with turns.turn(OTTO):
                pass
        except Problem:
            refused.append(1)
            if len(refused) == 7:
                enough.set()

    enough = threading.Event()
    with turns.turn(OTTO), turns.turn(OTTO):
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        assert enough.wait(4)
    for thread in threads:
        thread.join(5)
    assert len(refused) == 7


def test_it_holds_a_turn_only_while_a_costly_request_is_answered(
    web: WsgiClient, site: Site, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    turn = limits.Turns.turn

    def recorded(turns: limits.Turns, user: User | None) -> Any:
        asked.append(user is not None)
        return turn(turns, user)

    monkeypatch.setattr(limits.Turns, "turn", recorded)
    path = f"{JOBS}/{submit().job_id}"
    requests: list[tuple[str, bytes]] = [
        (JOBS, b""), (path, b""), (f"{path}/items", b""), (f"{path}/cancel", b""),
    ]  # fmt: skip
    for address, body in requests:
        method = "POST" if address.endswith("cancel") else "GET"
        assert web.request(method, address, body).status < 300
    assert asked == [True, False, True, False]
    long: Answer = web.post(JOBS, {"type": "noop", "items": [{"text": "x" * 300_000}]})
    assert (long.status, asked[-1]) == (202, True)

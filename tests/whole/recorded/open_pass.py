"""What is asked of a Bellhop without accounts: every route, and every refusal that is cheap."""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.running import running
from tests.whole.recorded.caller import Caller, receiver

TYPES = Path(__file__).parent / "types"
SETTINGS = {
    "BELLHOP_JOBTYPES_FOLDER": str(TYPES),
    "BELLHOP_OUTBOUND_ALLOWED": "127.0.0.1",
    "BELLHOP_SERVER_MAX_ITEMS": "3",
    "BELLHOP_TYPE_FLEETING_RESULTS_DAYS": "0.000001",
}
NEVER = "0 0 30 2 *"
NEW_YEAR = {"name": "New year", "cron": "0 0 1 1 *", "timezone": "UTC"}
FILE = "one two three\n"
ABSENT = "0123456789abcdef0123"


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Caller]:
    with running(folder, **SETTINGS) as bellhop, receiver() as address:
        bellhop.serve()
        yield Caller(bellhop, {"receiver": address, "absent": ABSENT})


def texts(*values: str, type: str = "shout", **more: object) -> dict[str, object]:
    """The JSON of a job of texts."""
    return {"type": type, "items": [{"text": value} for value in values], **more}


def submitting_json(ask: Caller) -> None:
    ask("POST jobs", json=texts("hello"), name="shout")
    ask.final("shout")
    ask("GET jobs/{shout}")
    params = {"times": 2, "end": "?", "api_token": "secret words"}
    ask("POST jobs", json=texts("one", "two", params=params, priority=7), name="loud")
    ask.final("loud")
    ask("GET jobs/{loud}?include=result")
    ask("GET jobs/{loud}/items")
    ask("GET jobs/{loud}/events")
    urls = ["https://example.org/a", "https://EXAMPLE.org/a#b", "https://example.org/c"]
    ask("POST jobs", json={"type": "look", "items": [{"url": url} for url in urls]}, name="look")
    ask.final("look")
    ask("GET jobs/{look}/result")
    ask("GET jobs/{look}/events")
    ask("POST jobs", json={"type": "count", "items": [{"json": {"a": 1}}]}, name="count")
    ask.final("count")
    ask("GET jobs/{count}/result")


def submitting_forms(ask: Caller) -> None:
    file = ("größe 1.txt", FILE)
    ask("POST jobs", form=[("type", "report"), ("title", "T")], files=[file], name="report")
    ask.final("report")
    ask("GET jobs/{report}/result")
    ask("GET jobs/{report}/result.csv")
    ask("GET jobs/{report}/files.zip")
    ask("GET jobs/{report}/items/0/files/words.csv")
    ask("GET jobs/{report}/items/0/files/more/gr%C3%B6%C3%9Fe.txt")
    ask("GET jobs/{report}/items/0/files/words.csv", headers={"Range": "bytes=0-3"})
    ask("GET jobs/{report}/items/0/files/words.csv", headers={"Range": "bytes=9999-"})
    ask("GET jobs/{report}/items/0/files/words.csv?view=1")
    ask("GET jobs/{report}/items/0/files/no.csv")
    ask("GET jobs/{report}/items/5/files/words.csv")
    ask("GET jobs/{report}/items/0/input")
    ask("GET jobs/{report}/items/0/input?view=1")
    ask("GET jobs/{report}/items/5/input")
    options = [("type", "bundle"), ("priority", "3"), ("use_cache", "false")]
    ask("POST jobs", form=options, files=[("a.txt", "a"), ("b.txt", "bb")], name="bundle")
    ask.final("bundle")
    ask("GET jobs/{bundle}/result")


def uploading(ask: Caller) -> None:
    tus = {"Tus-Resumable": "1.0.0"}
    part = {**tus, "Content-Type": "application/offset+octet-stream"}
    new = {**tus, "Upload-Length": "5", "Upload-Metadata": "filename YS50eHQ="}
    ask("OPTIONS uploads")
    for name in ("upload", "dropped"):
        made = ask("POST uploads", headers=new)
        ask.names[name] = made.header("location").rpartition("/")[2]
    ask("PATCH uploads/{upload}", body="one", headers={**part, "Upload-Offset": "0"})
    ask("HEAD uploads/{upload}", headers=tus)
    ask("PATCH uploads/{upload}", body=" 2", headers={**part, "Upload-Offset": "0"})
    ask("PATCH uploads/{upload}", body=" 2", headers={**part, "Upload-Offset": "3"})
    ask("POST jobs", form=[("type", "report"), ("upload", "{upload}")], name="uploaded")
    ask.final("uploaded")
    ask("GET jobs/{uploaded}/result")
    ask("HEAD uploads/{upload}", headers=tus)
    ask("DELETE uploads/{dropped}", headers=tus)


def refusing_jobs(ask: Caller) -> None:
    ask("POST jobs", json={"items": []})
    ask("POST jobs", json=texts("a", type="nothing"))
    ask("POST jobs", json=texts("a", type="needs"))
    ask("POST jobs", json=texts())
    ask("POST jobs", json=texts("a", "b", "c", "d"))
    ask("POST jobs", json=texts(" "))
    ask("POST jobs", json={"type": "shout", "items": [{"url": "https://example.org"}]})
    ask("POST jobs", json=texts("a", surprise=1))
    ask("POST jobs", json=texts("a", params={"times": 9, "volume": 1}))
    ask("POST jobs", json=texts("a", priority=101))
    ask("POST jobs", json=texts("a", run_at="2001-01-01T00:00:00Z"))
    ask("POST jobs", json=texts("a", run_at="2100-01-01T00:00:00"))
    ask("POST jobs", json=texts("a", delay_s=-1))
    ask("POST jobs", json=texts("a", depends_on=["{absent}"]))
    ask("POST jobs", json=texts("a", then=[{"type": "shout"}]))
    ask("POST jobs", json=texts("a", webhook_url="ftp://example.org"))
    ask("POST jobs", json=texts("a", webhook_events=["often"]))
    ask("POST jobs", json=[])
    ask("POST jobs", body="{", headers={"Content-Type": "application/json"})
    ask("POST jobs", body="type=shout", headers={"Content-Type": "text/plain"})
    ask("POST jobs", body="nothing", headers={"Content-Type": "multipart/form-data; boundary=x"})
    ask("POST jobs", form=[("type", "report")])
    ask("POST jobs", form=[("type", "shout")], files=[("a.txt", "a")])
    ask("POST jobs", form=[("type", "report"), ("priority", "high")], files=[("a.txt", "a")])
    ask("POST jobs", form=[("type", "report")], files=[("a.png", "a")])
    ask("POST jobs", headers={"Content-Length": "2000000000", "Expect": "100-continue"})


def asking_twice(ask: Caller) -> None:
    ask("POST jobs", json=texts("key"), headers={"Idempotency-Key": "k1"}, name="keyed")
    ask.final("keyed")
    ask("POST jobs", json=texts("key"), headers={"Idempotency-Key": "k1"})
    ask("POST jobs", json=texts("other"), headers={"Idempotency-Key": "k1"})
    ask("POST jobs", json=texts("key"), headers={"Idempotency-Key": "ü"})


def caching(ask: Caller) -> None:
    ask("POST jobs", json=texts("hello"), name="hit", moves=False)
    ask("GET jobs/{hit}/items")
    ask("GET jobs/{hit}/events")
    ask("GET cache")
    ask("DELETE cache?type=look")
    ask("POST jobs", json=texts("hello", use_cache=False), name="miss")
    ask.final("miss")
    ask("GET jobs/{miss}")
    ask("DELETE cache")
    ask("GET cache")
    ask("POST jobs/{hit}/retry", json={"use_cache": False})
    ask.final("hit")
    ask("GET jobs/{hit}/events")


def chaining(ask: Caller) -> None:
    chain = [{"type": "count"}, {"type": "count", "params": {"more": 5}}]
    ask("POST jobs", json=texts("chain", then=chain), name="chain")
    ask.final("chain")
    ask("GET jobs/{chain}")
    ask("GET jobs/{chain}/items")
    ask("GET jobs/{chain}/result")
    ask("GET jobs/{chain}/items/0/files/count.txt")
    ask("GET jobs/{chain}/items/0/files/count.txt?step=1")
    ask("GET jobs/{chain}/items/0/log")
    ask("GET jobs/{chain}/items/0/log?step=1")
    ask("GET jobs/{chain}/items/0/log?attempt=2")
    ask("GET jobs/{chain}/items/0/log?step=x")


def failing(ask: Caller) -> None:
    ask("POST jobs", json=texts("bad", type="picky"), name="bad")
    ask.final("bad")
    ask("GET jobs/{bad}")
    ask("GET jobs/{bad}/result")
    ask("POST jobs", json=texts("good", "new", type="picky"), name="partly")
    ask.final("partly")
    ask("GET jobs/{partly}")
    ask("GET jobs/{partly}/result")
    ask("GET jobs/{partly}/items?status=failed")
    ask("GET jobs/{partly}/reasons")
    ask("GET jobs?status=partly_failed&limit=1")
    ask("POST jobs", json=texts("luck", type="mistake"), name="mistake")
    ask.final("mistake")
    ask("GET jobs/{mistake}")
    ask("GET jobs/{mistake}/events?include=traceback")
    ask("GET jobs/{mistake}/items/0/log")
    ask("GET jobs/{mistake}/items/0/log?attempt=1")
    ask("POST jobs", json=texts("soon", type="later"), name="later")
    ask.until("GET jobs/{later}/items", lambda found: found["items"][0]["status"] == "pending")
    ask.until("GET jobs/{later}/events", lambda found: len(found["events"]) == 3)
    ask("GET jobs/{later}")
    ask("GET jobs/{later}/events")
    ask("POST jobs/{later}/cancel", moves=False)


def retrying(ask: Caller) -> None:
    ask("POST jobs/{partly}/retry", json={"items": [7]})
    ask("POST jobs/{partly}/retry", json={"items": [0]})
    ask("POST jobs/{partly}/retry", json={"items": [1], "again": True})
    ask("POST jobs/{partly}/retry", json={"items": [1]})
    ask.final("partly")
    ask("GET jobs/{partly}/events")
    ask("POST jobs/{partly}/retry")
    ask("POST jobs/{shout}/retry", body="x", headers={"Content-Type": "text/plain"})
    ask("POST jobs/{shout}/retry", json=[])


def giving_up(ask: Caller) -> None:
    ask("POST jobs", json=texts("soon", type="later"), name="given_up")
    ask.until("GET jobs/{given_up}/items", lambda found: found["items"][0]["status"] == "pending")
    ask("POST jobs/{given_up}/give-up", json={"items": [1]})
    ask("POST jobs/{given_up}/give-up", json={"item": [0]})
    ask("POST jobs/{given_up}/give-up")
    ask("POST jobs/{given_up}/give-up")
    ask("GET jobs/{given_up}/events")


def running_and_cancelling(ask: Caller) -> None:
    ask("POST jobs", json=texts("on", type="hold"), name="hold")
    ask.until("GET jobs/{hold}", lambda job: job["current_step"])
    held = ask("GET jobs/{hold}")
    ask.names["tag"] = held.header("etag")
    ask("GET jobs/{hold}", headers={"If-None-Match": "{tag}"})
    ask("GET jobs/{hold}", headers={"If-None-Match": "{tag}", "Prefer": "wait=1"})
    ask("GET jobs/{hold}", headers={"Prefer": "wait=1"})
    ask("GET jobs/{hold}/items")
    ask("GET jobs/{hold}/result")
    ask("GET jobs/{hold}?include=result")
    ask("GET monitoring/workers")
    ask("GET monitoring/problems?period=1h")
    ask("GET monitoring/problems?period=2h")
    ask("DELETE jobs/{hold}?purge=true")
    ask.final("hold")
    ask("GET jobs/{hold}", headers={"Prefer": "wait=5"})
    ask("GET jobs/{hold}/result")
    ask("GET jobs/{hold}/events")
    ask("POST jobs/{hold}/cancel")
    ask("DELETE jobs/{hold}")


def waiting(ask: Caller) -> None:
    ask("POST queues/default/pause")
    ask("POST jobs", json=texts("first"), name="first", moves=False)
    ask("POST jobs", json=texts("second"), name="second", moves=False)
    later = "2100-01-01T00:00:00+01:00"
    ask("POST jobs", json=texts("third", run_at=later), name="third", moves=False)
    ask("POST jobs", json=texts("fourth", depends_on=["{first}"]), name="fourth", moves=False)
    ask("GET jobs?status=queued,pending")
    ask("PATCH jobs/{second}", json={"front": True})
    ask("PATCH jobs/{second}", json={"priority": 5, "keep": True})
    ask("PATCH jobs/{second}", json={"priority": 1000})
    ask("PATCH jobs/{second}", json={"name": "x"})
    ask("PATCH jobs/{shout}", json={"priority": 5})
    ask("PATCH jobs/{shout}", json={"keep": True})
    ask("PATCH jobs/{shout}", json={"keep": 1})
    ask("GET jobs/{first}")
    ask("GET monitoring/queues")
    ask("PATCH queues/default", json={"workers": 2})
    ask("PATCH queues/default", json={"workers": None})
    ask("PATCH queues/default", json={"workers": 0})
    ask("PATCH queues/none", json={"workers": 1})
    ask("POST queues/none/pause")
    ask("POST queues/none/resume")
    ask("POST jobs/{first}/cancel", moves=False)
    ask.final("fourth")
    ask("GET jobs/{fourth}")
    ask("GET jobs/{fourth}/events")
    ask("POST jobs/{fourth}/retry")
    ask("DELETE jobs/{third}", moves=False)
    ask("POST queues/default/resume", moves=True)
    ask.final("second")
    ask("GET jobs/{second}/events")


def listing(ask: Caller) -> None:
    ask("GET jobs?type=picky")
    ask("GET jobs?queue=parsing&status=completed")
    ask("GET jobs?q=example.org")
    ask("GET jobs?owner=nobody")
    page = ask("GET jobs?type=picky&limit=1")
    ask.names["page"] = page.json["next"]
    ask("GET jobs?type=picky&limit=1&cursor={page}")
    page = ask("GET jobs/{loud}/items?limit=1")
    ask.names["items"] = page.json["next"]
    ask("GET jobs/{loud}/items?limit=1&cursor={items}")
    page = ask("GET jobs/{loud}/result?limit=1")
    ask.names["items"] = page.json["next"]
    ask("GET jobs/{loud}/result?limit=1&cursor={items}")
    page = ask("GET jobs/{shout}/events?limit=2")
    ask.names["rest"] = page.json["next"]
    ask("GET jobs/{shout}/events?limit=2&cursor={rest}")
    ask("GET jobs/facets?type=picky")
    ask("GET jobs/facets?status=done")
    ask("GET jobs?status=done")
    ask("GET jobs?limit=0")
    ask("GET jobs?cursor=xyz")
    ask("GET jobs?since=x")
    ask("GET jobs/{loud}/items?status=done")
    sha256 = hashlib.sha256(FILE.encode()).hexdigest()
    ask(f"GET files/{sha256}/jobs")
    ask(f"GET files/{sha256}/jobs?type=shout")


def deleting(ask: Caller) -> None:
    ask.names["change"] = str(ask.send("GET jobs?limit=1").json["change"])
    ask("POST jobs", json=texts("short"), name="short")
    ask.final("short")
    ask("DELETE jobs/{short}")
    ask("GET jobs?since={change}")
    ask("DELETE jobs/{short}?purge=true")
    ask("GET jobs?since={change}")
    ask("GET jobs/{short}")
    ask("GET jobs/{short}/result")


def many_at_once(ask: Caller) -> None:
    ask("POST queues/default/pause")
    for name in ("bulk 1", "bulk 2"):
        ask("POST jobs", json=texts(name), name=name, moves=False)
    chosen = {"status": "queued", "type": "shout"}
    ask("POST jobs/bulk", json={"action": "cancel", "filter": chosen, "dry_run": True})
    ask("POST jobs/bulk", json={"action": "cancel", "filter": chosen, "expected": 5})
    ask("POST jobs/bulk", json={"action": "cancel", "filter": chosen, "expected": 2})
    ask("POST jobs/bulk", json={"action": "cancel", "filter": chosen, "limit": 5})
    ask("POST jobs/bulk", json={"action": "cancel", "filter": chosen, "limit": 5, "cursor": "x"})
    ask("POST queues/default/resume", moves=True)
    ids = ["{bulk 1}", "{shout}", "{absent}"]
    ask("POST jobs/bulk", json={"action": "retry", "ids": ids})
    ask.final("bulk 1")
    ask("POST jobs/bulk", json={"action": "purge", "ids": ["{bulk 1}", "{bulk 2}", "{later}"]})
    ask("POST jobs/bulk", json={"action": "purge", "filter": {}})
    ask("POST jobs/bulk", json={"action": "purge", "filter": {"status": "failed"}})
    ask("POST jobs/bulk", json={"action": "purge", "filter": {"colour": "red"}, "expected": 1})
    ask("POST jobs/bulk", json={"action": "purge"})
    ask("POST jobs/bulk", json={"action": "forget", "ids": []})


def telling(ask: Caller) -> None:
    for name in ("ok", "gone", "busy"):
        ask("POST jobs", json=texts(name, webhook_url=f"{{receiver}}/{name}"), name=f"told {name}")
        ask.final(f"told {name}")
    for name, status in (("ok", "completed"), ("gone", "failed")):
        ask.until(f"GET jobs/{{told {name}}}/deliveries", told_as(status))
        ask(f"GET jobs/{{told {name}}}/deliveries")
    ask.until("GET jobs/{told busy}/deliveries", told_as("running"))
    [busy] = ask.send("GET jobs/{told busy}/deliveries").json["deliveries"]
    ask.names["delivery"] = busy["delivery_id"]
    ask.until("GET jobs/{delivery}", lambda job: job["waiting_for"])
    ask("GET jobs/{told busy}/deliveries")
    ask("GET jobs/{delivery}")
    ask("POST jobs/{told busy}/deliveries/1/redeliver")
    ask("POST jobs/{told busy}/deliveries/9/redeliver")
    ask("POST jobs", json=texts("a", webhook_url="{receiver}/gone"))
    ask("POST jobs/{told ok}/deliveries/1/redeliver", name="again")
    ask.final("again")
    ask("GET jobs/{told ok}/deliveries")
    ask("GET webhooks/secret")
    ask("POST webhooks/secret")
    ask("GET account/notices")
    ask("PATCH account/notices", json={"wants": "every"})
    ask("PATCH account/notices", json={"address": "anna@example.org"})
    ask("PATCH account/notices", json={"colour": "red"})
    ask("PATCH account/notices", json={"wants": "nothing"})
    ask("POST account/notices/test")


def told_as(status: str) -> Callable[[Any], bool]:
    return lambda found: [each["status"] for each in found["deliveries"]] == [status]


def scheduling(ask: Caller) -> None:
    ask("POST schedules", json={**NEW_YEAR, "job": texts("happy")})
    ask("POST schedules", json={"name": "B", "cron": "0 0 1 1 *", "job": texts("b")})
    ask("GET schedules")
    ask("PATCH schedules/2", json={"paused": True})
    ask("PATCH schedules/2", json={"paused": False, "name": "C"})
    ask("PATCH schedules/2", json={"notify": {"wants": "nothing"}})
    ask("PATCH schedules/2", json={"notify": {"wants": "failures"}})
    ask("PATCH schedules/2", json={"cron": "* * *"})
    ask("GET schedules/next-runs?cron=0+0+1+1+*&timezone=Europe/Berlin")
    ask("GET schedules/next-runs?cron=99+0+1+1+*")
    ask("POST schedules/2/run", name="now")
    ask.final("now")
    ask("GET schedules")
    ask("DELETE schedules/2")
    ask("DELETE schedules/2")
    ask("POST schedules", json={**NEW_YEAR, "cron": "* * *", "job": texts("a")})
    ask("POST schedules", json={**NEW_YEAR, "cron": NEVER, "job": texts("a")})
    ask("POST schedules", json={**NEW_YEAR, "timezone": "Mars/Base", "job": texts("a")})
    ask("POST schedules", json={**NEW_YEAR, "name": "", "job": texts("a")})
    ask("POST schedules", json={**NEW_YEAR, "colour": "red", "job": texts("a")})
    ask("POST schedules", json={**NEW_YEAR, "job": texts("a", type="nothing")})
    ask("POST schedules", json={**NEW_YEAR, "job": texts("a", delay_s=5)})
    ask("POST schedules", body="x")
    ask("GET jobs?schedule=2")


def expiring(ask: Caller) -> None:
    ask("POST jobs", json=texts("gone soon", type="fleeting"), name="fleeting")
    ask.final("fleeting")
    time.sleep(0.2)  # its time is 0.09 s
    ask("GET jobs/{fleeting}")
    ask("GET jobs/{fleeting}/result")
    ask("GET jobs/{fleeting}/items/0/files/note.txt")


def sharing_without_accounts(ask: Caller) -> None:
    ask("GET jobs/{shout}/shares")
    ask("POST jobs/{shout}/shares", json={"account": "ben"})
    ask("POST jobs/{shout}/shares", json={})
    ask("DELETE jobs/{shout}/shares/ben")


def having_no_account(ask: Caller) -> None:
    ask("GET account")
    ask("GET account/sessions")
    ask("DELETE account/sessions/1")
    ask("GET account/tokens")
    ask("POST account/tokens", json={"name": "a"})
    ask("DELETE account/tokens/1")
    ask("POST account/password", json={"password": "a", "new_password": "b"})
    ask("POST login", json={"name": "ben", "password": "a"})
    ask("POST machines/join", json={"token": "bellhop_join_x", "key": "k" * 43})
    ask("POST logout")
    ask("GET accounts")
    ask("POST accounts", json={"name": "ben", "role": "member"})
    ask("GET audit?limit=3")


def monitoring(ask: Caller) -> None:
    ask("GET monitoring/queues")
    ask("GET monitoring/workers")
    ask("GET monitoring/machines")
    ask("GET monitoring/health")
    ask("GET jobs/stats")
    ask("GET types")
    ask("GET openapi.json")
    for path in ("/health", "health", "/ready", "ready", "/metrics"):
        ask(f"GET {path}")


def opening_pages(ask: Caller) -> None:
    pages = (
        "/", "/jobs/{shout}", "/running", "/queues", "/schedules", "/docs", "/account", "/people",
        "/audit", "/login",
    )  # fmt: skip
    for page in pages:
        ask(f"GET {page}")
    shown = ask.send("GET /")
    ask.names["tag"] = shown.header("etag")
    ask("GET /", headers={"If-None-Match": "{tag}"})
    for name, suffix in (("script", "js"), ("style", "css"), ("icon", "svg")):
        found = re.search(rf'"(/static/[^"]+\.{suffix})"', shown.body.decode())
        assert found, suffix
        ask.names[name] = found[1]
        ask(f"GET {{{name}}}")
    ask("GET /static/nothing.js")


def knocking(ask: Caller) -> None:
    ask("GET nothing")
    ask("GET jobs/{absent}")
    ask("GET jobs/{absent}/items")
    ask("PUT jobs", json={})
    ask("DELETE types")
    ask("OPTIONS jobs")
    ask("GET jobs/%ff")
    ask("GET types", headers={"Host": "evil.example"})
    ask("POST jobs", json=texts("a"), headers={"Host": "evil.example"})
    ask("POST jobs", json=texts("a"), headers={"Origin": "https://evil.example"})
    ask("POST jobs", json=texts("a"), headers={"Sec-Fetch-Site": "cross-site"})
    ask("GET types", headers={"X-Forwarded-For": "10.0.0.1"})
    ask("POST jobs", body="x", headers={"Transfer-Encoding": "gzip"})


GROUPS = (
    submitting_json,
    submitting_forms,
    uploading,
    refusing_jobs,
    asking_twice,
    caching,
    chaining,
    failing,
    retrying,
    giving_up,
    running_and_cancelling,
    waiting,
    listing,
    deleting,
    many_at_once,
    telling,
    scheduling,
    expiring,
    sharing_without_accounts,
    having_no_account,
    monitoring,
    opening_pages,
    knocking,
)

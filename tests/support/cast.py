"""An installation to ask: jobs, items, deliveries and schedules of every state."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

from bellhop.accounts.access import ANYBODY
from bellhop.base.errors import ItemError
from bellhop.database.database import database
from bellhop.jobs import consumers, lifecycle, webhooks
from bellhop.jobs.lifecycle import Claim
from bellhop.jobs.newjob import NewItem, NewJob, NewStep
from bellhop.jobs.reuse import Hit
from bellhop.storage.models import Job
from bellhop.system.locks import take_lock
from bellhop.web.site import Site
from tests.support import single
from tests.support.jobs import job_of

NAMES = (
    "completed", "failed", "cancelled", "partly", "chained", "cached", "running", "queued",
    "pending", "needing", "told", "spare",
)  # fmt: skip
IDS = {name: f"{number:020x}" for number, name in enumerate(NAMES, 0xBE11)}
SHA256 = "ab" * 32
REPORT, WARNING = b"a,b\n1,2\n", {"code": "odd", "message": "Look here.", "where": "row 2"}
PLAIN: dict[str, Any] = {"type": "noop", "params": {}, "queue": "parsing", "max_attempts": 4}
NEW_JOB = {"type": "noop", "items": [{"text": "a"}]}


def submit(name: str, *texts: str, **options: Any) -> None:
    items = [NewItem(text, {"text": text}) for text in texts or ("a",)]
    known = {"name": name, "job_id": IDS[name], "items": items}
    lifecycle.submit(NewJob(**{**PLAIN, **known, **options}))


def claimed(queue: str = "parsing", key: str | None = None) -> Claim:
    claim = single.claim(queue, "c1/w", lambda candidate: key)
    assert claim is not None
    return claim


def complete(site: Site, key: str | None = None) -> None:
    """Complete the next item: it gives data, a file and a warning, and printed a line."""
    claim = claimed(key=key)
    path = f"{claim.name}/report.csv"
    report, log = site.files.result(claim.job_id, path), site.files.log(claim.job_id, claim.name)
    report.parent.mkdir(parents=True)
    report.write_bytes(REPORT)
    log.parent.mkdir(exist_ok=True)
    log.write_text("printed\n")
    listed = [{"name": "report.csv", "size": len(REPORT), "path": path}]
    assert single.complete(
        claim,
        data='{"rows": 1}',
        files=json.dumps(listed),
        warnings=json.dumps([WARNING]),
        seconds=0.5,
    )


def fail() -> None:
    """Fail the next item."""
    error = ItemError("no_good", "It is no good.", "Try another.", traceback="Traceback")
    assert lifecycle.fail(claimed(), error)


def submit_final(site: Site) -> None:
    given = site.files.upload(IDS["completed"], "0.txt")
    given.parent.mkdir()
    given.write_bytes(b"a")
    submit("completed", items=[NewItem("a", {"file": given.name}, SHA256)], contents=[SHA256])
    complete(site, key="k")
    hit = Hit("k", IDS["completed"], "{}", "[]", "[]")
    submit("cached", items=[NewItem("a", {"text": "a"}, hit=hit)])
    submit("failed")
    fail()
    submit("partly", "a", "b")
    complete(site)
    fail()
    submit("cancelled")
    lifecycle.ask_cancel(IDS["cancelled"])


def submit_unfinished(site: Site) -> None:
    submit("chained", then=[NewStep("keys", {}, "ai")])
    complete(site)
    submit("running", webhook_url="https://example.org/hook", webhook_progress=True)
    lifecycle.progress(claimed(), 40, "Reading")
    submit("queued")
    submit("spare", priority=-5)
    submit("pending", run_at="2100-01-01T00:00:00.000000Z")
    submit("needing", depends_on=[IDS["queued"]])


def deliver(job: Job) -> None:
    """Deliveries of every state; the last one waits for a worker."""
    params = {"url": "https://example.org/hook", "message_id": "msg_1", "is_final": True}
    ends: list[Callable[[Claim], object]] = [
        lambda claim: single.complete(
            claim, data='{"status": 200, "answer": "ok"}', files="[]", warnings="[]"
        ),
        lambda claim: lifecycle.fail(claim, ItemError("webhook_gone", "It answered 410.")),
        lifecycle.cancel,
        lambda claim: lifecycle.fail_attempt(claim, ItemError("x", "It answered 500."), [3600]),
        lambda claim: None,
    ]
    for end in ends:
        news = webhooks.new_delivery(job.id, "local", "job.completed", {"data": {}}, params)
        lifecycle.submit(news)
        end(claimed(webhooks.QUEUE))


@contextlib.contextmanager
def every_state(site: Site) -> Iterator[None]:
    """The jobs of `IDS`, of every state, beside deliveries, schedules and a live consumer."""
    lock = take_lock(site.here.consumer_lock("c1"), fcntl.LOCK_EX)
    assert lock is not None
    consumers.register("c1", os.getpid(), list(site.settings.queues))
    submit_final(site)
    submit("told", webhook_url="https://example.org/hook")
    complete(site)
    deliver(job_of(IDS["told"]))
    submit_unfinished(site)
    for number in range(3):
        document = {"name": f"no {number}", "cron": "0 7 * * 1", "job": NEW_JOB}
        site.schedules.add(document, ANYBODY)
    database.close()  # each request opens its own
    yield
    os.close(lock)

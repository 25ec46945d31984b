"""GET /metrics: its names, its format, and what it counts of requests."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain

from bellhop.consumer.workers import Workers
from bellhop.database.database import query
from bellhop.jobs import consumers
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system.locks import alone
from tests.support.places import ROOT
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"
JOB = {"type": "noop", "items": [{"text": "a"}]}
OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(families: Iterable[Any]) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def families(web: WsgiClient) -> Iterable[Any]:
    """What the parser of Prometheus reads in /metrics."""
    text = web.get("/metrics").body.decode()
    found: Iterable[Any] = plain(text)
    return found


def value(web: WsgiClient, name: str, **labels: str) -> float | None:
    """A sample; None where there is none."""
    found = samples(families(web))
    return found.get((name, frozenset(labels.items())))


def test_it_speaks_the_text_format_by_default(web: WsgiClient) -> None:
    answer = web.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert samples(families(web))


def test_it_speaks_openmetrics_to_who_accepts_it(web: WsgiClient, submit: Submit) -> None:
    submit("a")
    answer = web.get("/metrics", accept=OPEN_METRICS)
    assert (answer.headers["Content-Type"] or "").startswith("application/openmetrics-text")
    assert answer.body.endswith(b"# EOF\n")
    read = open_metrics(answer.body.decode())  # type: ignore[no-untyped-call]
    assert samples(read)


def test_it_counts_finished_jobs(web: WsgiClient, workers: Workers) -> None:
    web.post(JOBS, JOB)
    finished = "bellhop_jobs_finished_total"
    assert value(web, finished, type="noop", status="completed", code="") == 0
    while workers.run_next():
        pass
    assert value(web, finished, type="noop", status="completed", code="") == 1
    assert value(web, finished, type="noop", status="failed", code="timed_out") == 0
    assert value(web, "bellhop_job_wait_seconds_count", type="noop") == 1
    assert value(web, "bellhop_job_run_seconds_bucket", type="noop", le="+Inf") == 1


def test_it_gives_histograms_that_grow_with_their_bounds(web: WsgiClient, workers: Workers) -> None:
    web.post(JOBS, JOB)
    while workers.run_next():
        pass
    found = samples(families(web))
    of_run = [
        (float(dict(labels)["le"]), n) for (name, labels), n in found.items()
        if name == "bellhop_job_run_seconds_bucket"
    ]  # fmt: skip
    counts = [n for _, n in sorted(of_run)]
    assert counts == sorted(counts) and counts[-1] == 1


def test_it_counts_requests_by_the_pattern_of_their_route(web: WsgiClient, submit: Submit) -> None:
    for _ in range(2):
        web.get(f"{JOBS}/{submit('a').job_id}")
    web.get(f"{JOBS}/unknown")
    route = {"route": "/api/v1/jobs/<job_id>", "method": "GET"}
    assert value(web, "bellhop_http_requests_total", **route, status="2xx") == 2
    assert value(web, "bellhop_http_requests_total", **route, status="4xx") == 1
    assert value(web, "bellhop_http_request_duration_seconds_count", **route) == 3


@pytest.mark.parametrize(("method", "known_as"), [("GET", "GET"), ("BREW", "other")])
def test_it_makes_no_series_of_unknown_addresses_and_methods(
    web: WsgiClient, method: str, known_as: str
) -> None:
    for path in ("/a", "/b"):
        web.request(method, path)
    of = {"route": "none", "method": known_as, "status": "4xx"}
    assert value(web, "bellhop_http_requests_total", **of) == 2


def test_it_measures_no_request_that_asked_to_wait(web: WsgiClient, submit: Submit) -> None:
    web.get(f"{JOBS}/{submit('a').job_id}", prefer="wait=0")
    route = {"route": "/api/v1/jobs/<job_id>", "method": "GET"}
    assert value(web, "bellhop_http_requests_total", **route, status="2xx") == 1
    assert value(web, "bellhop_http_request_duration_seconds_count", **route) is None


def test_it_knows_what_web_and_consumers_take(web: WsgiClient, here: Installation) -> None:
    with alone(here.consumer_lock("c1")):
        here.beat("c1")
        consumers.register("c1", os.getpid(), ["parsing"])
        of = {"machine": "", "pid": str(os.getpid())}
        for name in ("cpu_seconds_total", "resident_memory_bytes", "open_fds"):
            assert value(web, f"bellhop_consumer_{name}", **of)
            assert value(web, f"process_{name}")
        workers = value(web, "bellhop_workers", queue="parsing", machine="")
        assert (workers, value(web, "bellhop_workers_busy", queue="parsing", machine="")) == (3, 0)


def test_it_knows_what_is_stored(web: WsgiClient) -> None:
    assert all(
        value(web, f"bellhop_{name}_bytes") for name in ("disk_free", "disk_used", "database")
    )
    assert value(web, "bellhop_database_wal_bytes") is not None
    assert value(web, "bellhop_stored_bytes") == value(web, "bellhop_cache_bytes") == 0


def test_it_says_everywhere_that_a_queue_is_behind(web: WsgiClient) -> None:
    exceeded = "bellhop_queue_backlog_exceeded"
    assert value(web, exceeded, queue="ai") == 0
    query("INSERT INTO queue (name, behind_since) VALUES ('ai', '2026-11-30T08:00:00.000000Z')")
    assert value(web, exceeded, queue="ai") == 1
    health = web.get("/api/v1/monitoring/health").json
    said = "the queue ai is behind since 2026-11-30T08:00:00Z: an item waited for more than 3600 s"
    assert health["status"] == "degraded" and said in health["problems"]
    behind = web.get("/api/v1/monitoring/problems").json["behind"]
    assert behind == [{"queue": "ai", "since": "2026-11-30T08:00:00.000000Z", "backlog_s": 3600}]
    queues = web.get("/api/v1/monitoring/queues").json["queues"]
    assert [queue["name"] for queue in queues if queue["behind_since"]] == ["ai"]


# docs/monitoring.md.

LISTED = re.compile(r"^\| `(\w+)` \| (\w+) \| ((?:`\w+`(?:, )?)*) \| (.+) \|$", re.M)
# Only on PostgreSQL, with several machines.
ELSEWHERE = {"bellhop_machine_up"}


def test_it_lists_every_metric_in_the_docs(web: WsgiClient, workers: Workers) -> None:
    web.post(JOBS, JOB)
    while workers.run_next():
        pass
    web.get(JOBS)
    listed = {
        name: rest for name, *rest in LISTED.findall((ROOT / "docs/monitoring.md").read_text())
    }
    shown = {}
    for family in families(web):
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        name = family.name + ("_total" if family.type == "counter" else "")
        shown[name] = family.type, labels, family.documentation
    assert listed.keys() == shown.keys() | ELSEWHERE
    for name, (kind, labels, said) in shown.items():
        assert listed[name][::2] == [kind, said], name
        assert labels <= set(re.findall(r"\w+", listed[name][1])), name

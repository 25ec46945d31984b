"""GET /metrics: figures for Prometheus, read from the rows at the moment they are asked for.

docs/monitoring.md lists them all.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence

from bottle import HTTPResponse
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bellhop import __version__
from bellhop.accounts.access import User
from bellhop.database.database import database
from bellhop.jobs import queries, reuse
from bellhop.machines import members
from bellhop.metrics import durable, processes, totals
from bellhop.metrics.exposition import exposed
from bellhop.storage.models import Consumer
from bellhop.web.answers import sent_headers
from bellhop.web.shown.machine_views import Machine, machines
from bellhop.web.shown.running import queue_views, workers_of
from bellhop.web.site import Site

# Of a queue: what its view calls it, its name and its help.
OF_QUEUE = (
    ("depth", "bellhop_queue_depth", "Items that wait for a worker."),
    ("pending", "bellhop_queue_pending", "Items that wait for a time or for other items."),
    ("running", "bellhop_queue_running", "Running items."),
    ("oldest_age_s", "bellhop_queue_oldest_age_seconds", "Age of the oldest waiting job."),
    ("paused", "bellhop_queue_paused", "1 while the queue is paused."),
    (
        "behind_since",
        "bellhop_queue_backlog_exceeded",
        "1 while the queue is behind: an item waits for longer than its backlog_s.",
    ),
)


def metrics(site: Site, user: User) -> HTTPResponse:
    """GET /metrics in the text format of Prometheus, or OpenMetrics for who accepts that."""
    text, content_type = exposed(_families(site), sent_headers().get("ACCEPT", ""))
    return HTTPResponse(text, 200, {"Content-Type": content_type})


def _families(site: Site) -> Iterable[Metric]:
    consumers = queries.running_consumers(site.here)
    yield _jobs(site)
    yield from _queues(site)
    yield from _workers(site)
    yield from durable.families()
    yield from _cache()
    yield _gauge("bellhop_consumers", "Live consumers.", len(consumers))
    if found := machines(site, consumers):
        yield _machines(found)
    yield from _stored(site)
    yield from site.requests.families()
    yield from processes.of_web()
    yield from processes.of_consumers(_pids_here(site, consumers))
    yield _build(site)


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _jobs(site: Site) -> Metric:
    jobs = GaugeMetricFamily("bellhop_jobs", "Stored jobs.", labels=["type", "status"])
    for name, status, count in site.surroundings.jobs():
        jobs.add_metric([name, status], count)
    return jobs


def _queues(site: Site) -> Iterable[Metric]:
    shown = queue_views(site)
    for member, name, said in OF_QUEUE:
        family = GaugeMetricFamily(name, said, labels=["queue"])
        for queue in shown:
            value = queue[member] or 0
            family.add_metric([queue["name"]], 1.0 if isinstance(value, str) else float(value))
        yield family


def _workers(site: Site) -> Iterable[Metric]:
    labels = ["queue", "machine"]
    every = GaugeMetricFamily("bellhop_workers", "Workers of live consumers.", labels=labels)
    busy = GaugeMetricFamily("bellhop_workers_busy", "Workers that run an item.", labels=labels)
    for (queue, machine), (count, at_work) in workers_of(site).items():
        every.add_metric([queue, machine], count)
        busy.add_metric([queue, machine], at_work)
    yield from (every, busy)


def _cache() -> Iterable[Metric]:
    cache = reuse.stats()
    yield CounterMetricFamily("bellhop_cache_hits", "Reused results.", value=cache["hits"])
    yield CounterMetricFamily("bellhop_cache_misses", "Results computed.", value=cache["misses"])
    yield _gauge("bellhop_cache_entries", "Results that may be reused.", cache["entries"])
    yield _gauge("bellhop_cache_bytes", "Size of the results that may be reused.", cache["bytes"])


def _machines(found: Sequence[Machine]) -> Metric:
    up = GaugeMetricFamily("bellhop_machine_up", "1 while a machine runs jobs.", labels=["machine"])
    for machine in found:
        up.add_metric([machine.row.name], bool(machine.consumers))
    return up


def _stored(site: Site) -> Iterable[Metric]:
    free_bytes = site.files.free_bytes()
    disk = os.statvfs(site.here.folder)
    used_bytes = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    yield _gauge("bellhop_disk_free_bytes", "Free disk space for data.", free_bytes)
    yield _gauge(
        "bellhop_disk_used_bytes", "Used space of the disk of the data folder.", used_bytes
    )
    yield _gauge("bellhop_database_bytes", "Size of the database.", database.size_bytes())
    if not site.here.rows:
        said = "Size of the write-ahead log of SQLite."
        yield _gauge("bellhop_database_wal_bytes", said, database.log_bytes())
    yield _gauge("bellhop_stored_bytes", "What jobs and uploads hold.", totals.held_bytes())


def _pids_here(site: Site, consumers: Iterable[Consumer]) -> list[tuple[str, int]]:
    """(machine, pid) of the consumers of this machine: the pid of another tells nothing here."""
    here = site.here.machine
    name = next((each.name for each in members.every() if each.id == here), "") if here else ""
    return [(name, consumer.pid) for consumer in consumers if consumer.machine == here]


def _build(site: Site) -> Metric:
    build = GaugeMetricFamily(
        "bellhop_build_info", "1; which Bellhop this is.", labels=["version", "python", "database"]
    )
    rows = "postgresql" if site.here.rows else "sqlite"
    build.add_metric([__version__, platform.python_version(), rows], 1)
    return build

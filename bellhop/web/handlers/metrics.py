"""GET /metrics: figures for Prometheus, read from the rows at the moment they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bottle import HTTPResponse
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bellhop.accounts.access import BELLHOP, User
from bellhop.database.database import database
from bellhop.jobs import queries, reuse
from bellhop.web.shown.machine_views import Machine, machines
from bellhop.web.shown.running import queue_views
from bellhop.web.site import Site


class _Figures:
    """The collector of one request."""

    def __init__(self, site: Site):
        self._site = site

    def collect(self) -> Iterable[Metric]:
        yield from self._jobs()
        yield from self._queues()
        yield from self._installation()

    def _jobs(self) -> Iterable[Metric]:
        jobs = GaugeMetricFamily("bellhop_jobs", "Stored jobs.", labels=["type", "status"])
        for name, status, count in queries.counts_by_type(BELLHOP):
            jobs.add_metric([name, status], count)
        yield jobs

    def _queues(self) -> Iterable[Metric]:
        figures = {
            "depth": GaugeMetricFamily("bellhop_queue_depth", "Items that wait for a worker.",
                                       labels=["queue"]),
            "pending": GaugeMetricFamily("bellhop_queue_pending",
                                         "Items that wait for a time or for other items.",
                                         labels=["queue"]),
            "running": GaugeMetricFamily("bellhop_queue_running", "Running items.",
                                         labels=["queue"]),
            "oldest_age_s": GaugeMetricFamily("bellhop_queue_oldest_age_seconds",
                                              "Age of the oldest waiting job.",
                                              labels=["queue"]),
            "paused": GaugeMetricFamily("bellhop_queue_paused", "1 while the queue is paused.",
                                        labels=["queue"]),
        }  # fmt: skip
        for queue in queue_views(self._site):
            for name, figure in figures.items():
                figure.add_metric([queue["name"]], float(queue[name] or 0))
        yield from figures.values()

    def _installation(self) -> Iterable[Metric]:
        cache = reuse.stats()
        consumers = queries.running_consumers(self._site.here)
        yield GaugeMetricFamily("bellhop_consumers", "Live consumers.", value=len(consumers))
        if found := machines(self._site, consumers):
            yield self._machines(found)
        free_bytes = self._site.files.free_bytes()
        yield GaugeMetricFamily(
            "bellhop_disk_free_bytes", "Free disk space for data.", value=free_bytes
        )
        size = database.size_bytes()
        yield GaugeMetricFamily("bellhop_database_bytes", "Size of the database.", value=size)
        hits, misses = cache["hits"], cache["misses"]
        yield CounterMetricFamily("bellhop_cache_hits", "Reused results.", value=hits)
        yield CounterMetricFamily("bellhop_cache_misses", "Results computed.", value=misses)

    def _machines(self, found: Sequence[Machine]) -> Metric:
        up = GaugeMetricFamily(
            "bellhop_machine_up", "1 while a machine runs jobs.", labels=["machine"]
        )
        for machine in found:
            up.add_metric([machine.row.name], bool(machine.consumers))
        return up


def metrics(site: Site, user: User) -> HTTPResponse:
    """GET /metrics in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(site))
    return HTTPResponse(generate_latest(registry), 200, {"Content-Type": CONTENT_TYPE_LATEST})

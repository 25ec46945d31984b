"""Requests, counted in the memory of the web: Prometheus knows what a restart does to them.

A request is known by the pattern of its route, never by its address, so that nobody can make series
without number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import Counter, Histogram, disable_created_metrics
from prometheus_client.core import Metric

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# Where no route is.
NO_ROUTE = "none"
# Of an answer that waited for a job because the request asked for that.
WAITED = "preference-applied"
Wsgi = Callable[..., Iterable[bytes]]


class Requests:
    """The requests of one web."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._count = Counter(
            "bellhop_http_requests",
            "Answered requests, by the pattern of their route; not those that are refused by their "
            "headers alone.",
            ("route", "method", "status"),
            registry=None,
        )
        self._seconds = Histogram(
            "bellhop_http_request_duration_seconds",
            "How long it took until an answer began; not of requests that asked to wait.",
            ("route", "method"),
            registry=None,
            buckets=BOUNDS_S,
        )

    def note(self, route: str, method: str, status: int, seconds: float | None) -> None:
        """Count one; `seconds` is None where it tells nothing."""
        method = method if method in METHODS else "other"
        self._count.labels(route, method, f"{status // 100}xx").inc()
        if seconds is not None:
            self._seconds.labels(route, method).observe(seconds)

    def families(self) -> Iterator[Metric]:
        yield from self._count.collect()
        yield from self._seconds.collect()


def counted(app: Wsgi, requests: Requests) -> Wsgi:
    """The WSGI application of Bottle, each of whose answers is counted."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.monotonic()

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            route = environ.get("bottle.route")
            has_waited = any(name.lower() == WAITED for name, _ in headers)
            seconds = None if has_waited else time.monotonic() - began
            rule = route.rule if route else NO_ROUTE
            requests.note(rule, environ["REQUEST_METHOD"], int(status[:3]), seconds)
            return start_response(status, headers, *exc_info)

        return app(environ, start)

    return wrapped

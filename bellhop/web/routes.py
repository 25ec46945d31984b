"""The table of routes, which is also the table of who may: each route names its action.

`make_app` makes the WSGI application of it; nothing else adds a route.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bellhop.web import door
from bellhop.web.handlers import (
    account,
    bulk,
    deliveries,
    items,
    jobs,
    metrics,
    monitoring,
    pages,
    schedules,
    shares,
    status,
)
from bellhop.web.openapi import document as openapi
from bellhop.web.problems import Application
from bellhop.web.site import Site

API = "/api/v1"


# Method, path, handler, and the action of `access.RULES` that decides who may.
Route = tuple[str, str, Any, str]


def make_app(site: Site) -> Callable[..., Iterable[bytes]]:
    """The WSGI application: the tables below are every route there is."""

    app = Application(site, door.guard(site.settings))
    for method, path, handler, action in every_route():
        app.route(path, method, handler, action=action)
    return door.secured(app)


def every_route() -> tuple[Route, ...]:
    """The tables below."""
    return (*page_routes(), *account_routes(), *job_routes(), *installation_routes())


def page_routes() -> tuple[Route, ...]:
    """The page, and what monitors ask."""

    return (
        ("GET", "/", pages.index, "page"),
        ("GET", "/jobs/<name>", pages.job, "page"),
        ("GET", "/queues", pages.queues, "page"),
        ("GET", "/schedules", pages.schedules, "page"),
        ("GET", "/docs", pages.docs, "page"),
        ("GET", "/account", pages.account, "page"),
        ("GET", "/audit", pages.audit, "page"),
        ("GET", "/login", pages.login, "open"),
        ("GET", "/static/<name:path>", pages.static, "open"),
        ("GET", "/health", status.health, "open"),
        ("GET", "/ready", status.ready, "open"),
        ("GET", f"{API}/health", status.health, "open"),
        ("GET", f"{API}/ready", status.ready, "open"),
        ("GET", "/metrics", metrics.metrics, "monitor"),
        ("GET", f"{API}/openapi.json", openapi.document, "look"),
    )


def account_routes() -> tuple[Route, ...]:
    """Who comes in, and what they did."""

    mine, number = f"{API}/account", "<number:re:[0-9]{1,15}>"
    return (
        ("POST", f"{API}/login", account.log_in, "open"),
        ("POST", f"{API}/logout", account.log_out, "account"),
        ("GET", mine, account.show, "look"),
        ("POST", f"{mine}/password", account.change_password, "account"),
        ("GET", f"{mine}/sessions", account.list_sessions, "account"),
        ("DELETE", f"{mine}/sessions/{number}", account.end_session, "account"),
        ("GET", f"{mine}/tokens", account.list_tokens, "account"),
        ("POST", f"{mine}/tokens", account.add_token, "account"),
        ("DELETE", f"{mine}/tokens/{number}", account.revoke_token, "account"),
        ("GET", f"{API}/audit", account.list_audit, "monitor"),
    )


def job_routes() -> tuple[Route, ...]:
    """What is done with jobs."""

    job = f"{API}/jobs/<job_id>"
    item = f"{job}/items/<index:re:[0-9]{{1,9}}>"
    delivery = f"{job}/deliveries/<number:re:[0-9]{{1,9}}>"
    return (
        ("POST", f"{API}/jobs", jobs.submit, "submit"),
        ("GET", f"{API}/jobs", jobs.list_jobs, "look"),
        ("GET", f"{API}/jobs/stats", monitoring.stats, "look"),
        ("POST", f"{API}/jobs/bulk", bulk.act, "change_many"),
        ("GET", f"{job}", items.show, "read"),
        ("PATCH", f"{job}", jobs.change, "change"),
        ("DELETE", f"{job}", jobs.delete, "change"),
        ("POST", f"{job}/cancel", jobs.cancel, "change"),
        ("POST", f"{job}/retry", jobs.retry, "change"),
        ("GET", f"{job}/result", items.result, "read"),
        ("GET", f"{job}/items", items.items, "read"),
        ("GET", f"{job}/events", items.events, "read"),
        ("GET", f"{item}/files/<name:path>", items.file, "read"),
        ("GET", f"{item}/log", items.log, "read"),
        ("GET", f"{job}/shares", shares.list_shares, "inspect"),
        ("POST", f"{job}/shares", shares.add, "change"),
        ("DELETE", f"{job}/shares/<account>", shares.remove, "change"),
        ("GET", f"{job}/deliveries", deliveries.list_deliveries, "inspect"),
        ("POST", f"{delivery}/redeliver", deliveries.redeliver, "change"),
    )


def installation_routes() -> tuple[Route, ...]:
    """What is done with the installation around the jobs."""

    content = f"{API}/files/<sha256:re:[0-9a-fA-F]{{64}}>"
    schedule = f"{API}/schedules/<number:re:[0-9]{{1,15}}>"
    return (
        ("GET", f"{API}/types", status.types, "look"),
        ("GET", f"{content}/jobs", monitoring.jobs_with_content, "look"),
        ("GET", f"{API}/cache", monitoring.cache, "monitor"),
        ("DELETE", f"{API}/cache", monitoring.clear_cache, "manage"),
        ("GET", f"{API}/schedules", schedules.list_schedules, "look"),
        ("POST", f"{API}/schedules", schedules.add, "submit"),
        ("DELETE", schedule, schedules.remove, "change"),
        ("GET", f"{API}/monitoring/queues", monitoring.queues, "look"),
        ("GET", f"{API}/monitoring/workers", monitoring.workers, "look"),
        ("GET", f"{API}/monitoring/health", monitoring.health, "monitor"),
        ("PATCH", f"{API}/queues/<name>", monitoring.change_queue, "manage"),
        ("POST", f"{API}/queues/<name>/pause", monitoring.pause, "manage"),
        ("POST", f"{API}/queues/<name>/resume", monitoring.resume, "manage"),
        ("GET", f"{API}/webhooks/secret", deliveries.secret, "change"),
        ("POST", f"{API}/webhooks/secret", deliveries.renew_secret, "change"),
    )

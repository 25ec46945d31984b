"""The table of routes, which is also the table of who may send how much.

`make_app` makes the WSGI application of it; nothing else adds a route. The parser asks it too,
before the application is called.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bottle import HTTPError, Router

from bellhop.base import prefix
from bellhop.base.addresses import API
from bellhop.metrics.http import counted
from bellhop.web import door
from bellhop.web.handlers import (
    account,
    bulk,
    deliveries,
    items,
    jobs,
    links,
    machines,
    metrics,
    monitoring,
    notices,
    pages,
    people,
    problems,
    schedules,
    shares,
    sso,
    status,
    totp,
    uploads,
    whole,
)
from bellhop.web.openapi import document as openapi
from bellhop.web.problems import Application
from bellhop.web.requestlog import told
from bellhop.web.site import Site


class Body(enum.Enum):
    """How much body a route takes; how many bytes that are stands in `server/rules.py`."""

    # What is sent all the same is read and forgotten.
    NONE = enum.auto()
    # Of somebody who is no user yet.
    LOGIN = enum.auto()
    SHORT = enum.auto()
    # It lists many jobs, or holds a whole one.
    LONG = enum.auto()
    # Files: kept on the disk, and so refused by their headers to who may not send them.
    UPLOAD = enum.auto()
    # Bytes of an upload that was begun: written straight to where they stay.
    PART = enum.auto()


@dataclass(frozen=True)
class Route:
    """One method of one address, as Bottle writes it; `access.RULES` says who may do `action`.

    `is_costly`: its answer can take long or be large, and an account is given few at once.
    """

    method: str
    path: str
    handler: Any
    action: str
    body: Body = Body.NONE
    is_costly: bool = False

    @property
    def is_for_strangers(self) -> bool:
        """Whether somebody without a login may send it a body."""
        return self.action == "open" and self.body is not Body.NONE


# What is sent to where no route is; that there is none, the application says.
NOWHERE = Route("", "", None, "look")


def make_app(site: Site) -> Callable[..., Iterable[bytes]]:
    """The WSGI application: the tables below are every route there is."""
    prefix.serve_under(site.settings.server.path)
    app = Application(site, door.guard(site.settings, meant), pages.missing)
    for route in every_route():
        options = {"action": route.action, "is_costly": route.is_costly}
        app.route(route.path, route.method, route.handler, **options)
    answering = counted(door.secured(app, site.settings), site.requests)
    return told(answering, lambda: site.settings.server.access_log == "yes")


def find(method: str, path: str) -> Route:
    """The route of a request, as the application will find it; `NOWHERE` without one."""
    try:
        found: Route = _router().match({"REQUEST_METHOD": method, "PATH_INFO": path})[0]
    except HTTPError:
        return NOWHERE
    return found


def meant(method: str, path: str) -> str:
    """The route's address that a request means, whether it has the path of the public URL or not.

    Slashes at its end count only in the name of a file.
    """
    path = prefix.within(path) or "/"
    if path.endswith("/") and find(method, path) is NOWHERE:
        return path.rstrip("/") or "/"
    return path


@functools.cache
def _router() -> Router:
    """The matching of Bottle over the tables below."""
    router = Router()
    for route in every_route():
        router.add(route.path, route.method, route)
    return router


def every_route() -> tuple[Route, ...]:
    """The tables below."""
    return (
        *page_routes(), *account_routes(), *job_routes(), *upload_routes(), *installation_routes(),
    )  # fmt: skip


def page_routes() -> tuple[Route, ...]:
    """The page, and what monitors ask."""
    return (
        Route("GET", "/", pages.new, "page"),
        Route("GET", "/jobs", pages.jobs, "page"),
        Route("GET", "/jobs/<name>", pages.job, "page"),
        Route("GET", "/running", pages.running, "page"),
        Route("GET", "/queues", pages.queues, "page"),
        Route("GET", "/problems", pages.problems, "page"),
        Route("GET", "/schedules", pages.schedules, "page"),
        Route("GET", "/docs", pages.docs, "page"),
        Route("GET", "/account", pages.account, "page"),
        Route("GET", "/people", pages.people, "page"),
        Route("GET", "/audit", pages.audit, "page"),
        Route("GET", "/login", pages.login, "open"),
        Route("GET", "/welcome", pages.welcome, "open"),
        Route("GET", "/login/sso", sso.begin, "open"),
        Route("GET", sso.BACK, sso.finish, "open"),
        Route("GET", "/static/<name:path>", pages.static, "open"),
        Route("GET", "/health", status.health, "open"),
        Route("GET", "/ready", status.ready, "open"),
        Route("GET", f"{API}/health", status.health, "open"),
        Route("GET", f"{API}/ready", status.ready, "open"),
        Route("GET", "/metrics", metrics.metrics, "monitor", is_costly=True),
        Route("GET", f"{API}/openapi.json", openapi.document, "look"),
    )


def account_routes() -> tuple[Route, ...]:
    """Who comes in, and what they did."""
    mine, every, number = f"{API}/account", f"{API}/accounts", "<number:re:[0-9]{1,15}>"
    return (
        Route("POST", f"{API}/login", account.log_in, "open", Body.LOGIN),
        Route("POST", f"{API}/logout", account.log_out, "account"),
        Route("GET", mine, account.show, "look"),
        Route("POST", f"{mine}/password", account.change_password, "account", Body.SHORT),
        Route("GET", f"{mine}/sessions", account.list_sessions, "account"),
        Route("DELETE", f"{mine}/sessions/{number}", account.end_session, "account"),
        Route("GET", f"{mine}/tokens", account.list_tokens, "account"),
        Route("POST", f"{mine}/tokens", account.add_token, "account", Body.SHORT),
        Route("DELETE", f"{mine}/tokens/{number}", account.revoke_token, "account"),
        Route("GET", f"{mine}/totp", totp.show, "account"),
        Route("POST", f"{mine}/totp", totp.begin, "account", Body.SHORT),
        Route("POST", f"{mine}/totp/confirm", totp.confirm, "account", Body.SHORT),
        Route("POST", f"{mine}/totp/remove", totp.remove, "account", Body.SHORT),
        Route("GET", f"{mine}/notices", notices.show, "change"),
        Route("PATCH", f"{mine}/notices", notices.change, "change", Body.SHORT),
        Route("POST", f"{mine}/notices/test", notices.test, "change"),
        Route("GET", every, people.list_accounts, "monitor", is_costly=True),
        Route("POST", every, people.add, "people", Body.SHORT),
        Route("PATCH", f"{every}/<account>", people.change, "people", Body.SHORT),
        Route("GET", f"{API}/links", links.list_links, "monitor", is_costly=True),
        Route("POST", f"{API}/links", links.add, "people", Body.SHORT),
        Route("DELETE", f"{API}/links/{number}", links.revoke, "people"),
        Route("POST", f"{API}/links/look", links.look, "open", Body.LOGIN),
        Route("POST", f"{API}/links/use", links.use, "open", Body.LOGIN),
        Route("GET", f"{API}/audit", account.list_audit, "monitor", is_costly=True),
    )


def job_routes() -> tuple[Route, ...]:
    """What is done with jobs."""
    job = f"{API}/jobs/<job_id>"
    item = f"{job}/items/<index:re:[0-9]{{1,9}}>"
    delivery = f"{job}/deliveries/<number:re:[0-9]{{1,9}}>"
    return (
        Route("POST", f"{API}/jobs", jobs.submit, "submit", Body.UPLOAD),
        Route("GET", f"{API}/jobs", jobs.list_jobs, "look", is_costly=True),
        Route("GET", f"{API}/jobs/facets", jobs.facets, "look", is_costly=True),
        Route("GET", f"{API}/jobs/stats", monitoring.stats, "look", is_costly=True),
        Route("POST", f"{API}/jobs/bulk", bulk.act, "change_many", Body.LONG, is_costly=True),
        Route("GET", f"{job}", items.show, "read"),
        Route("PATCH", f"{job}", jobs.change, "change", Body.SHORT),
        Route("DELETE", f"{job}", jobs.delete, "change"),
        Route("POST", f"{job}/cancel", jobs.cancel, "change"),
        Route("POST", f"{job}/retry", jobs.retry, "change", Body.SHORT),
        Route("POST", f"{job}/give-up", jobs.give_up, "change", Body.SHORT),
        Route("GET", f"{job}/result", items.result, "read", is_costly=True),
        Route("GET", f"{job}/result.csv", whole.data, "read", is_costly=True),
        Route("GET", f"{job}/files.zip", whole.files, "read", is_costly=True),
        Route("GET", f"{job}/items", items.items, "read", is_costly=True),
        Route("GET", f"{job}/reasons", items.reasons, "read", is_costly=True),
        Route("GET", f"{job}/events", items.events, "read", is_costly=True),
        Route("GET", f"{item}/files/<name:path>", items.file, "read"),
        Route("GET", f"{item}/input", items.given_file, "inspect"),
        Route("GET", f"{item}/log", items.log, "read"),
        Route("GET", f"{job}/shares", shares.list_shares, "inspect"),
        Route("POST", f"{job}/shares", shares.add, "change", Body.SHORT),
        Route("DELETE", f"{job}/shares/<account>", shares.remove, "change"),
        Route("GET", f"{job}/deliveries", deliveries.list_deliveries, "inspect", is_costly=True),
        Route("POST", f"{delivery}/redeliver", deliveries.redeliver, "change"),
    )


def upload_routes() -> tuple[Route, ...]:
    """Files that arrive in parts; each is its owner's alone."""
    upload = f"{door.UPLOADS}/<upload_id:re:[0-9a-f]{{32}}>"
    return (
        Route("OPTIONS", door.UPLOADS, uploads.options, "look"),
        Route("POST", door.UPLOADS, uploads.create, "submit", Body.UPLOAD),
        Route("HEAD", upload, uploads.look, "submit"),
        Route("PATCH", upload, uploads.append, "submit", Body.PART),
        Route("DELETE", upload, uploads.remove, "submit"),
    )


def installation_routes() -> tuple[Route, ...]:
    """What is done with the installation around the jobs."""
    content = f"{API}/files/<sha256:re:[0-9a-fA-F]{{64}}>"
    schedule = f"{API}/schedules/<number:re:[0-9]{{1,15}}>"
    return (
        Route("GET", f"{API}/types", status.types, "look", is_costly=True),
        Route("GET", f"{content}/jobs", monitoring.jobs_with_content, "look", is_costly=True),
        Route("GET", f"{API}/cache", monitoring.cache, "monitor", is_costly=True),
        Route("DELETE", f"{API}/cache", monitoring.clear_cache, "manage"),
        Route("GET", f"{API}/schedules", schedules.list_schedules, "look", is_costly=True),
        Route("POST", f"{API}/schedules", schedules.add, "submit", Body.LONG),
        Route("GET", f"{API}/schedules/next-runs", schedules.next_runs, "look"),
        Route("PATCH", schedule, schedules.change, "change", Body.LONG),
        Route("DELETE", schedule, schedules.remove, "change"),
        Route("POST", f"{schedule}/run", schedules.run, "change"),
        Route("GET", f"{API}/monitoring/queues", monitoring.queues, "look", is_costly=True),
        Route("GET", f"{API}/monitoring/workers", monitoring.workers, "look", is_costly=True),
        Route("GET", f"{API}/monitoring/machines", monitoring.machines, "look", is_costly=True),
        Route("GET", f"{API}/monitoring/problems", problems.show, "look", is_costly=True),
        Route("GET", f"{API}/monitoring/space", monitoring.space, "look", is_costly=True),
        Route("GET", f"{API}/monitoring/health", monitoring.health, "monitor", is_costly=True),
        Route("POST", f"{API}/monitoring/notices/trial", monitoring.try_notices, "manage"),
        Route("PATCH", f"{API}/queues/<name>", monitoring.change_queue, "manage", Body.SHORT),
        Route("POST", f"{API}/queues/<name>/pause", monitoring.pause, "manage"),
        Route("POST", f"{API}/queues/<name>/resume", monitoring.resume, "manage"),
        Route("POST", f"{API}/machines/join", machines.join, "open", Body.LOGIN),
        Route("GET", f"{API}/webhooks/secret", deliveries.secret, "change"),
        Route("POST", f"{API}/webhooks/secret", deliveries.renew_secret, "change"),
    )

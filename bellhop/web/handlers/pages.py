"""Handlers of the pages: what each shows in the one shell, and their modules, read as resources."""

from __future__ import annotations

import mimetypes
import re
from html import escape
from string import Template

from bottle import HTTPResponse

from bellhop import __version__
from bellhop.accounts.access import User
from bellhop.base import program
from bellhop.base.errors import Problem
from bellhop.base.program import TYPED
from bellhop.web.answers import etag, is_known
from bellhop.web.site import Site

NAME = re.compile(r"[a-z]+/[a-z0-9_-]+\.(js|css|svg)")
HTML = "text/html; charset=utf-8"
# What stands in the head of each page: (address, name).
LINKS = (("/", "Jobs"), ("/queues", "Queues"), ("/schedules", "Schedules"), ("/docs", "API"))


def index(site: Site, user: User) -> HTTPResponse:
    """GET /"""
    return _page("index", "", at="/", skip="jobs")


def job(site: Site, user: User, name: str) -> HTTPResponse:
    """GET /jobs/ID: the page asks the API for the job."""
    return _page("job", "Job")


def queues(site: Site, user: User) -> HTTPResponse:
    """GET /queues: what waits and runs, and the switches."""
    return _page("queues", "Queues", at="/queues")


def schedules(site: Site, user: User) -> HTTPResponse:
    """GET /schedules"""
    return _page("schedules", "Schedules", at="/schedules")


def docs(site: Site, user: User) -> HTTPResponse:
    """GET /docs: the API, read from its OpenAPI document."""
    return _page("docs", "API", at="/docs", skip="reference")


def account(site: Site, user: User) -> HTTPResponse:
    """GET /account: one's own sessions, tokens and password."""
    return _page("account", "Your account")


def audit(site: Site, user: User) -> HTTPResponse:
    """GET /audit: who did what; the API shows it to admins."""
    return _page("audit", "Audit log")


def login(site: Site, user: User | None) -> HTTPResponse:
    """GET /login: asks for a name and a password, and leads nowhere else."""
    return _page("login", "Log in", is_alone=True)


def static(site: Site, user: User | None, name: str) -> HTTPResponse:
    """GET /static/NAME, where NAME is FOLDER/FILE."""
    try:
        if not NAME.fullmatch(name):
            raise FileNotFoundError
        body = program.asset(f"static/{name}")
    except FileNotFoundError:
        raise Problem("not-found", "There is no such page.") from None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return _asked_each_time(body, kind if kind.startswith("image/") else f"{kind}; charset=utf-8")


def _page(
    name: str, title: str, *, at: str = "", skip: str = "content", is_alone: bool = False
) -> HTTPResponse:
    """The content of a page in the shell; `at` is its own among the links it has unless alone."""
    links = [
        f'<a href="{path}"{" aria-current=page" if path == at else ""}>{words}</a>'
        for path, words in (() if is_alone else LINKS)
    ]
    shell, content = (
        program.asset(f"static/{path}.html").decode() for path in ("shell", f"pages/{name}")
    )
    typed = escape(TYPED)
    page = Template(shell).substitute(
        title=f"{title} – Bellhop" if title else "Bellhop",
        name=name,
        skip=skip,
        hidden=" hidden" if is_alone else "",
        links="".join(links),
        content=Template(content).substitute(typed=typed),
        version=__version__,
        typed=typed,
    )
    return _asked_each_time(page.encode(), HTML)


def _asked_each_time(body: bytes, kind: str) -> HTTPResponse:
    """What the browser asks for each time, so that an update shows at once."""
    tag = etag(body)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if is_known(tag):
        return HTTPResponse("", 304, headers)
    return HTTPResponse(body, 200, {**headers, "Content-Type": kind})

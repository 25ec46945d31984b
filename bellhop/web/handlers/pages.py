"""Handlers of the pages: what each shows in the one shell, and their modules, read as resources."""

from __future__ import annotations

import mimetypes
import re
from html import escape
from string import Template

from bottle import HTTPResponse, request

from bellhop import __version__
from bellhop.accounts.access import ANYBODY, User, may
from bellhop.base import program
from bellhop.base.errors import Problem
from bellhop.base.program import TYPED
from bellhop.web.answers import etag, is_known
from bellhop.web.site import Site

NAME = re.compile(r"[a-z]+/[a-z0-9_-]+\.(js|css|svg)")
HTML = "text/html; charset=utf-8"
# The navigation of each page: (address, name).
LINKS = (
    ("/", "Jobs"),
    ("/schedules", "Schedules"),
    ("/queues", "Queues"),
)
# What stands under the name of a person: (address, name, what they must be allowed to do).
OF_PERSON = (
    ("/account", "Account", "page"),
    ("/audit", "Audit log", "monitor"),
    ("/docs", "API", "page"),
)


def index(site: Site, user: User) -> HTTPResponse:
    """GET /"""
    return _page("index", "", user, skip="jobs")


def job(site: Site, user: User, name: str) -> HTTPResponse:
    """GET /jobs/ID: the page asks the API for the job."""
    return _page("job", "Job", user)


def queues(site: Site, user: User) -> HTTPResponse:
    """GET /queues: what waits and runs, and the switches."""
    return _page("queues", "Queues", user)


def schedules(site: Site, user: User) -> HTTPResponse:
    """GET /schedules"""
    return _page("schedules", "Schedules", user)


def docs(site: Site, user: User) -> HTTPResponse:
    """GET /docs: the API, read from its OpenAPI document."""
    return _page("docs", "API", user, skip="reference")


def account(site: Site, user: User) -> HTTPResponse:
    """GET /account: one's own sessions, tokens and password."""
    return _page("account", "Your account", user)


def audit(site: Site, user: User) -> HTTPResponse:
    """GET /audit: who did what; the API shows it to admins."""
    return _page("audit", "Audit log", user)


def login(site: Site, user: User | None) -> HTTPResponse:
    """GET /login: asks for a name and a password, and leads nowhere else."""
    return _page("login", "Log in", None)


def missing(site: Site, user: User | None) -> HTTPResponse:
    """What a browser is shown at an address where nothing is, with the status 404."""
    page = _page("missing", "Page not found", user)
    return HTTPResponse(page.body, 404, {"Content-Type": HTML})


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


def _page(name: str, title: str, user: User | None, *, skip: str = "content") -> HTTPResponse:
    """The content of a page in the shell, which leads a user to the other pages.

    `skip` is the id of what the keyboard can skip the head for.
    """
    shell, content = (
        program.asset(f"static/{path}.html").decode() for path in ("shell", f"pages/{name}")
    )
    typed = escape(TYPED)
    page = Template(shell).substitute(
        title=f"{title} – Bellhop" if title else "Bellhop",
        name=name,
        skip=skip,
        hidden="" if user else " hidden",
        links="".join(_link(*link) for link in LINKS if user),
        person=_person(user) if user else "",
        role=user.role if user else "",
        content=Template(content).substitute(typed=typed),
        version=__version__,
        typed=typed,
    )
    return _asked_each_time(page.encode(), HTML)


def _link(path: str, words: str) -> str:
    is_here = path == request.path
    return f'<a href="{path}"{" aria-current=page" if is_here else ""}>{words}</a>'


def _person(user: User) -> str:
    """The menu under the name of a person; without accounts nobody has a name."""
    is_open = user is ANYBODY
    name = "Menu" if is_open else escape(user.name)
    entries = [_link(path, words) for path, words, action in OF_PERSON if may(user, action)]
    if not is_open:
        entries.append('<button type="button" data-log-out>Log out</button>')
    items = "".join(f"<li>{entry}</li>" for entry in entries)
    initial = "☰" if is_open else escape(user.name[:1].upper())
    return (
        f'<summary><span class="initial" aria-hidden="true">{initial}</span>'
        f'<span class="person-name" dir="auto">{name}</span></summary><ul>{items}</ul>'
    )


def _asked_each_time(body: bytes, kind: str) -> HTTPResponse:
    """What the browser asks for each time, so that an update shows at once."""
    tag = etag(body)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if is_known(tag):
        return HTTPResponse("", 304, headers)
    return HTTPResponse(body, 200, {**headers, "Content-Type": kind})

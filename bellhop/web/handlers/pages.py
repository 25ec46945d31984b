"""Handlers of the pages: what each shows in the one shell, and their modules, read as resources."""

from __future__ import annotations

import mimetypes
import re
from html import escape
from string import Template
from urllib.parse import quote

from bottle import HTTPResponse, request

from bellhop import __version__
from bellhop.accounts import accounts
from bellhop.accounts.access import ANYBODY, User, may
from bellhop.base import prefix
from bellhop.base.errors import Problem
from bellhop.base.program import TYPED
from bellhop.sso.admission import REASONS
from bellhop.web import bundles, compression, query
from bellhop.web.answers import tagged
from bellhop.web.site import Site

NAME = re.compile(r"(?:([0-9a-f]{12})/)?([a-z]+/[a-z0-9_-]+\.(?:js|css|svg))")
HTML = "text/html; charset=utf-8"
# An update shows at once, unless the address changes with what is found there.
ASKED_EACH_TIME, FOREVER = "no-cache", "public, max-age=31536000, immutable"
# The navigation of each page: (address, name).
LINKS = (
    ("/", "New"),
    ("/jobs", "Jobs"),
    ("/problems", "Problems"),
    ("/schedules", "Schedules"),
    ("/running", "Running"),
)
# What several pages have in them, where their HTML says `$NAME`: `static/form/NAME.html`.
PIECES = ("files", "text", "types", "options", "drop")
# What stands under the name of a person: (address, name, what they must be allowed to do).
OF_PERSON = (
    ("/account", "Account", "page"),
    ("/people", "People", "monitor"),
    ("/audit", "Audit log", "monitor"),
    ("/docs", "API", "page"),
)


def new(site: Site, user: User) -> HTTPResponse:
    """GET /: a new job, and the last ones."""
    return _page("new", "", user, skip="submit")


def jobs(site: Site, user: User) -> HTTPResponse:
    """GET /jobs: all jobs that one may see."""
    return _page("jobs", "Jobs", user, skip="jobs")


def job(site: Site, user: User, name: str) -> HTTPResponse:
    """GET /jobs/ID: the page asks the API for the job."""
    return _page("job", "Job", user)


def running(site: Site, user: User) -> HTTPResponse:
    """GET /running: what waits and runs, and the switches."""
    return _page("running", "Running", user)


def queues(site: Site, user: User) -> HTTPResponse:
    """GET /queues: the address that the page `/running` had before."""
    return HTTPResponse("", 301, {"Location": prefix.at("/running"), "Cache-Control": "no-cache"})


def problems(site: Site, user: User) -> HTTPResponse:
    """GET /problems: what failed, why, and how the job types did."""
    return _page("problems", "Problems", user)


def schedules(site: Site, user: User) -> HTTPResponse:
    """GET /schedules"""
    return _page("schedules", "Schedules", user)


def docs(site: Site, user: User) -> HTTPResponse:
    """GET /docs: the API, read from its OpenAPI document."""
    return _page("docs", "API", user, skip="reference")


def account(site: Site, user: User) -> HTTPResponse:
    """GET /account: one's own sessions, tokens and password."""
    return _page("account", "Your account", user, **_by_password(user))


def people(site: Site, user: User) -> HTTPResponse:
    """GET /people: every account; the API shows them to admins."""
    return _page("people", "People", user, **_by_password(user))


def audit(site: Site, user: User) -> HTTPResponse:
    """GET /audit: who did what; the API shows it to admins."""
    return _page("audit", "Audit log", user)


def login(site: Site, user: User | None) -> HTTPResponse:
    """GET /login: asks for a name and a password, and leads nowhere else.

    `?refused=REASON` is for somebody whom a login elsewhere did not let in, `?left=1` for somebody
    who has logged out here, and does so there too.
    """
    if query.text("left") and (url := site.settings.sso.logout_url):
        return HTTPResponse("", 303, {"Location": url})
    said, oidc = REASONS.get(query.text("refused") or "", ""), site.settings.oidc
    following = quote(query.text("next", query.MOST_QUERY) or "", "")
    return _page(
        "login",
        "Log in",
        None,
        refused=escape(said),
        if_refused="" if said else " hidden",
        label=escape(oidc.label),
        if_sso="" if oidc.issuer else " hidden",
        next=f"?next={following}" if following else "",
    )


def welcome(site: Site, user: User | None) -> HTTPResponse:
    """GET /welcome: for who has a link that works once; its secret reaches the page alone."""
    return _page("welcome", "Welcome", None)


def missing(site: Site, user: User | None) -> HTTPResponse:
    """What a browser is shown at an address where nothing is, with the status 404."""
    page = _html("missing", "Page not found", user, under=_under())
    return HTTPResponse(page, 404, {"Content-Type": HTML})


def static(site: Site, user: User | None, name: str) -> HTTPResponse:
    """GET /static/NAME: the file FOLDER/FILE, with or without the release before it."""
    found = NAME.fullmatch(name)
    try:
        release, name = found.groups() if found else (None, "")
        body = bundles.content(name)
    except KeyError:
        raise Problem("not-found", "There is no such page.") from None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = kind if kind.startswith("image/") else f"{kind}; charset=utf-8"
    # A page of the release before may still load a part of it.
    return _answer(body, kind, FOREVER if release == bundles.release() else ASKED_EACH_TIME)


def _by_password(user: User) -> dict[str, str]:
    """What HTML says of a password: nothing is asked of who has none."""
    has_none = user is not ANYBODY and not accounts.has_password(user.name)
    return {
        "if_password": " hidden" if has_none else "",
        "no_password": " disabled" if has_none else "",
    }


def _page(
    name: str, title: str, user: User | None, *, skip: str = "content", **more: str
) -> HTTPResponse:
    return _answer(_html(name, title, user, skip, **more), HTML, ASKED_EACH_TIME)


def _html(name: str, title: str, user: User | None, skip: str = "content", **more: str) -> bytes:
    """The content of a page in the shell, which leads a user to the other pages.

    `skip` is the id of what the keyboard can skip the head for; `more` stands where its HTML says
    `$NAME`.
    """
    typed = escape(TYPED)
    pieces = {piece: _read(f"form/{piece}") for piece in PIECES}
    page = Template(_read("shell")).substitute(
        title=f"{title} – Bellhop" if title else "Bellhop",
        name=name,
        skip=skip,
        hidden="" if user else " hidden",
        links="".join(_link(*link) for link in LINKS if user),
        person=_person(user) if user else "",
        role=user.role if user else "",
        content=Template(_read(f"pages/{name}")).substitute(pieces, typed=typed, **more),
        version=__version__,
        typed=typed,
    )
    return page.encode()


def _under() -> str:
    """Where all pages are, as a sentence after another; nothing at the root of a host name."""
    path = prefix.current()
    return f" All its pages are under {path}/." if path else ""


def _read(name: str) -> str:
    return bundles.content(f"{name}.html").decode()


def _link(path: str, words: str) -> str:
    is_here = path == request.path
    return f'<a href="{prefix.at(path)}"{" aria-current=page" if is_here else ""}>{words}</a>'


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


def _answer(body: bytes, kind: str, cache: str) -> HTTPResponse:
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
    return tagged(body, kind, headers, compression.kept)

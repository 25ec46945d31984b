"""Who asks, and whether they may: each request passes here before its handler.

The table of `routes.py` names the action of every route. A handler is called with the user, and one
about a job with the job itself, which was read as what this user may read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from bottle import HTTPResponse, request

from bellhop.accounts import accounts, audit
from bellhop.accounts.access import ANYBODY, RULES, Owned, User, may
from bellhop.base import prefix
from bellhop.base.errors import Problem
from bellhop.base.program import TYPED
from bellhop.jobs import queries
from bellhop.settings.settings import Settings
from bellhop.sso import header
from bellhop.sso.admission import NotAdmitted
from bellhop.storage.models import Job
from bellhop.web.answers import sent_headers
from bellhop.web.door import FOREIGN
from bellhop.web.limits import Rates
from bellhop.web.requestlog import USER

# The cookies of a session, and of the browser that it was begun in.
COOKIE, BROWSER = "bellhop_session", "bellhop_browser"
# A browser takes a name that begins so only over TLS, from this host, for the whole of it (RFC
# 6265bis, 4.1.3): neither a sibling host nor plain HTTP can plant one. Under a path, a cookie of
# the whole host would be sent to whatever else is served there, and two Bellhops would share it; so
# the name says less: only over TLS.
OF_HOST, OF_PATH = "__Host-", "__Secure-"
CHANGED = Problem("forbidden", "Your account or login was changed meanwhile: log in again.")
LOGIN = Problem("login-needed", "Log in, or send `Authorization: Bearer` with a token.")


def admitted(
    settings: Settings, rates: Rates, action: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    """What the handler of a route is called with; raises the problem of who may not.

    Without a login a page leads to the page that asks for it, and the `user` of what is open to
    everybody is None.
    """
    user, refusal = None, None
    try:
        if FOREIGN not in request.environ:
            user = user_of(settings, sent_headers(), request.environ["wsgi.url_scheme"])
    except NotAdmitted as found:
        refusal = found
    request.environ[USER] = user.name if user else ""
    rates.take(user, address())
    if refusal and action != "open":
        header.note_refused(sent_headers(), address(), refusal.reason)
        raise _to_login(f"refused={refusal.reason}") if action == "page" else refusal
    if user is None and action == "page":
        query = f"?{request.query_string}" if request.query_string else ""
        raise _to_login(f"next={quote(prefix.at(request.path) + query)}")
    if user is None and action != "open":
        raise LOGIN
    if "job_id" in arguments and user is not None:
        arguments["job"] = find(user, arguments.pop("job_id"))
    if user is not None:
        require(user, action, arguments.get("job"))
    return {"user": user, **arguments}


def _to_login(query: str) -> HTTPResponse:
    return HTTPResponse("", 303, {"Location": prefix.at(f"/login?{query}")})


def again(settings: Settings, job_id: str) -> tuple[User, Job]:
    """Who sends this request, and the job, asked once more after a while.

    Raises the problem of who is no user any more, or may read the job no more.
    """
    scheme = request.environ["wsgi.url_scheme"]
    user = user_of(settings, sent_headers(), scheme, is_use=False)
    if user is None:
        raise LOGIN
    return user, find(user, job_id)


def user_of(
    settings: Settings, headers: Mapping[str, str], scheme: str, *, is_use: bool = True
) -> User | None:
    """Who sends these headers (their names as WSGI writes them), None for who is not logged in.

    `scheme` is how the browser reached Bellhop or the proxy in front; `is_use` false does not count
    as a use of the token or session. Raises NotAdmitted for whom a proxy names in vain.
    """
    if not accounts.is_closed():
        return ANYBODY
    kind, _, token = headers.get("AUTHORIZATION", "").partition(" ")
    if kind.lower() == "bearer":
        user = accounts.of_token(token.strip(), is_use=is_use)
    elif header.NAME in headers:
        user = header.user(settings.sso, headers, address() if is_use else None)
    else:
        name = cookie_name(settings, COOKIE, scheme)
        user = accounts.of_session(cookie(headers, name), is_use=is_use)
    if user is None or settings.access.jobs != "team":
        return user
    return replace(user, reads_all=True)


def find(user: User, job_id: str) -> Job:
    """The job, or the problem that this user can see none, or none any more."""
    job = queries.job(user, job_id)
    if job is None:
        if queries.is_expired(user, job_id):
            raise Problem(
                "expired",
                "Bellhop deleted this job and its results when they reached their maximum age.",
            )
        raise Problem("not-found", "There is no job with this id.")
    return job


def require(user: User, action: str, owned: Owned | None = None) -> None:
    """Raise the problem of what this user can see and may not do."""
    if not may(user, action, owned):
        raise Problem("forbidden", _why(user, action))


@contextlib.contextmanager
def noted(user: User, action: str, target: object = "") -> Iterator[None]:
    """A transaction that the audit log tells of, for a user who is still let in."""
    with audit.noted(user.name, address(), action, target):
        require_still(user)
        yield


def require_still(user: User) -> None:
    """Raise the problem of who came in and is not let in so any more, in a transaction."""
    try:
        accounts.hold_user(user)
    except accounts.Refused:
        raise CHANGED from None


def address() -> str:
    """Where the request comes from."""
    return str(request.environ.get("REMOTE_ADDR", ""))


def cookie_name(settings: Settings, name: str, scheme: str) -> str:
    """What a cookie is called: over TLS only the name counts that nobody else can plant."""
    is_secure = scheme == "https" or settings.server.public_url.startswith("https://")
    return f"{OF_PATH if settings.server.path else OF_HOST}{name}" if is_secure else name


def cookie(headers: Mapping[str, str], name: str) -> str:
    """The value of a cookie that a browser sends, empty without one (RFC 6265)."""
    return cookies(headers).get(name, "")


def cookies(headers: Mapping[str, str]) -> dict[str, str]:
    """Each cookie that a browser sends; of two with one name, the first."""
    pairs = (part.strip().partition("=") for part in headers.get("COOKIE", "").split(";"))
    found: dict[str, str] = {}
    for name, _, value in pairs:
        found.setdefault(name, value)
    return found


def _why(user: User, action: str) -> str:
    if user is ANYBODY:
        return f"There are no accounts yet; create one with {TYPED} user add NAME."
    if RULES[action].scope == "session" and user.scope != "session":
        return "This requires a login with your password, not a token."
    who = "Your account" if user.scope == "session" else "This token or its account"
    return f"{who} may not do this, or only with your own jobs."

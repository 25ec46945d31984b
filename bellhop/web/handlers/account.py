"""Handlers of accounts: logging in and out, one's own sessions, tokens and password, the audit log.

The accounts of others: see people.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from bottle import HTTPResponse, request

from bellhop.accounts import accounts, audit, browsers, totp
from bellhop.accounts.access import ANYBODY, TOKEN_SCOPES, User
from bellhop.accounts.opaque import new_secret
from bellhop.base import prefix
from bellhop.base.errors import Problem, invalid_field
from bellhop.base.units import DAY_S
from bellhop.web import query
from bellhop.web.answers import (
    json_answer,
    read_json,
    read_object,
    require_content_type,
    require_known,
    sent_headers,
)
from bellhop.web.gate import BROWSER, CHANGED, COOKIE, address, cookie, cookie_name, noted
from bellhop.web.site import Site

WRONG = "Wrong name or password."
UNKNOWN = "an unknown name"


def log_in(site: Site, user: User | None) -> HTTPResponse:
    """POST /login: a new session for the browser, in place of the one it had."""
    require_content_type("application/json")
    body = read_json()
    code = body.pop("code", "") if isinstance(body, dict) else ""
    given = texts_of(body, "name", "password")
    name = given["name"].strip().lower()
    if not accounts.is_closed():
        raise Problem("forbidden", "There are no accounts yet, so you do not need to log in.")
    if user is not None and user.is_vouched:
        said = (
            f"Your proxy says that you are {user.name}: log out there, or come without the proxy."
        )
        raise Problem("forbidden", said)
    # What is no name may be a password in the wrong field.
    who = name if accounts.exists(name) else UNKNOWN
    stored = accounts.stored_of(name)
    _require_password(site, name, given["password"], who, "login refused", WRONG)
    _require_code(name, code)
    return let_in(site, user, name, stored)


def let_in(site: Site, user: User | None, name: str, stored: str | None = None) -> HTTPResponse:
    """A new session of an account for this browser, in place of the one that `user` had.

    `stored` is the password by which they came, which it must still have.
    """
    agent = request.environ.get("HTTP_USER_AGENT", "").encode("latin-1").decode(errors="replace")
    secret = new_secret()
    with _still_let_in(), audit.noted(name, address(), audit.LOGIN):
        accounts.hold(name, stored=stored)
        if user is not None and user.session is not None:
            accounts.end_session(user.name, user.session)
        accounts.begin_session(secret, name, address(), agent)
        browser = browsers.begin(_sent(site, BROWSER), name, address())
    found = accounts.of_session(secret)
    assert found is not None
    answer = json_answer({"name": found.name, "role": found.role})
    set_cookie(site, answer, COOKIE, secret, accounts.SESSION_DAYS * DAY_S)
    set_cookie(site, answer, BROWSER, browser, browsers.BROWSER_DAYS * DAY_S)
    return answer


@contextlib.contextmanager
def _still_let_in() -> Iterator[None]:
    """An account that was changed during a login becomes the problem of who may try again."""
    try:
        yield
    except accounts.Refused:
        raise CHANGED from None


def log_out(site: Site, user: User) -> HTTPResponse:
    """POST /logout: ends the session of this browser, which forgets what it has of the pages."""
    with noted(user, "logout"):
        accounts.end_session(user.name, user.session or 0)
    # What is kept under other paths of the host is of others.
    kept = '"cache"' if prefix.current() else '"cache", "storage"'
    answer = HTTPResponse("", 204, {"Clear-Site-Data": kept})
    set_cookie(site, answer, COOKIE, "", 0)
    return answer


def show(site: Site, user: User) -> HTTPResponse:
    """GET /account: who asks, and what they may see."""
    document = {
        "name": user.name,
        "role": user.role,
        "scope": user.scope,
        "jobs": site.settings.access.jobs,
        "is_open": user is ANYBODY,
    }
    return json_answer(document)


def change_password(site: Site, user: User) -> HTTPResponse:
    """POST /account/password: every other session of the account ends, and every token."""
    given = texts_of(read_object(), "password", "new_password")
    if not accounts.has_password(user.name):  # with one, they would stay when they leave there
        said = "You log in elsewhere, without a password; an admin can make you a link to set one."
        raise Problem("forbidden", said)
    _confirm(site, user, given["password"])
    try:
        stored = accounts.hashed(given["new_password"], user.name)
    except accounts.Refused as refusal:
        raise invalid_field("new_password", str(refusal)) from None
    answer = HTTPResponse(status=204)
    with noted(user, "new password"):
        accounts.set_password(user.name, stored, keep_session=user.session)
        if _sent(site, BROWSER):  # it is known again, by another secret
            browser = browsers.begin("", user.name, address())
            set_cookie(site, answer, BROWSER, browser, browsers.BROWSER_DAYS * DAY_S)
    return answer


def list_sessions(site: Site, user: User) -> HTTPResponse:
    """GET /account/sessions: where one is logged in."""
    shown = [{**s, "is_this": s["id"] == user.session} for s in accounts.sessions(user.name)]
    return json_answer({"sessions": shown})


def end_session(site: Site, user: User, number: str) -> HTTPResponse:
    """DELETE /account/sessions/N"""
    with noted(user, "end session", number):
        if not accounts.end_session(user.name, int(number)):
            raise Problem("not-found", "You have no session with this number.")
    return HTTPResponse(status=204)


def list_tokens(site: Site, user: User) -> HTTPResponse:
    """GET /account/tokens: none shows what it is sent as."""
    return json_answer({"tokens": accounts.tokens(user.name)})


def add_token(site: Site, user: User) -> HTTPResponse:
    """POST /account/tokens: the one answer that has the token itself."""
    body = read_object()
    optional = {"name": "", "password": "", **body}
    given = texts_of(optional, "name", "password", more=("scope", "days"))
    name, password = given["name"], given["password"]
    scope, days = body.get("scope", "all"), body.get("days", accounts.TOKEN_DAYS)
    if scope not in TOKEN_SCOPES:
        raise invalid_field("scope", f"must be one of {', '.join(TOKEN_SCOPES)}")
    if type(days) is not int or not 0 <= days <= accounts.MOST_TOKEN_DAYS:
        raise invalid_field("days", f"must be a number from 0 to {accounts.MOST_TOKEN_DAYS}")
    is_brief = 0 < days <= accounts.MOST_FRESH_DAYS
    if password or not (is_brief and (user.is_vouched or accounts.is_fresh(user.session))):
        _confirm(site, user, password)
    try:
        with noted(user, f"add token ({scope})", name):
            token = accounts.add_token(user.name, name=name, scope=scope, days=days)
    except accounts.Refused as refusal:
        raise invalid_field("name", str(refusal)) from None
    return json_answer({"token": token, **accounts.tokens(user.name)[0]}, 201)


def revoke_token(site: Site, user: User, number: str) -> HTTPResponse:
    """DELETE /account/tokens/N: it is refused from now on."""
    with noted(user, "revoke token", number):
        if not accounts.revoke_token(user.name, int(number)):
            raise Problem("not-found", "You have no token with this number.")
    return HTTPResponse(status=204)


def list_audit(site: Site, user: User) -> HTTPResponse:
    """GET /audit: who did what, newest first."""
    limit = query.page_limit()
    notes = audit.notes(before=query.read_cursor(), limit=limit)
    following = query.cursor_of(notes[-1]["id"]) if len(notes) == limit else None
    document = {"notes": notes, "next": following}
    return json_answer(document, headers=query.page_headers(following))


def texts_of(body: Any, *names: str, more: tuple[str, ...] = ()) -> dict[str, str]:
    """The texts of a body that must have these members, and may have `more`."""
    if not isinstance(body, dict):
        raise Problem("bad-json", "The body must be a JSON object.")
    require_known(body, (*names, *more))
    for name in names:
        if not isinstance(body.get(name), str):
            raise invalid_field(name, "must be a text")
    return {name: body[name] for name in names}


def _confirm(site: Site, user: User, password: str) -> None:
    """Require the password once more: a session may be stolen, or left open on a desk."""
    if not password:
        raise Problem(
            "forbidden",
            "Send your password too: without it, you can create only tokens of at most "
            f"{accounts.MOST_FRESH_DAYS} days, within {accounts.FRESH_LOGIN_S / 60:g} minutes "
            "after a login.",
        )
    confirm_password(site, user, password)


def confirm_password(site: Site, user: User, password: str) -> None:
    """Raise the problem of a password that is not that of the user who asks.

    For an account that has none, a login of a moment ago counts: whoever has stolen a session
    cannot repeat that.
    """
    if not accounts.has_password(user.name):
        if user.is_vouched or accounts.is_fresh(user.session):
            return
        said = "Your account has no password: log in again, and repeat this within 15 minutes."
        raise Problem("forbidden", said)
    said = "Wrong current password."
    _require_password(site, user.name, password, user.name, "password refused", said)


def _require_password(
    site: Site, name: str, password: str, who: str, action: str, said: str
) -> None:
    """Raise the problem of a password that is wrong, or of a try too early; the log counts both."""
    browser = _sent(site, BROWSER)
    try:
        if not accounts.check_password(name, password, address=address(), browser=browser):
            raise Problem("login-failed", said)
    except Problem as problem:
        audit.note_refused(who, address(), f"{action}: {problem.code}")
        raise


def _require_code(name: str, code: Any) -> None:
    """Raise the problem of a login that needs a code, and has none or a wrong one."""
    if not isinstance(code, str):
        raise invalid_field("code", "must be a text")
    if not totp.is_on(name):
        return
    if not code.strip():
        said = "Enter the code that your authenticator app shows, or a recovery code."
        raise Problem("code-needed", said)
    try:
        if not (how := totp.accept(name, code)):
            raise Problem("login-failed", "Wrong code, or one that was used before.")
    except Problem as problem:
        audit.note_refused(name, address(), f"login refused: {problem.code}")
        raise
    if how == totp.RECOVERY:
        with audit.noted(name, address(), "use recovery code"):
            pass


def _sent(site: Site, name: str) -> str:
    """The value of a cookie of this request."""
    scheme = request.environ["wsgi.url_scheme"]
    return cookie(sent_headers(), cookie_name(site.settings, name, scheme))


def set_cookie(site: Site, answer: HTTPResponse, name: str, value: str, seconds: float) -> None:
    """Kept from scripts and from requests of other sites; behind TLS, from plain HTTP too."""
    name = cookie_name(site.settings, name, request.environ["wsgi.url_scheme"])
    where, age = prefix.current() or "/", int(seconds)
    parts = [f"{name}={value}", f"Path={where}", f"Max-Age={age}", "HttpOnly", "SameSite=Lax"]
    is_secure = name.startswith("__")
    answer.add_header("Set-Cookie", "; ".join([*parts, "Secure"] if is_secure else parts))

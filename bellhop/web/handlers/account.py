"""Handlers of accounts: logging in and out, one's own sessions, tokens and password, the audit log.

Accounts themselves are made and disabled at the console: see people.py.
"""

from __future__ import annotations

from typing import Any

from bottle import HTTPResponse, request

from bellhop.accounts import accounts, audit
from bellhop.accounts.access import ANYBODY, TOKEN_SCOPES, User
from bellhop.base.errors import Problem, invalid_field
from bellhop.base.units import DAY_S
from bellhop.web import query
from bellhop.web.answers import (
    json_answer,
    read_json,
    read_object,
    require_content_type,
)
from bellhop.web.gate import COOKIE, address, noted
from bellhop.web.site import Site

WRONG = "Wrong name or password."
UNKNOWN = "an unknown name"


def log_in(site: Site, user: User | None) -> HTTPResponse:
    """POST /login: a new session for the browser, in place of the one it had."""
    require_content_type("application/json")
    given = _texts(read_json(), "name", "password")
    name = given["name"].strip().lower()
    if not accounts.is_closed():
        raise Problem("forbidden", "There are no accounts yet, so you do not need to log in.")
    agent = request.get_header("User-Agent", "")
    try:
        if not accounts.check_password(name, given["password"], address=address()):
            raise Problem("login-failed", WRONG)
    except Problem as problem:
        # What is no name may be a password in the wrong field.
        who = name if accounts.exists(name) else UNKNOWN
        audit.note(who, address(), f"login refused: {problem.code}")
        raise
    secret = accounts.new_secret()
    with audit.noted(name, address(), "login"):
        if user is not None and user.session is not None:
            accounts.end_session(user.name, user.session)
        accounts.begin_session(secret, name, address(), agent)
    found = accounts.of_session(secret)
    assert found is not None
    cookie = _cookie(site, secret, int(accounts.SESSION_DAYS * DAY_S))
    shown = {"name": found.name, "role": found.role}
    return json_answer(shown, headers={"Set-Cookie": cookie})


def log_out(site: Site, user: User) -> HTTPResponse:
    """POST /logout: ends the session of this browser."""
    with noted(user, "logout"):
        accounts.end_session(user.name, user.session or 0)
    return HTTPResponse("", 204, {"Set-Cookie": _cookie(site, "", 0)})


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
    """POST /account/password: every other session of the account ends."""
    given = _texts(read_object(), "password", "new_password")
    if not accounts.check_password(user.name, given["password"], address=address()):
        audit.note(user.name, address(), "password refused")
        raise Problem("login-failed", "Wrong current password.")
    try:
        stored = accounts.hashed(given["new_password"])
    except accounts.Refused as refusal:
        raise invalid_field("new_password", str(refusal)) from None
    with noted(user, "new password"):
        accounts.set_password(user.name, stored, keep_session=user.session)
    return HTTPResponse(status=204)


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
    name = _texts({"name": "", **body}, "name", more=("scope", "days"))["name"]
    scope, days = body.get("scope", "all"), body.get("days", accounts.TOKEN_DAYS)
    if scope not in TOKEN_SCOPES:
        raise invalid_field("scope", f"must be one of {', '.join(TOKEN_SCOPES)}")
    if type(days) is not int or not 0 <= days <= accounts.MOST_TOKEN_DAYS:
        raise invalid_field("days", f"must be a number from 0 to {accounts.MOST_TOKEN_DAYS}")
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


def _texts(body: Any, *names: str, more: tuple[str, ...] = ()) -> dict[str, str]:
    """The texts of a body that must have these members, and may have `more`."""
    if not isinstance(body, dict):
        raise Problem("bad-json", "The body must be a JSON object.")
    for name in body:
        if name not in (*names, *more):
            raise invalid_field(
                str(name), f"is unknown; the fields are {', '.join((*names, *more))}"
            )
    for name in names:
        if not isinstance(body.get(name), str):
            raise invalid_field(name, "must be a text")
    return {name: body[name] for name in names}


def _cookie(site: Site, secret: str, seconds: int) -> str:
    """Kept from scripts and from requests of other sites; behind TLS, from plain HTTP too."""
    is_secure = request.environ.get("wsgi.url_scheme") == "https"
    is_secure |= site.settings.server.public_url.startswith("https://")
    parts = [f"{COOKIE}={secret}", "Path=/", f"Max-Age={seconds}", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if is_secure else parts)

"""Handlers of links with which somebody comes in once: who makes them, and who opens one.

Whoever opens one is no user yet. They send its secret in a body: no address, and so no log of a
proxy, ever has it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from bottle import HTTPResponse

from bellhop.accounts import accounts, audit, guessing, links
from bellhop.accounts.access import LOCAL, ROLES, User
from bellhop.accounts.links import INVITATION, RESET, Link
from bellhop.base.addresses import network
from bellhop.base.errors import Problem, StartRefused, invalid_field
from bellhop.jobs import lifecycle
from bellhop.web.answers import (
    json_answer,
    read_json,
    read_object,
    require_content_type,
    require_known,
)
from bellhop.web.gate import address, noted
from bellhop.web.handlers.account import let_in, texts_of
from bellhop.web.handlers.people import confirm_own, hashed
from bellhop.web.site import Site

# Of whoever opens a link, the audit log knows no name.
WHO = "somebody with a link"
NEW = ("kind", "name", "role", "own_password")


def list_links(site: Site, user: User) -> HTTPResponse:
    """GET /links: those that somebody can still use, newest first; none shows its secret."""
    return json_answer({"links": [asdict(link) for link in links.pending()]})


def add(site: Site, user: User) -> HTTPResponse:
    """POST /links: the one answer that has the link itself."""
    kind, name, role = _wanted(read_object(), site, user)
    words = f"invite ({role})" if kind == INVITATION else "make reset link"
    try:
        with noted(user, words, name):
            secret = links.make(kind, name, role, user.name)
            made = asdict(links.find(secret))
    except accounts.Refused as refusal:
        raise invalid_field("name", str(refusal)) from None
    return json_answer({**made, "link": links.address(site.settings, secret)}, 201)


def revoke(site: Site, user: User, number: str) -> HTTPResponse:
    """DELETE /links/N: who opens it is told so."""
    found = [link for link in links.pending() if link.id == int(number)]
    missing = Problem("not-found", "There is no link with this number that can still be used.")
    if not found:
        raise missing
    with noted(user, f"revoke link ({found[0].kind})", found[0].account):
        if not links.revoke(int(number)):
            raise missing
    return HTTPResponse(status=204)


def look(site: Site, user: User | None) -> HTTPResponse:
    """POST /links/look: what a link is for; it can be used afterwards."""
    link = _found(_read("token")["token"])
    document = {"kind": link.kind, "name": link.account, "role": link.role}
    return json_answer({**document, "expires_at": link.expires_at})


def use(site: Site, user: User | None) -> HTTPResponse:
    """POST /links/use: makes the account, which is logged in, or changes the password."""
    given = _read("token", "name", "password")
    link = _found(given["token"])
    name = link.account or given["name"].strip().lower()
    if link.kind != RESET:
        _require_new(name)
    stored = hashed(given["password"], name)
    with _link_problem(), audit.noted(name, address(), f"use link ({link.kind})", name):
        if links.use(link, name, stored):
            lifecycle.hand_over(LOCAL, name)
    # Where another process starts at this moment, that one records it.
    with contextlib.suppress(StartRefused, OSError):
        accounts.record_access(site.settings)
    if link.kind == RESET:  # a second factor is asked for at the login
        return json_answer({"name": name, "role": link.role})
    return let_in(site, user, name)


def _wanted(body: dict[str, Any], site: Site, user: User) -> tuple[str, str, str]:
    """(kind, name, role) of a new link; raises the problem of what is none."""
    require_known(body, NEW)
    kind, role = body.get("kind"), body.get("role", "")
    if kind not in (INVITATION, RESET):
        raise invalid_field("kind", f"must be one of {INVITATION}, {RESET}")
    if not isinstance(body.get("name"), str):
        raise invalid_field("name", "must be a text")
    if kind == INVITATION and role not in ROLES:
        raise invalid_field("role", f"must be one of {', '.join(ROLES)}")
    if kind == RESET and role:
        raise invalid_field("role", "is for invitations only")
    if not isinstance(body.get("own_password", ""), str):
        raise invalid_field("own_password", "must be a text")
    confirm_own(site, user, body)
    return kind, body["name"], role


def _read(*names: str) -> dict[str, str]:
    require_content_type("application/json")
    return texts_of(read_json(), *names)


def _found(token: str) -> Link:
    """The link with this secret; guesses are slowed as those of a password."""
    counted = [guessing.of_network("link", network(address()))]
    guessing.count(counted)
    with _link_problem():
        link = links.find(token)
    guessing.take_back(counted, is_right=True)
    return link


def _require_new(name: str) -> None:
    try:
        accounts.require_new(name)
    except accounts.Refused as refusal:
        raise invalid_field("name", str(refusal)) from None


@contextlib.contextmanager
def _link_problem() -> Iterator[None]:
    """What is refused becomes the problem of a link, in a sentence; the audit log counts it."""
    try:
        yield
    except accounts.Refused as refusal:
        audit.note_refused(WHO, address(), "link refused")
        said = str(refusal)
        raise Problem("link-refused", f"{said[0].upper()}{said[1:]}.") from None

"""Handlers of people: the accounts of others, which admins add and change.

The commands `user` do the same at the console: see cli/people.py. Here each change needs the
password of the admin once more, so a stolen session adds no account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bottle import HTTPResponse

from bellhop.accounts import accounts, audit, passwords, totp
from bellhop.accounts.access import ROLES, User
from bellhop.base import prefix
from bellhop.base.addresses import API
from bellhop.base.errors import Problem, invalid_field
from bellhop.database.database import certain, database
from bellhop.jobs import queries
from bellhop.web.answers import json_answer, read_object, require_known
from bellhop.web.gate import address, noted, require_still
from bellhop.web.handlers.account import confirm_password
from bellhop.web.site import Site

NEW = ("name", "role", "password", "own_password")
CHANGES = ("role", "is_disabled", "password", "reset_password", "remove_totp", "own_password")


def list_accounts(site: Site, user: User) -> HTTPResponse:
    """GET /accounts: every account, by name."""
    return json_answer({"accounts": list(_accounts())})


def add(site: Site, user: User) -> HTTPResponse:
    """POST /accounts: without a password, the one answer that has the generated one."""
    given = _checked(read_object(), NEW)
    name = given.get("name")
    if not isinstance(name, str):
        raise invalid_field("name", "must be a text")
    if "role" not in given:
        raise invalid_field("role", f"must be one of {', '.join(ROLES)}")
    confirm_own(site, user, given)
    told = None if given.get("password") else passwords.new()
    stored = hashed(told or given["password"], name)
    try:
        with noted(user, f"add account ({given['role']})", name):
            accounts.add(name, given["role"], stored)
    except accounts.Refused as refusal:
        raise invalid_field("name", str(refusal)) from None
    return _shown(name, told, 201, {"Location": prefix.at(f"{API}/accounts/{name}")})


def change(site: Site, user: User, account: str) -> HTTPResponse:
    """PATCH /accounts/NAME: all that is sent or nothing; an admin who may come in is left."""
    given = _checked(read_object(), CHANGES)
    if not accounts.exists(account):
        raise Problem("not-found", "There is no account with this name.")
    if given:
        confirm_own(site, user, given)
    told = passwords.new() if given.get("reset_password") else None
    _make(user, account, list(_changes(user, account, given, told)))
    return _shown(account, told)


def _changes(
    user: User, account: str, given: dict[str, Any], told: str | None
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What the audit log says of each change, and what makes it."""
    if password := told or given.get("password"):
        stored = hashed(password, account)
        act = partial(accounts.set_password, account, stored, keep_session=user.session)
        yield "new password", act
    if "role" in given:
        yield f"role {given['role']}", partial(accounts.set_role, account, given["role"])
    if "is_disabled" in given:
        words = "disable account" if given["is_disabled"] else "enable account"
        yield words, partial(accounts.disable, account, is_disabled=given["is_disabled"])
    if given.get("remove_totp"):
        yield "remove two-factor login", partial(totp.remove, account)


def confirm_own(site: Site, user: User, given: dict[str, Any]) -> None:
    """Raise the problem of who asks without their own password: a session may be stolen."""
    if not given.get("own_password") and accounts.has_password(user.name):
        raise invalid_field("own_password", "is required: your own password")
    confirm_password(site, user, given.get("own_password", ""))


def _make(user: User, account: str, changes: list[tuple[str, Callable[[], Any]]]) -> None:
    """Make these changes in one transaction, which the audit log tells of."""
    notes: list[audit.Note] = []
    try:
        with certain(lambda: audit.is_kept(notes)), database.atomic():
            require_still(user)
            for words, act in changes:
                act()
                notes.append(audit.note(user.name, address(), words, account))
            accounts.require_admin()
    except accounts.Refused:
        said = "No other admin would be left. Make somebody else an admin first."
        raise Problem("forbidden", said) from None


def _accounts() -> Iterator[dict[str, Any]]:
    logins, held = audit.last_logins(), queries.held_by_owners()
    with_totp, recent = totp.who_has_it(), queries.recent_by_owners()
    for account in accounts.every():
        jobs, size = held.get(account["name"], (0, 0))
        recent_jobs, recent_size = recent.get(account["name"], (0, 0))
        yield {
            "name": account["name"],
            "role": account["role"],
            "is_disabled": bool(account["is_disabled"]),
            "created_at": account["created_at"],
            "last_login_at": logins.get(account["name"]),
            "has_totp": account["name"] in with_totp,
            "tokens": account["tokens"],
            "jobs": jobs,
            "bytes": size,
            "recent_jobs": recent_jobs,
            "recent_bytes": recent_size,
        }


def _shown(
    name: str, told: str | None, status: int = 200, headers: dict[str, str] | None = None
) -> HTTPResponse:
    """The answer that shows an account, with the password that was made for it."""
    account = next(account for account in _accounts() if account["name"] == name)
    return json_answer({**account, **({"password": told} if told else {})}, status, headers)


def _checked(body: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """The members of a body; raises the problem of one that is unknown or no such value."""
    require_known(body, known)
    for name, value in body.items():
        if name == "role" and value not in ROLES:
            raise invalid_field(name, f"must be one of {', '.join(ROLES)}")
        if name in ("password", "own_password") and not isinstance(value, str):
            raise invalid_field(name, "must be a text")
        if name in ("is_disabled", "reset_password", "remove_totp") and not isinstance(value, bool):
            raise invalid_field(name, "must be true or false")
    return body


def hashed(password: str, name: str) -> str:
    """What is stored of a new password; raises the problem of one that can be none."""
    try:
        return accounts.hashed(password, name)
    except accounts.Refused as refusal:
        raise invalid_field("password", str(refusal)) from None

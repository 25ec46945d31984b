"""Who may do what: the one table, and the one function that decides by it.

`may` decides about every route (the table in `web/routes.py` names its action) and every command
of a token. What a viewer may read is decided in SQL, by `readable`: what they may not read is not
there, and so nobody can ask after what a handler has read already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from bellhop.base import identity

ROLES = identity.ROLES
# What a credential is good for, each more than the one before; a session is a login by password.
TOKEN_SCOPES = ("read", "submit", "all")
SCOPES = (*TOKEN_SCOPES, "session")
# Whose everything is while there are no accounts.
LOCAL = "local"


@dataclass(frozen=True)
class User:
    """Who asks; `name` owns what they submit.

    `reads_all`: they may read what others submitted, as an admin or because the team shares.
    """

    name: str
    role: str
    reads_all: bool
    scope: str = "all"
    # Of a login by password, its number.
    session: int | None = None
    # Of a program, the number of its token.
    token: int | None = None
    # A proxy says at each request who they are.
    is_vouched: bool = False


@dataclass(frozen=True)
class Rule:
    """The least role that an action takes, and the least scope of a credential.

    `is_own`: a member may do it to what is their own, an admin to everything.
    """

    role: str
    scope: str
    is_own: bool = False


class Owned(Protocol):
    """A job or a schedule."""

    @property
    def owner(self) -> Any: ...


RULES: dict[str, Rule] = {
    # For everybody, also without a login; who is logged in may hear more.
    "open": Rule("viewer", "read"),
    # A page for people, who without a login are sent to the one that asks for it.
    "page": Rule("viewer", "read"),
    # Lists of what one may read, job types, the figures of queues.
    "look": Rule("viewer", "read"),
    # One job and what belongs to it, as far as `readable` shows it.
    "read": Rule("viewer", "read"),
    # What only concerns whoever submitted a job: its webhook, what a mistake looked like.
    "inspect": Rule("viewer", "read", is_own=True),
    "submit": Rule("member", "submit"),
    # Cancel, retry, change, delete, share: what becomes of a job or a schedule.
    "change": Rule("member", "all", is_own=True),
    # Several jobs at once, each of which is asked about as well.
    "change_many": Rule("member", "all"),
    # One's own password, sessions and tokens.
    "account": Rule("viewer", "session"),
    "monitor": Rule("admin", "read"),
    "manage": Rule("admin", "all"),
    # The accounts of others; a token that leaks makes no admin.
    "people": Rule("admin", "session"),
}
# Bellhop itself, where it reads what it has to tidy or to run; and everybody, while it is open.
BELLHOP = User("", "admin", reads_all=True)
ANYBODY = User(LOCAL, "admin", reads_all=True)


def may(user: User, action: str, owned: Owned | None = None) -> bool:
    """Whether `user` may do `action`, to a job or schedule that they can read.

    An action that asks whose it is, asked about nothing, is about whether they ever may.
    """
    rule = RULES[action]
    if ROLES.index(user.role) < ROLES.index(rule.role):
        return False
    if SCOPES.index(user.scope) < SCOPES.index(rule.scope):
        return False
    is_theirs = owned is None or user.role == "admin" or owned.owner == user.name
    return is_theirs or not rule.is_own


def reasons(viewer: User) -> list[str]:
    """Why a viewer may read a job: SQL conditions on `job`, of which one at most is true.

    They need :viewer. Each can be walked down an index of its own.
    """
    if viewer.reads_all:
        return ["1 = 1"]
    is_shared = "job.id IN (SELECT share.job FROM share WHERE share.account = :viewer)"
    return ["job.owner = :viewer", f"job.owner != :viewer AND {is_shared}"]


def readable(viewer: User) -> str:
    """The SQL condition on `job` of what a viewer may read; it needs :viewer."""
    return f"({' OR '.join(reasons(viewer))})"


def owned(viewer: User) -> str:
    """The SQL condition of what is read by its owner, and by who reads all; it needs :viewer."""
    return "1 = 1" if viewer.reads_all else "owner = :viewer"

"""Links with which somebody comes in once: the first admin, who is invited, who lost the password.

The secret stands after the # of the address, which browsers send to nobody, and only its SHA-256
is kept. A link that was used, revoked or is too old stays for a while, to say so.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from bellhop.accounts import accounts
from bellhop.accounts.accounts import Refused
from bellhop.accounts.opaque import hash_of, new_secret
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import database, query
from bellhop.settings.settings import Settings

FIRST, INVITATION, RESET = "first", "invitation", "reset"
# The first one is made anew at each start.
LIFE_S = {FIRST: 366 * DAY_S, INVITATION: 7 * DAY_S, RESET: DAY_S}
OPEN = "used_at IS NULL AND revoked_at IS NULL"
CLOSE = "UPDATE counter SET value = 1 WHERE name = 'closed' AND value = 0 RETURNING value"
ASK = "ask an admin for a new one"
PRIVATE = "Bellhop is private already: log in, or ask an admin to invite you"


@dataclass(frozen=True)
class Link:
    """A link that can be used; `account` is empty where its user chooses the name."""

    id: int
    kind: str
    account: str
    role: str
    made_by: str
    created_at: str
    expires_at: str


COLUMNS = ", ".join(field.name for field in fields(Link))


def make(kind: str, account: str, role: str, made_by: str) -> str:
    """The secret of a new link, in place of an open one for the same. Raises Refused.

    `role` is that of an account which is still to be made.
    """
    if kind == INVITATION:
        accounts.require_new(account)
    elif kind == RESET:
        role = _role_of_enabled(account)
    secret = new_secret()
    values = {
        "hash": hash_of(secret), "kind": kind, "account": account, "role": role, "by": made_by,
        "now": timestamp(), "expires": timestamp(LIFE_S[kind]),
    }  # fmt: skip
    with database.atomic():
        query(
            f"""UPDATE one_time_link SET revoked_at = :now
            WHERE kind = :kind AND account = :account AND {OPEN}""",
            values,
        )
        query(
            """INSERT INTO one_time_link
                (hash, kind, account, role, made_by, created_at, expires_at)
            VALUES (:hash, :kind, :account, :role, :by, :now, :expires)""",
            values,
        )
    return secret


def address(settings: Settings, secret: str, base: str = "") -> str:
    """Where a link leads; without a public address it begins at `base`."""
    return f"{settings.server.public_url.rstrip('/') or base}/welcome#{secret}"


def find(secret: str) -> Link:
    """The link with this secret, which can be used. Raises Refused, with why it cannot."""
    rows = query(
        f"SELECT {COLUMNS}, used_at, revoked_at FROM one_time_link WHERE hash = :hash",
        {"hash": hash_of(secret)},
    )
    if not rows:
        raise Refused(f"this Bellhop did not make this link, or it is not the whole link; {ASK}")
    *known, used_at, revoked_at = rows[0]
    link = Link(*known)
    if problem := _problem(link, used_at, revoked_at):
        raise Refused(problem)
    return link


def use(link: Link, name: str, stored: str) -> bool:
    """Do what a link is for, with a `hashed` password, in the transaction of the caller.

    Whether that made the first admin, to whom everything from before belongs. Raises Refused.
    """
    taken = f"UPDATE one_time_link SET used_at = :now WHERE id = :id AND {OPEN} RETURNING id"
    if not query(taken, {"id": link.id, "now": timestamp()}):
        raise Refused(_over(link, "was used or revoked a moment ago"))
    if link.kind == RESET:
        accounts.set_password(name, stored)
        return False
    if link.kind == FIRST and not query(CLOSE):
        raise Refused(PRIVATE)
    return accounts.add(name, link.role, stored)


def pending() -> list[Link]:
    """The links for other people that can still be used, newest first."""
    rows = query(
        f"""SELECT {COLUMNS} FROM one_time_link
        WHERE {OPEN} AND kind != :first AND expires_at > :now ORDER BY id DESC""",
        {"first": FIRST, "now": timestamp()},
    )
    return [Link(*row) for row in rows]


def revoke(number: int) -> bool:
    """End a link for somebody; False when there is no such one."""
    revoked = f"""UPDATE one_time_link SET revoked_at = :now
        WHERE id = :id AND kind != :first AND {OPEN} AND expires_at > :now RETURNING id"""
    return bool(query(revoked, {"id": number, "first": FIRST, "now": timestamp()}))


def _problem(link: Link, used_at: str | None, revoked_at: str | None) -> str | None:
    """Why a link cannot be used."""
    if link.kind == FIRST and accounts.is_closed():
        return PRIVATE
    if used_at:
        return _over(link, f"was used on {_day(used_at)}")
    if link.kind == RESET and accounts.role_of(link.account) is None:
        return f"the account {link.account} is disabled; ask an admin to enable it"
    if revoked_at:
        return _over(link, f"was revoked on {_day(revoked_at)}")
    if link.expires_at <= timestamp():
        return _over(link, f"expired on {_day(link.expires_at)}")
    if link.kind == INVITATION and accounts.exists(link.account):
        return f"there is already an account {link.account}; log in, or {ASK}"
    return None


def _over(link: Link, what: str) -> str:
    """What is said of a link of which nobody can make any use now."""
    then = "open the newest one that Bellhop printed" if link.kind == FIRST else ASK
    return f"this link {what}; {then}"


def _day(at: str) -> str:
    return f"{at[:10]} at {at[11:16]}Z"


def _role_of_enabled(account: str) -> str:
    """The role of an account; Refused for one that may not come in."""
    accounts.require(account)
    role = accounts.role_of(account)
    if role is None:
        raise Refused(f"the account {account} is disabled; enable it first")
    return role

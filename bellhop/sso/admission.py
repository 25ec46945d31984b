"""Who somebody is here, whom another program logged in: a proxy by a header, or a provider.

Their account is one as the command `user add` makes it, without a password. Groups give the role,
where the settings say so; else it is the admins who change it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bellhop.accounts import accounts, audit
from bellhop.accounts.access import LOCAL, ROLES
from bellhop.base.errors import Problem
from bellhop.database.database import query
from bellhop.jobs import lifecycle
from bellhop.settings.sections import Sso

# Why somebody is not let in: a word that the page of the login knows, and what programs are told.
REASONS = {
    "name": "The name that your login gives you cannot be the name of an account: up to 64 "
    "letters a-z, digits and . _ @ -.",
    "group": "You are in no group that may use Bellhop. Ask the person who runs it.",
    "unknown": "You have no account in Bellhop. Ask the person who runs it.",
    "disabled": "Your account in Bellhop is disabled. Ask the person who runs it.",
    "taken": "Bellhop already has an account with your name, which is not connected to this "
    "login. If it is yours, log in with its password.",
    "email": "Your e-mail address is not verified, or people with addresses of its domain cannot "
    "use Bellhop.",
    "refused": "The login was cancelled or refused. Try again, or log in with a password.",
    "expired": "This login took too long or has been used already. Begin it again.",
    "away": "Bellhop cannot reach the login server now. Try again in a moment, or log in with a "
    "password.",
    "settings": "Bellhop and the login server do not agree. The person who runs Bellhop finds the "
    "reason in its log.",
    "clock": "The clock of Bellhop or of the login server is wrong. Tell the person who runs "
    "Bellhop.",
}


class NotAdmitted(Problem):
    """Somebody whom another program logged in, and who is not let in here."""

    def __init__(self, reason: str):
        super().__init__("not-admitted", REASONS[reason])
        self.reason = reason


@dataclass(frozen=True)
class Admitted:
    """An account that may come in, as it is, and the role that it is to have."""

    name: str
    role: str
    # None: there is no such account yet.
    known_role: str | None

    @property
    def is_settled(self) -> bool:
        return self.role == self.known_role


def account_name(given: str) -> str:
    """The name of the account of somebody who has this name elsewhere. Raises NotAdmitted."""
    # Some letters of other scripts have a small form that is ASCII.
    name = given.strip().lower() if given.isascii() else ""
    if not accounts.NAME.fullmatch(name) or name == LOCAL:
        raise NotAdmitted("name")
    return name


def judged(sso: Sso, name: str, groups: Iterable[str]) -> Admitted:
    """Whether this person may come in, and as what; nothing is written. Raises NotAdmitted."""
    rows = query("SELECT role, is_disabled FROM account WHERE name = :name", {"name": name})
    known_role, is_disabled = rows[0] if rows else (None, False)
    if is_disabled:
        raise NotAdmitted("disabled")
    if known_role is None and sso.new_accounts == "no":
        raise NotAdmitted("unknown")
    return Admitted(name, _role(sso, set(groups), known_role), known_role)


def settle(admitted: Admitted, by: str, address: str) -> str:
    """Add the account, or give it its role, as the audit log tells; the role that it has now.

    `by` says in the log who wanted it. The last admin stays one: nobody could undo it here.
    """
    name, role = admitted.name, admitted.role
    try:
        if admitted.known_role is None:
            with audit.noted(by, address, f"add account ({role})", name):
                if accounts.add(name, role, None):
                    lifecycle.hand_over(LOCAL, name)
        else:
            with audit.noted(by, address, f"role {role}", name):
                accounts.set_role(name, role)
                if admitted.known_role == "admin":
                    accounts.require_admin()
    except accounts.Refused:
        # Or another request of the same person was the first.
        return accounts.role_of(name) or role
    return role


def _role(sso: Sso, groups: set[str], known_role: str | None) -> str:
    """The most that groups give; where they say nothing, what an admin gave."""
    if known_role and not sso.roles:
        return known_role
    given = dict(each.rpartition(":")[::2] for each in sso.roles)
    found = [given[group] for group in groups & given.keys()]
    role = max(found, key=ROLES.index, default=sso.role)
    if role == "none":
        raise NotAdmitted("group")
    return role

"""What each person wants to be told, and where; and the targets that the settings name.

A person may enter a mail address and nothing else: an Apprise URL can make Bellhop ask any server,
also one that only this machine reaches, so only whoever writes config.ini names those. An address
need not be confirmed, as Bellhop sends it nothing but a few mails with the names of jobs; who
entered it is in the audit log, and `[notices] domains` bounds what may be entered.
"""

from __future__ import annotations

import hashlib
import importlib.util
from typing import NamedTuple

from bellhop.accounts import accounts
from bellhop.base import addresses, program
from bellhop.base.errors import Problem, invalid_field
from bellhop.database.database import database, query
from bellhop.settings.sections import Notices

WANTS = ("nothing", "failures", "every")
NO_MAIL = "Bellhop sends no mail yet: an admin sets [notices] smtp_host in config.ini."
WISH = "SELECT address, wants FROM notice_wish WHERE owner = :owner"
SET_WISH = """
    INSERT INTO notice_wish (owner, address, wants) VALUES (:owner, :address, :wants)
    ON CONFLICT (owner) DO UPDATE SET address = excluded.address, wants = excluded.wants"""


class Wish(NamedTuple):
    """What somebody wants to be told at `address`, one of `WANTS`; '' is no address."""

    address: str = ""
    wants: str = "nothing"


def wish_of(owner: str) -> Wish:
    """What an owner of jobs wants; nothing, while they said nothing."""
    rows = query(WISH, {"owner": owner})
    return Wish(*rows[0]) if rows else Wish()


def set_wish(owner: str, wish: Wish) -> None:
    """In the transaction of who notes it."""
    with database.atomic():
        query(SET_WISH, {"owner": owner, **wish._asdict()})


def checked(
    settings: Notices, address: object, wants: object, *, within: str = "", own: str = ""
) -> Wish:
    """What somebody sent as a wish; raises the problem of one that cannot be met.

    `own` is where they get notices without another address, `within` what their names begin with.
    """
    if wants not in WANTS:
        raise invalid_field(f"{within}wants", f"must be one of {', '.join(WANTS)}")
    if wants != "nothing" and not (address or own):
        raise invalid_field(f"{within}address", "is needed to send notices to")
    given = "" if address is None else address
    wish = Wish(checked_address(settings, given, f"{within}address"), str(wants))
    if wants != "nothing" and not settings.smtp_host:
        raise Problem("invalid-job", NO_MAIL)
    return wish


def of_schedule(settings: Notices, given: object, owner: str) -> Wish | None:
    """What was sent as the notices of a schedule, in the place of its owner's wish; None: that."""
    if given is None:
        return None
    if not isinstance(given, dict) or given.keys() - {*Wish._fields}:
        raise invalid_field("notify", "must be null, or an object with address and wants")
    own = wish_of(owner).address
    return checked(settings, given.get("address"), given.get("wants"), within="notify.", own=own)


def checked_address(settings: Notices, given: object, field: str) -> str:
    """A mail address that a person may enter, '' for none; raises the problem of another."""
    if given == "":
        return ""
    try:
        address = addresses.mail(given if isinstance(given, str) else "")
    except ValueError as allowed:
        raise invalid_field(field, f"must be {allowed}") from None
    if not settings.smtp_host:
        raise Problem("invalid-job", NO_MAIL)
    domain = address.rpartition("@")[2]
    if settings.domains and domain not in settings.domains:
        raise invalid_field(field, f"must be in {' or '.join(settings.domains)}")
    return address


def lacking(settings: Notices) -> list[str]:
    """Why notices that the settings ask for cannot be sent, as far as that is seen without trying.

    Each with what mends it after its last semicolon.
    """
    found, set_it = [], f"in config.ini, then type {program.TYPED} reload"
    if settings.admins and not settings.smtp_host:
        found.append(f"[notices] admins get no mail; set smtp_host {set_it}")
    if settings.smtp_host and "@" not in (settings.smtp_from or settings.smtp_user):
        found.append(f"[notices] has no address to send mail from; set smtp_from {set_it}")
    if settings.apprise and not importlib.util.find_spec("apprise"):
        said = "[notices] apprise needs the extra `notices`, which is not installed"
        found.append(f"{said}; {program.pip_line('notices')}")
    return found


def targets(settings: Notices) -> list[str]:
    """Whom trouble of the installation is told: addresses, and names for the Apprise URLs."""
    named = [f"apprise:{hashlib.sha256(url.encode()).hexdigest()[:12]}" for url in settings.apprise]
    return [*(settings.admins if settings.smtp_host else ()), *named]


def target_of(settings: Notices, owner: str, address: str) -> str | None:
    """Where a notice for `owner` goes now; None where nobody is told any more.

    That is so once the account is disabled, the address was removed, or the settings name it no
    longer.
    """
    if not owner:
        return address if address in targets(settings) else None
    if not settings.smtp_host or accounts.role_of(owner) is None:
        return None
    return address or wish_of(owner).address or None

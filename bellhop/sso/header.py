"""People whom a proxy names in a header of each request: they need no session here.

The server takes the header from the proxies that `[server] trusted_proxy` names and removes it from
everybody else's requests; what is believed comes here under names that no request can have.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from bellhop.accounts import accounts, audit
from bellhop.accounts.access import User
from bellhop.base.units import DAY_S
from bellhop.database.database import fault_of
from bellhop.settings.sections import Sso
from bellhop.sso import admission

# What the server calls them. WSGI writes the names of the headers of a request in capitals.
NAME, GROUPS = "bellhop.name", "bellhop.groups"
BY = "proxy"
# Of a person who comes each day, the log tells so often.
TELL_EVERY_S = DAY_S / 2
UNKNOWN = "an unknown name"
# When this process told of a person last; those who have an account, so not many.
_told: dict[str, float] = {}


def user(sso: Sso, headers: Mapping[str, str], address: str | None) -> User:
    """Whom the proxy names; without an address this only looks, and writes nothing.

    Raises NotAdmitted.
    """
    name = admission.account_name(headers[NAME])
    groups = {part.strip() for part in re.split("[,|]", headers.get(GROUPS, ""))}
    admitted = admission.judged(sso, name, groups)
    role = admitted.role
    if address is not None:
        if not admitted.is_settled:
            role = admission.settle(admitted, BY, address)
        _tell(name, address)
    return User(name, role, role == "admin", "session", is_vouched=True)


def note_refused(headers: Mapping[str, str], address: str, reason: str) -> None:
    """Count in the log that somebody was not let in; it names accounts alone."""
    name = headers[NAME].strip().lower()
    who = name if accounts.exists(name) else UNKNOWN
    audit.note_refused(who, address, f"login by the proxy refused: {reason}")


def _tell(name: str, address: str) -> None:
    """Note a login, twice a day at most: each request is one."""
    now = time.monotonic()
    if now - _told.get(name, -TELL_EVERY_S) < TELL_EVERY_S:
        return
    _told[name] = now
    try:
        audit.note(name, address, audit.LOGIN, "by the proxy")
    except Exception as error:
        if fault_of(error) is None:
            raise  # on a full disk people may still look

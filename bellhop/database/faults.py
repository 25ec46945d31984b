"""What can be wrong with a database, in words that hold for each of them."""

from __future__ import annotations

import re
from enum import Enum

from peewee import OperationalError


class Fault(Enum):
    """Why a statement or a transaction came to nothing, as far as anybody can tell."""

    FULL = "no room is left on its disk"
    BUSY = "somebody else kept it for too long"
    REFUSED = "a row would hold what it must not"
    UNREACHABLE = "it cannot be reached now"
    UNUSABLE = "it cannot be used at all"
    OTHER = "something else"


class InDoubt(OperationalError):
    """A commit that failed as far as its caller knows, and may have been made all the same.

    Made of what the database said, which is `orig` then, and of that as text.
    """

    orig: Exception


# What libpq says while it connects, without a code: the role has another password, or is gone.
LOGIN_REFUSED = re.compile(
    r"password authentication failed|is not permitted to log in|role \".*\" does not exist"
)


def is_login_refused(error: Exception) -> bool:
    """Whether a server says that it knows no such role, or lets it log in no more."""
    return bool(LOGIN_REFUSED.search(str(said_by(error))))


def said_by(error: Exception) -> Exception:
    """What the database itself said, in an error of peewee, which may hold another of its own."""
    orig = getattr(error, "orig", None)
    return said_by(orig) if orig else error

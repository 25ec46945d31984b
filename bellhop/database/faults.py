"""What can be wrong with a database, in words that hold for each of them."""

from __future__ import annotations

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


def said_by(error: Exception) -> Exception:
    """What the database itself said, in an error of peewee, which may hold another of its own."""
    orig = getattr(error, "orig", None)
    return said_by(orig) if orig else error

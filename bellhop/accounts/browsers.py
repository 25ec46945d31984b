"""Browsers that logged in to an account before: nothing that others try keeps them out.

Each is known by the SHA-256 of a cookie that outlives the session; see guessing.py.
"""

from __future__ import annotations

from bellhop.accounts.opaque import hash_of, new_secret
from bellhop.base.addresses import network
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import database, query

# A browser stays known for so long after its last login to the account.
BROWSER_DAYS, MOST_BROWSERS = 365, 20
ADD = """
    INSERT INTO known_browser (hash, account, network, used_at)
    VALUES (:hash, :account, :network, :now)"""
MEET = """
    UPDATE known_browser SET hash = :hash, account = :account, network = :network, used_at = :now
    WHERE id = :id"""
IS_KNOWN_NETWORK = "SELECT 1 FROM known_browser WHERE account = :account AND network = :network"


def begin(secret: str, name: str, address: str) -> str:
    """Know the browser with this secret that logged in; the secret that it sends from now on.

    One that the account does not know gets another: whoever planted it must not be known with it.
    """
    known = known_as(secret, name)
    if known is None:
        secret = new_secret()
    values = {
        "id": known, "hash": hash_of(secret), "account": name, "network": network(address),
        "now": timestamp(),
    }  # fmt: skip
    with database.atomic():
        query(ADD if known is None else MEET, values)
        query(
            f"""DELETE FROM known_browser WHERE account = :account AND id NOT IN (
                SELECT id FROM known_browser WHERE account = :account
                ORDER BY used_at DESC, id DESC LIMIT {MOST_BROWSERS})""",
            {"account": name},
        )
    return secret


def known_as(secret: str, name: str) -> int | None:
    """The number of a browser that this account knows."""
    rows = query(
        """SELECT id FROM known_browser WHERE hash = :hash AND account = :account
        AND used_at > :old""",
        {"hash": hash_of(secret), "account": name, "old": timestamp(-BROWSER_DAYS * DAY_S)},
    )
    return rows[0][0] if rows else None


def is_known_network(name: str, where: str) -> bool:
    """Whether this account logged in from a network before."""
    return bool(query(IS_KNOWN_NETWORK, {"account": name, "network": where}))


def forget(name: str) -> None:
    """Know no browser of this account any more."""
    query("DELETE FROM known_browser WHERE account = :account", {"account": name})


def forget_old() -> None:
    """Forget the browsers of long ago."""
    query(
        "DELETE FROM known_browser WHERE used_at < :old", {"old": timestamp(-BROWSER_DAYS * DAY_S)}
    )

"""How fast passwords can be guessed: wrong tries are counted, and each lets the next one wait.

A stranger's tries are counted for the account together with the network they come from, for the
network, and for the account: nobody locks an account for people elsewhere, and many networks
together still guess slowly. A browser that logged in to the account before is counted alone (OWASP,
Slow Down Online Guessing Attacks with Device Cookies), so nothing that others do keeps it out.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime

from bellhop.base.errors import Problem
from bellhop.base.times import timestamp
from bellhop.database.database import database, query

# How many failures are free: of one account from one network or browser, of a network, which a
# whole office may share, and of an account from everywhere.
FREE_OF_ACCOUNT, FREE_OF_ADDRESS, FREE_OF_ALL = 4, 20, 100
# Each further one doubles the time until the next try, up to these. The last one is short: it also
# slows the owner of the account, where they never logged in from before.
LONGEST_LOCK_S, LONGEST_BRAKE_S = 900, 60
FORGET_FAILURES_S = 3600.0
# So many counters are kept; beyond, the oldest go, each of which took a hash.
MOST_COUNTERS = 20_000


@dataclass(frozen=True)
class Counter:
    """What failures are counted under, how many are free, and the longest wait in seconds."""

    known_as: str
    free: int
    longest_s: int


def counters(name: str, network: str, browser: int | None, *, is_known: bool) -> list[Counter]:
    """What a try counts for: `browser` is the number of a known one of this account.

    `is_known` says that the account logged in from this network before. An unknown name is counted
    as any other; only its hash is kept, as it may be a password in the wrong field.
    """
    if browser is not None:
        return [Counter(f"browser {browser}", FREE_OF_ACCOUNT, LONGEST_LOCK_S)]
    of_name = _of_name(name)
    found = [
        Counter(f"{of_name} from {network}", FREE_OF_ACCOUNT, LONGEST_LOCK_S),
        Counter(f"from {network}", FREE_OF_ADDRESS, LONGEST_LOCK_S),
    ]
    return found if is_known else [*found, Counter(of_name, FREE_OF_ALL, LONGEST_BRAKE_S)]


def of_network(what: str, network: str) -> Counter:
    """What tries of something else than a password count for."""
    return Counter(f"{what} from {network}", FREE_OF_ADDRESS, LONGEST_LOCK_S)


def of_account(what: str, name: str) -> Counter:
    """What tries count for of who has the password of an account already, wherever they are."""
    return Counter(f"{_of_name(name)} {what}", FREE_OF_ACCOUNT, LONGEST_LOCK_S)


def count(counted: list[Counter]) -> None:
    """Count a failure before the try is made, so that many at the same time are many.

    Raises the problem of a try that comes too early; it counts for nothing.
    """
    with database.atomic():
        for counter in counted:
            _count(counter)


def take_back(counted: list[Counter], *, is_right: bool) -> None:
    """Count no failure for a try that was right, or that was not made.

    A right one also clears the first of the counters, which concerns nobody else.
    """
    with database.atomic():
        for number, counter in enumerate(counted):
            values = {"known_as": counter.known_as}
            if is_right and number == 0:
                query("DELETE FROM login_failure WHERE known_as = :known_as", values)
            else:
                query(
                    """UPDATE login_failure SET count = count - 1, not_before = :now
                    WHERE known_as = :known_as""",
                    {**values, "now": timestamp()},
                )


def forget(name: str) -> None:
    """Forget the failures of an account, from everywhere."""
    of_name = counters(name, "", None, is_known=False)[-1].known_as
    query(
        "DELETE FROM login_failure WHERE known_as = :known_as OR known_as LIKE :known_as || ' %'",
        {"known_as": of_name},
    )


def forget_old() -> None:
    """Forget failures of long ago."""
    query("DELETE FROM login_failure WHERE at < :old", {"old": timestamp(-FORGET_FAILURES_S)})


def _of_name(name: str) -> str:
    return f"as {hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _count(counter: Counter) -> None:
    now = timestamp()
    values = {"known_as": counter.known_as, "now": now}
    find = "SELECT count, at, not_before FROM login_failure WHERE known_as = :known_as"
    found = query(find, values)
    failures, at, not_before = found[0] if found else (0, now, now)
    if not timestamp(-FORGET_FAILURES_S) <= at <= now:  # of long ago, or the clock was set back
        failures, not_before = 0, now
    if now < not_before <= timestamp(counter.longest_s):
        wait_s = datetime.fromisoformat(not_before) - datetime.fromisoformat(now)
        said = f"Too many failed tries; try again after {not_before[11:19]}Z."
        retry_after_s = math.ceil(wait_s.total_seconds())
        raise Problem("too-many-requests", said, retry_after_s=retry_after_s)
    over = failures + 1 - counter.free
    lock_s = min(counter.longest_s, 2 ** min(over, 30)) if over > 0 else 0
    query(
        """INSERT INTO login_failure (known_as, count, at, not_before)
        VALUES (:known_as, :count, :now, :not_before)
        ON CONFLICT (known_as) DO UPDATE
            SET count = excluded.count, at = excluded.at, not_before = excluded.not_before""",
        {**values, "count": failures + 1, "not_before": timestamp(lock_s)},
    )
    if not found:
        query(
            f"""DELETE FROM login_failure WHERE at <= (SELECT at FROM login_failure
            ORDER BY at DESC LIMIT 1 OFFSET {MOST_COUNTERS})"""
        )

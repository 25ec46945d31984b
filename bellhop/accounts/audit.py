"""Who did what, and when: rows that nothing of Bellhop changes, and the database keeps for a year.

A note is written in the transaction of what it tells, so neither is there without the other. What
strangers can do is counted, and told of together, so that nobody without a login fills the disk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from bellhop.base.addresses import network
from bellhop.base.texts import shown
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import certain, database, query
from bellhop.storage.presence import UNGUARDED, Guard, Unavailable

KEPT_S = 366 * DAY_S
MOST_TARGET = 300
# Refusals that are alike are counted together for so long, and so many kinds of them apart.
COUNTED_S = 3600.0
MOST_KINDS = 50
LOGIN = "login"
ELSEWHERE = "several networks"


Note = dict[str, Any]


@contextlib.contextmanager
def noted(
    who: str, address: str, action: str, target: object = "", guard: Guard = UNGUARDED
) -> Iterator[None]:
    """A transaction with a note of what is done in it; what raises was not done.

    But for InDoubt, which says that nobody can tell: a commit whose answer was lost is looked for.
    Raises Unavailable, at the end, where `guard` does not hold.
    """
    written: list[Note] = []
    with certain(lambda: is_kept(written)), database.atomic():
        yield
        written.append(note(who, address, action, target, guard))


def note(
    who: str, address: str, action: str, target: object = "", guard: Guard = UNGUARDED
) -> Note:
    """Note something, also what has no transaction of its own, such as a login that failed."""
    values = {
        "at": timestamp(),
        "who": who,
        "address": address,
        "action": action,
        "target": shown(str(target)[:MOST_TARGET]),
    }
    found = query(
        f"""INSERT INTO audit (at, who, address, action, target)
        SELECT :at, :who, :address, :action, :target WHERE {guard.sql} RETURNING id""",
        {**values, **guard.values},
    )
    if not found:
        raise Unavailable(guard.refusal)
    return {"id": found[0][0], **values}


def is_kept(written: Sequence[Note]) -> bool:
    """Whether the last of these notes is there, and so all that its transaction did."""
    found = query(
        """SELECT 1 FROM audit WHERE id = :id AND at = :at AND who = :who
        AND action = :action AND target = :target""",
        written[-1],
    )
    return bool(found)


def note_refused(who: str, address: str, action: str) -> None:
    """Count a refusal, and note the first, the tenth, the hundredth of those alike.

    Alike are those of one name or account from one network within an hour. Where there are too many
    networks, those of the others are alike; the end of the hour notes how many there were.
    """
    with database.atomic():
        _end_counts()
        values = {"who": who, "network": network(address), "action": action, "now": timestamp()}
        alike = "SELECT 1 FROM refusal WHERE who = :who AND network = :network AND action = :action"
        if not query(alike, values) and query("SELECT count(*) FROM refusal")[0][0] >= MOST_KINDS:
            values["network"] = ELSEWHERE
        ((count, since),) = query(
            """INSERT INTO refusal (who, network, action, since, count)
            VALUES (:who, :network, :action, :now, 1)
            ON CONFLICT (who, network, action) DO UPDATE SET count = refusal.count + 1
            RETURNING count, since""",
            values,
        )
        if count == 1:
            note(who, address, action)
        elif _is_noted(count):
            note(who, values["network"], _counted(action, count, since))


def notes(*, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Notes, newest first, of those with a number below `before`."""
    names = ("id", "at", "who", "address", "action", "target")
    chosen = "" if before is None else "WHERE id < :before"
    rows = query(
        f"SELECT {', '.join(names)} FROM audit {chosen} ORDER BY id DESC LIMIT :most",
        {"before": before, "most": limit},
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def last_logins() -> dict[str, str]:
    """When each account logged in last, as far as the log goes back."""
    return dict(
        query("SELECT who, max(at) FROM audit WHERE action = :login GROUP BY who", {"login": LOGIN})
    )


def forget_old() -> None:
    """Forget what is older than a year; the database refuses to forget more."""
    with database.atomic():
        query("DELETE FROM audit WHERE at < :old", {"old": timestamp(-KEPT_S)})
        _end_counts()


def _end_counts() -> None:
    """Note how many refusals there were within the hours that are over."""
    over = query(
        """DELETE FROM refusal WHERE since NOT BETWEEN :old AND :now
        RETURNING who, network, action, count, since""",
        {"old": timestamp(-COUNTED_S), "now": timestamp()},
    )
    for who, where, action, count, since in over:
        if not _is_noted(count):
            note(who, where, _counted(action, count, since))


def _is_noted(count: int) -> bool:
    """Whether this is 1, 10, 100…"""
    return str(count).rstrip("0") == "1"


def _counted(action: str, count: int, since: str) -> str:
    return f"{action} ({count} since {since[:19]}Z)"

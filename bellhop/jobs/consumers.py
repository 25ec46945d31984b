"""What consumers record about themselves; whether one lives is asked of its lock instead.

Of one that runs elsewhere nobody can ask the lock: it beats (consumer/lease.py).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bellhop.base.times import timestamp
from bellhop.database.database import database, query
from bellhop.machines import members
from bellhop.storage.installation import Installation

# Who was removed, or whose place another has, is no member any more, whatever it runs. As long as
# there is no other machine, nobody else adopts, and a lease holds for ever.
BEAT = f"""
    UPDATE consumer SET beat = max(beat + 1, clock_ms()),
        lease_s = CASE WHEN {members.ARE_SEVERAL} THEN :lease_s END
    WHERE id = :consumer AND (:machine = '' OR {members.IS_THERE})
    RETURNING draining, lease_s,
        (SELECT json_group_array(all_of_them.id || '/' || all_of_them.beat)
        FROM consumer AS all_of_them)"""
log = logging.getLogger("bellhop.consumers")
Ask = Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]


class Beat(NamedTuple):
    """A beat that was made: whether its consumer drains, and for how many seconds it holds.

    None: for ever. `others` are the last beats of all consumers, by their ids.
    """

    is_draining: bool
    holds_s: float | None
    others: dict[str, str]


def register(
    consumer: str,
    pid: int,
    queues: Sequence[str],
    machine: str = "",
    place: str = "",
    *,
    lease_s: float = 60,
    is_draining: bool = False,
) -> None:
    """Record a consumer that holds its lock already; again, where nobody knew if it was done.

    It promises to end what it runs before a beat is `lease_s` old.
    """
    with database.atomic():
        query(
            """INSERT INTO consumer
            (id, pid, started_at, queues, machine, place, lease_s, draining)
            VALUES (:id, :pid, :now, :queues, :machine, :place, :lease_s, :is_draining)
            ON CONFLICT (id) DO NOTHING""",
            {
                "id": consumer, "pid": pid, "now": timestamp(), "queues": json.dumps(queues),
                "machine": machine, "place": place, "lease_s": lease_s, "is_draining": is_draining,
            },
        )  # fmt: skip


def beat(ask: Ask, consumer: str, here: Installation, lease_s: float) -> Beat | None:
    """Show other machines that a consumer of this one lives, with `ask` of `at_once`.

    It holds for `lease_s` at most. None when its row is gone, or this machine is no member any
    more.
    """
    found = ask(BEAT, {"consumer": consumer, "lease_s": lease_s, **members.known_as(here)})
    for is_draining, holds_s, others in found:
        beats = (str(each).rpartition("/") for each in json.loads(others))
        return Beat(bool(is_draining), holds_s, {of: beat for of, _, beat in beats})
    return None


def drain(machine: str) -> list[str]:
    """Let each consumer of a machine take no more items; one started later does again. Their ids.

    `machine` is empty where there are none.
    """
    with database.atomic():
        drained = query(
            "UPDATE consumer SET draining = 1 WHERE machine = :machine RETURNING id",
            {"machine": machine},
        )
    log.info("draining: the current consumers take no more items")
    return [consumer for (consumer,) in drained]


def report_stop(consumer: str) -> None:
    """Record that a consumer stops: if it is killed meanwhile, that counts against no item."""
    with database.fleeting():
        query("UPDATE consumer SET draining = 1 WHERE id = :id", {"id": consumer})


def report_figures(consumer: str, told: str) -> None:
    """Record what the running items of a consumer take, for somebody who looks from elsewhere."""
    with database.fleeting():
        query("UPDATE consumer SET told = :told WHERE id = :id", {"id": consumer, "told": told})


def report_bell(consumer: str, trouble: str | None) -> None:
    """Record what is wrong with a consumer's bell, None when it works."""
    values = {"id": consumer, "trouble": trouble}
    if query(
        "SELECT 1 FROM consumer WHERE id = :id AND coalesce(bell, '') != coalesce(:trouble, '')",
        values,
    ):
        with database.fleeting():
            query("UPDATE consumer SET bell = :trouble WHERE id = :id", values)

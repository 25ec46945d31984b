"""What an installation remembers beside its jobs: consumers and switches of queues.

Written by consumers about themselves, and by people who pause a queue or change its workers.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.storage.database import database, query
from bellhop.storage.models import HELD_BY

MOST_GONE = 200_000
log = logging.getLogger("bellhop.registry")


def register(consumer: str, pid: int, queues: Sequence[str]) -> None:
    """Record a consumer that holds its lock already."""
    with database.atomic():
        query(
            "INSERT INTO consumer (id, pid, started_at, queues) VALUES (:id, :pid, :now, :queues)",
            {"id": consumer, "pid": pid, "now": timestamp(), "queues": json.dumps(queues)},
        )


def unregister(consumer: str) -> bool:
    """Forget a consumer that stops; False when it still holds an item, which is adopted later."""
    free = f"NOT EXISTS (SELECT 1 FROM item WHERE {HELD_BY})"
    sql = f"DELETE FROM consumer WHERE id = :consumer AND {free} RETURNING id"
    with database.atomic():
        return bool(query(sql, {"consumer": consumer}))


def drain() -> None:
    """Let every consumer of this moment take no more items; one started later does again."""
    with database.atomic():
        query("UPDATE consumer SET draining = 1")
    log.info("draining: no consumer of this moment takes more items")


def report_bell(consumer: str, trouble: str | None) -> None:
    """Record what is wrong with a consumer's bell, None when it works."""
    values = {"id": consumer, "trouble": trouble}
    if query("SELECT 1 FROM consumer WHERE id = :id AND bell IS NOT :trouble", values):
        with database.atomic():
            query("UPDATE consumer SET bell = :trouble WHERE id = :id", values)


def pause(queue: str, *, is_paused: bool) -> None:
    """Let no item of a queue start, or let them start again; what runs, runs on."""
    with database.atomic():
        query(
            "INSERT INTO queue (name, is_paused) VALUES (:name, :paused)"
            " ON CONFLICT DO UPDATE SET is_paused = :paused",
            {"name": queue, "paused": is_paused},
        )
    log.info("queue=%s %s", queue, "paused" if is_paused else "resumed")


def set_workers(queue: str, workers: int | None) -> None:
    """Let each consumer that serves a queue do so with `workers`; None is as it was started."""
    with database.atomic():
        query(
            "INSERT INTO queue (name, workers) VALUES (:name, :workers)"
            " ON CONFLICT DO UPDATE SET workers = :workers",
            {"name": queue, "workers": workers},
        )
    log.info("queue=%s workers=%s", queue, workers)


def paused() -> set[str]:
    """The queues that are paused."""
    return {name for (name,) in query("SELECT name FROM queue WHERE is_paused")}


def workers_set() -> dict[str, int]:
    """The queues whose workers were changed while Bellhop runs."""
    return dict(query("SELECT name, workers FROM queue WHERE workers IS NOT NULL"))


def forget_old() -> None:
    """Forget keys of submissions after a day, and of deleted jobs all but the last."""
    with database.atomic():
        query("DELETE FROM idempotency WHERE created_at < :day_ago", {"day_ago": timestamp(-DAY_S)})
        query(
            """DELETE FROM gone WHERE change <= (
                SELECT change FROM gone ORDER BY change DESC LIMIT 1 OFFSET :most)""",
            {"most": MOST_GONE},
        )

"""The switches of queues: people pause one, or change how many workers serve it, while it runs."""

from __future__ import annotations

import logging
from typing import NamedTuple

from bellhop.base.times import timestamp
from bellhop.database.database import database, query

log = logging.getLogger("bellhop.queues")


class Pause(NamedTuple):
    """Who paused something and when; of a pause from before this was recorded, neither is known."""

    by: str | None
    at: str | None


def pause(queue: str, by: str) -> None:
    """Let no item of a queue start. Running items continue, and a second pause changes nothing."""
    with database.atomic():
        query(
            """INSERT INTO queue (name, is_paused, paused_by, paused_at)
            VALUES (:name, 1, :by, :now) ON CONFLICT (name) DO UPDATE
            SET is_paused = 1, paused_by = excluded.paused_by, paused_at = excluded.paused_at
            WHERE queue.is_paused = 0""",
            {"name": queue, "by": by, "now": timestamp()},
        )
    log.info("queue=%s paused", queue)


def resume(queue: str) -> None:
    """Let the items of a queue start again."""
    with database.atomic():
        query(
            """UPDATE queue SET is_paused = 0, paused_by = NULL, paused_at = NULL
            WHERE name = :name""",
            {"name": queue},
        )
    log.info("queue=%s resumed", queue)


def set_workers(queue: str, workers: int | None) -> None:
    """Let each consumer that serves a queue do so with `workers`; None is as it was started."""
    with database.atomic():
        query(
            "INSERT INTO queue (name, workers) VALUES (:name, :workers)"
            " ON CONFLICT (name) DO UPDATE SET workers = :workers",
            {"name": queue, "workers": workers},
        )
    log.info("queue=%s workers=%s", queue, workers)


def paused() -> dict[str, Pause]:
    """The queues that are paused."""
    rows = query("SELECT name, paused_by, paused_at FROM queue WHERE is_paused = 1")
    return {name: Pause(by, at) for name, by, at in rows}


def workers_set() -> dict[str, int]:
    """The queues whose workers were changed while Bellhop runs."""
    return dict(query("SELECT name, workers FROM queue WHERE workers IS NOT NULL"))

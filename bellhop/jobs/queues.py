"""The switches of queues: people pause one, or change how many workers serve it, while it runs."""

from __future__ import annotations

import logging

from bellhop.database.database import database, query

log = logging.getLogger("bellhop.queues")


def pause(queue: str, *, is_paused: bool) -> None:
    """Let no item of a queue start, or let them start again. Running items continue."""
    with database.atomic():
        query(
            "INSERT INTO queue (name, is_paused) VALUES (:name, :paused)"
            " ON CONFLICT (name) DO UPDATE SET is_paused = :paused",
            {"name": queue, "paused": is_paused},
        )
    log.info("queue=%s %s", queue, "paused" if is_paused else "resumed")


def set_workers(queue: str, workers: int | None) -> None:
    """Let each consumer that serves a queue do so with `workers`; None is as it was started."""
    with database.atomic():
        query(
            "INSERT INTO queue (name, workers) VALUES (:name, :workers)"
            " ON CONFLICT (name) DO UPDATE SET workers = :workers",
            {"name": queue, "workers": workers},
        )
    log.info("queue=%s workers=%s", queue, workers)


def paused() -> set[str]:
    """The queues that are paused."""
    return {name for (name,) in query("SELECT name FROM queue WHERE is_paused = 1")}


def workers_set() -> dict[str, int]:
    """The queues whose workers were changed while Bellhop runs."""
    return dict(query("SELECT name, workers FROM queue WHERE workers IS NOT NULL"))

"""Counts: of the jobs of an owner, by type, and of each queue."""

from __future__ import annotations

from typing import Any

from bellhop.accounts.access import User, readable
from bellhop.database.database import query


def unfinished_jobs(owner: str, most: int) -> int:
    """How many jobs of an owner are not final, at most `most`."""
    sql = "SELECT 1 FROM job WHERE owner = :owner AND completed_at IS NULL LIMIT :most"
    return len(query(sql, {"owner": owner, "most": most}))


def stored_bytes(owner: str) -> int:
    """What the jobs of an owner hold: uploads, output files, and their rows in the database."""
    sql = "SELECT coalesce(sum(bytes), 0) FROM storage_use WHERE owner = :owner"
    return int(query(sql, {"owner": owner})[0][0])


def counts_by_type(viewer: User) -> list[tuple[str, str, int]]:
    """(type, status, how many jobs)."""
    sql = f"""SELECT type, status, count(*) FROM job
        WHERE delivery_of IS NULL AND {readable(viewer)}
        GROUP BY type, status ORDER BY type, status"""
    return query(sql, {"viewer": viewer.name})


def queue_states() -> dict[str, dict[str, Any]]:
    """Of each queue with unfinished or failed items: depth, oldest waiting, running, failed.

    A worker runs one item; what it holds beside that waits.
    """
    states: dict[str, dict[str, Any]] = {}
    blank = {"queued": 0, "pending": 0, "running": 0, "failed": 0, "oldest": None}
    for status in ("queued", "pending", "running"):
        sql = f"""SELECT queue, count(*), count(DISTINCT worker) FROM item
            WHERE status = '{status}' AND coalesce(waits_for, '') != 'step' GROUP BY queue"""
        for queue, count, workers in query(sql):
            state = states.setdefault(queue, dict(blank))
            state[status] = workers if status == "running" else count
            state["queued"] += count - workers if status == "running" else 0
    sql = """SELECT item.queue, count(*) FROM job JOIN item ON item.job = job.id
        WHERE job.status = 'failed' AND item.status = 'failed' GROUP BY item.queue"""
    for queue, count in query(sql):
        states.setdefault(queue, dict(blank))["failed"] = count
    for queue, state in states.items():
        sql = """SELECT job.created_at FROM item JOIN job ON job.id = item.job
            WHERE item.id = (SELECT min(id) FROM item WHERE queue = :queue AND status = 'queued')"""
        rows = query(sql, {"queue": queue}) if state["queued"] else []
        state["oldest"] = rows[0][0] if rows else None
    return states

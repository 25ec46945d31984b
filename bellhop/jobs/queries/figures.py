"""Counts: of the jobs of an owner, by type, and of each queue."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from bellhop.accounts.access import User, owned, readable
from bellhop.base.times import seconds_since, timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import named, query

# How far back the page of the accounts counts what each submitted.
RECENT_DAYS = 30
# The flow of the queues is that of the last minute, or of its last events if those are too many.
FLOW_S = 60.0
FLOW_EVENTS = (1000, 4000, 16_000)
# Of items: what waits for its next try, for another item or again has neither come nor gone.
CAME = """CASE WHEN move = 'retried' OR (move = 'released' AND event.attempt = 0) THEN 1
    WHEN move = 'deferred' THEN -1 ELSE 0 END"""
LEFT = """CASE WHEN move IN ('completed', 'failed', 'cancelled', 'given_up', 'reused')
    THEN 1 ELSE 0 END"""
FLOW = f"""
    SELECT item.queue, CAST(sum({CAME}) AS BIGINT), CAST(sum({LEFT}) AS BIGINT)
    FROM event CROSS JOIN item
        ON item.job = event.job AND item."index" = event.item AND item.step = event.step
    WHERE event.id > :after AND event.at >= :since GROUP BY item.queue
    UNION ALL
    SELECT job.queue, CAST(sum(total_items) AS BIGINT), 0
    FROM event CROSS JOIN job ON job.id = event.job
    WHERE event.id > :after AND event.at >= :since AND move = 'submitted'
        AND run_at IS NULL AND depends_on = '[]'
    GROUP BY job.queue"""
# What is queued waits for no step: its index alone tells how many.
STATES = """
    SELECT queue, 'queued', count(*), CAST(NULL AS BIGINT) FROM item
    WHERE status = 'queued' GROUP BY queue
    UNION ALL
    SELECT queue, 'pending', count(*), CAST(NULL AS BIGINT) FROM item
    WHERE status = 'pending' AND coalesce(waits_for, '') != 'step' GROUP BY queue
    UNION ALL
    SELECT queue, 'running', count(*), count(DISTINCT worker) FROM item
    WHERE status = 'running' GROUP BY queue"""
# Where a machine with 0.1.0 queues an item again, `queued_at` stays as it was.
WAITS_SINCE = """
    SELECT min(max(coalesce(queued_at, job.created_at),
        max(coalesce(job.run_at, ''), coalesce(item.started_at, ''))))
    FROM item JOIN job ON job.id = item.job WHERE item.id IN (
        SELECT id FROM item INDEXED BY item_due WHERE queue = :queue AND status = 'queued'
        ORDER BY id LIMIT 1000)"""
EVENT_AFTER = "SELECT at FROM event WHERE id > :after ORDER BY id LIMIT 1"


def unfinished_jobs(owner: str, most: int) -> int:
    """How many jobs of an owner are not final, at most `most`."""
    sql = "SELECT 1 FROM job WHERE owner = :owner AND completed_at IS NULL LIMIT :most"
    return len(query(sql, {"owner": owner, "most": most}))


def stored_bytes(owner: str) -> int:
    """What the jobs of an owner hold: uploads, output files, and their rows in the database."""
    sql = "SELECT coalesce(sum(bytes), 0) FROM storage_use WHERE owner = :owner"
    return int(query(sql, {"owner": owner})[0][0])


def held_by_owners() -> dict[str, tuple[int, int]]:
    """(how many jobs, the bytes of all that they and uploads hold) of each owner of any."""
    sql = """SELECT owner, CAST(sum(jobs) AS BIGINT), CAST(sum(bytes) AS BIGINT) FROM (
            SELECT owner, count(*) AS jobs, 0 AS bytes FROM job WHERE delivery_of IS NULL
                GROUP BY owner
            UNION ALL SELECT owner, 0, bytes FROM storage_use) AS held GROUP BY owner"""
    return {owner: (jobs, held) for owner, jobs, held in query(sql)}


def recent_by_owners() -> dict[str, tuple[int, int]]:
    """(how many jobs of the last 30 days are there, the bytes that these hold) of each owner."""
    sql = """SELECT owner, count(*), CAST(sum(bytes) AS BIGINT) FROM job
        WHERE created_at > :since AND delivery_of IS NULL GROUP BY owner"""
    since = timestamp(-RECENT_DAYS * DAY_S)
    return {owner: (jobs, held) for owner, jobs, held in query(sql, {"since": since})}


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
    for queue, status, count, workers in query(STATES):
        state = states.setdefault(queue, dict(blank))
        state[status] += count if workers is None else workers
        state["queued"] += 0 if workers is None else count - workers
    sql = """SELECT item.queue, count(*) FROM job JOIN item ON item.job = job.id
        WHERE job.status = 'failed' AND item.status = 'failed' GROUP BY item.queue"""
    for queue, count in query(sql):
        states.setdefault(queue, dict(blank))["failed"] = count
    for queue, state in states.items():
        state["oldest"] = waits_since(queue) if state["queued"] else None
    return states


def waits_since(queue: str) -> str | None:
    """Since when the item of a queue may run that waits longest for a worker; None without any.

    One that was retried waits since then. Of very many, those that were submitted first are looked
    at, of which the oldest is one, unless more others were retried.
    """
    return str(found) if (found := query(WAITS_SINCE, {"queue": queue})[0][0]) else None


def busy_workers() -> dict[str, Counter[str]]:
    """How many workers of each queue run an item, by machine; the one machine of SQLite is ""."""
    busy: dict[str, Counter[str]] = defaultdict(Counter)
    rows = query(
        """SELECT machine, queue, count(DISTINCT worker) FROM consumer
        JOIN item ON status = 'running'
        AND worker > consumer.id || '/' AND worker < consumer.id || '0'
        GROUP BY machine, queue"""
    )
    for machine, queue, count in rows:
        busy[machine][queue] = count
    return busy


def types_waiting(queue: str, most: int) -> dict[str, int]:
    """How many of the first items that wait in a queue, `most` at most, are of each type."""
    sql = """SELECT type, count(*) FROM (SELECT type FROM item
            WHERE queue = :queue AND status = 'queued'
            ORDER BY priority DESC, turn, id LIMIT :most) AS first
        GROUP BY type"""
    return dict(query(sql, {"queue": queue, "most": most}))


def flow() -> dict[str, tuple[float, float]]:
    """How many items per minute came to each queue and left it, of late."""
    ((last,),) = query("SELECT coalesce(max(id), 0) FROM event")
    since, counted_s, after = timestamp(-FLOW_S), FLOW_S, last
    for count in FLOW_EVENTS:
        after = last - count
        found = query(EVENT_AFTER, {"after": after})
        if after <= 0 or not found or found[0][0] < since:
            break
    else:
        counted_s = min(FLOW_S, max(1.0, seconds_since(found[0][0]) or FLOW_S))
    per_minute = 60 / counted_s
    flows: dict[str, tuple[float, float]] = {}
    for queue, came, left in query(FLOW, {"after": after, "since": since}):
        before = flows.get(queue, (0.0, 0.0))
        flows[queue] = before[0] + came * per_minute, before[1] + left * per_minute
    return flows


def schedule_runs(viewer: User, most: int) -> dict[int, list[dict[str, Any]]]:
    """The latest jobs of each schedule that the viewer may read, newest first."""
    sql = f"""SELECT job.schedule, job_id, status, created_at, completed_items, failed_items,
            total_items
        FROM (SELECT id, (SELECT min(id) FROM (SELECT id FROM job AS latest
                WHERE latest.schedule = schedule.id ORDER BY id DESC LIMIT :most) AS last) AS first
            FROM schedule WHERE {owned(viewer)}) AS start
        JOIN job ON job.schedule = start.id AND job.id >= start.first ORDER BY job.id DESC"""
    runs: dict[int, list[dict[str, Any]]] = {}
    for row in named(sql, {"viewer": viewer.name, "most": most}):
        runs.setdefault(row.pop("schedule"), []).append(row)
    return runs

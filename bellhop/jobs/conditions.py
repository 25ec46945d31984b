"""Conditions in SQL that stand in more than one statement; each says what it needs to be given."""

from __future__ import annotations

from bellhop.storage.models import FINAL

# Of `job` or `item`, by their own `status`.
IS_UNFINISHED = f"status NOT IN {FINAL}"
IS_FINAL = f"status IN {FINAL}"
# Of `job`, by each status that a list of jobs can ask for beside those that are stored.
OTHER_STATUSES = {"partly_failed": "status = 'failed' AND completed_items > 0"}
# Whether items of :queue may start.
QUEUE_IS_OPEN = "NOT EXISTS (SELECT 1 FROM queue WHERE name = :queue AND is_paused = 1)"
# The types of the items that may run in :queue: each is one look into an index.
TYPES_IN_LINE = """WITH RECURSIVE in_line (type) AS (
        SELECT min(type) FROM item WHERE queue = :queue AND status = 'queued' UNION ALL
        SELECT (SELECT min(type) FROM item
            WHERE queue = :queue AND status = 'queued' AND type > in_line.type)
        FROM in_line WHERE in_line.type IS NOT NULL)"""
# Whether :consumer takes items: it does not drain, and nobody has adopted what it held.
CONSUMER_TAKES_ITEMS = "EXISTS (SELECT 1 FROM consumer WHERE id = :consumer AND draining = 0)"
# Of an item: it waits, and no earlier step blocks it.
IS_WAITING = "status IN ('pending', 'queued') AND coalesce(waits_for, '') != 'step'"
# Of an item: it ran, and waits for the time of its next attempt.
WAITS_FOR_RETRY = """status = 'pending' AND not_before IS NOT NULL AND attempt > 0
    AND waits_for IS NULL"""
# Of a `dependency`, with the job it needs joined as `needed`: that job ended otherwise, or is gone.
IS_HOPELESS = """is_met = 0
    AND (needed.id IS NULL OR needed.status IN ('failed', 'cancelled'))"""

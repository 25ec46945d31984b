"""How many jobs of a list have each value that one can filter it by.

The counts of a filter are over all filters but itself: a value has as many jobs as the list would
show if one chose it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bellhop.accounts.access import User, owned, readable
from bellhop.database.database import query
from bellhop.jobs.conditions import OTHER_STATUSES
from bellhop.jobs.queries.find_jobs import HAS_TEXT, JobFilter, of_statuses

MOST_VALUES = 50
OF_JOB = ("status", "type", "owner", "queue", "schedule")
FACETS = (*OF_JOB, "code")
PARTLY = "partly_failed"
# Jobs have few combinations of these values: sums of those are quicker than a walk for each facet.
JOBS = f"""
    SELECT 'job' AS facet, status, type, owner, queue, schedule,
        CASE WHEN {OTHER_STATUSES[PARTLY]} THEN 1 ELSE 0 END AS is_partly, count(*)
    FROM job WHERE {{}} GROUP BY status, type, owner, queue, schedule, is_partly"""
FAILED = """
    SELECT '{facet}', {facet}, '', '', '', NULL, 0, count(DISTINCT job) FROM item
    WHERE code IS NOT NULL AND {of_item}
        EXISTS (SELECT 1 FROM job WHERE job.id = item.job AND {of_job}) GROUP BY {facet}"""
NAMES = """
    SELECT id, name FROM schedule
    WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids)) AND """


def facets(viewer: User, wanted: JobFilter) -> tuple[int, dict[str, list[tuple[Any, int]]]]:
    """How many jobs match, of those that the viewer may read; (value, how many) of each facet.

    The most frequent first, at most `MOST_VALUES`. A job that failed in part counts for both of its
    statuses, and a job for each code that an item of it failed with.
    """
    matching = 0
    counts: dict[str, Counter[Any]] = {name: Counter() for name in FACETS}
    for facet, *values, is_partly, count in _rows(viewer, wanted):
        if facet != "job":
            counts[facet][values[0]] = count
            continue
        has = dict(zip(OF_JOB, values, strict=True))
        if wanted.code:
            del has["type"]  # then it is that of the item
        missed = [name for name in has if not _is_wanted(wanted, name, has[name], is_partly)]
        matching += 0 if missed else count
        for name in (missed or has) if len(missed) <= 1 else ():
            counts[name][has[name]] += count
            if name == "status" and is_partly:
                counts[name][PARTLY] += count
    return matching, {name: _most(found) for name, found in counts.items()}


def schedule_names(viewer: User, ids: Iterable[int]) -> dict[int, str]:
    """The names of those of these schedules that are there and that the viewer may read."""
    return dict(query(NAMES + owned(viewer), {"ids": json.dumps([*ids]), "viewer": viewer.name}))


def _is_wanted(wanted: JobFilter, name: str, value: Any, is_partly: int) -> bool:
    if name != "status":
        return getattr(wanted, name) in (None, value)
    statuses = wanted.statuses
    return not statuses or value in statuses or (bool(is_partly) and PARTLY in statuses)


def _most(counts: Counter[Any]) -> list[tuple[Any, int]]:
    """The most frequent values; a job without a schedule has none."""
    found = [pair for pair in counts.items() if pair[0] is not None]
    return sorted(found, key=lambda pair: (-pair[1], str(pair[0])))[:MOST_VALUES]


def _rows(viewer: User, wanted: JobFilter) -> list[tuple[Any, ...]]:
    """(facet, value, further values of a job, whether it failed in part, how many)."""
    everywhere = [readable(viewer), *([HAS_TEXT] if wanted.text else [])]
    every = replace(wanted, queue=None, owner=None, schedule=None)
    every = every if wanted.code else replace(every, type=None)
    parts = [JOBS.format(" AND ".join([*every.conditions(), *everywhere]))]
    of_job = " AND ".join([*wanted.of_job(), *of_statuses(wanted.statuses), *everywhere])
    others = {"code": replace(wanted, code=None, reason=None)}
    others |= {"type": replace(wanted, type=None)} if wanted.code else {}
    for facet, other in others.items():
        of_item = "".join(f"{sql} AND " for sql in other.of_item())
        parts.append(FAILED.format(facet=facet, of_item=of_item, of_job=of_job))
    return query(" UNION ALL ".join(parts), {**wanted.values(), "viewer": viewer.name})

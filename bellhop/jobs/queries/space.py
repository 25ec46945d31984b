"""What takes the room that jobs take: by type and owner, the largest, and what goes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bellhop.accounts.access import User, owned
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import named, query

# What has ended, and is deleted once it is old enough.
AGES = "completed_at IS NOT NULL AND keep = 0 AND completed_at > '1'"


@dataclass
class Held:
    """Jobs of one type and owner: how many there are beside deliveries, and the bytes of all."""

    type: str
    owner: str
    jobs: int
    bytes: int
    oldest_at: str
    kept_bytes: int = 0


def held(viewer: User) -> list[Held]:
    """Of the jobs of the viewer, or of everybody for who reads all; the largest first."""
    sql = f"""SELECT type, owner,
            CAST(sum(CASE WHEN delivery_of IS NULL THEN 1 ELSE 0 END) AS BIGINT),
            CAST(sum(bytes) AS BIGINT), CAST(min(created_at) AS TEXT),
            CAST(sum(CASE WHEN keep = 1 THEN bytes ELSE 0 END) AS BIGINT)
        FROM job WHERE {owned(viewer)} GROUP BY type, owner ORDER BY 4 DESC, type, owner"""
    return [Held(*row) for row in query(sql, {"viewer": viewer.name})]


def largest(viewer: User, most: int) -> list[dict[str, Any]]:
    """The jobs that hold most, of those that `held` counts."""
    sql = f"""SELECT job_id, name, type, owner, status, CAST(bytes AS BIGINT) AS bytes,
            created_at, completed_at, keep
        FROM job WHERE bytes > 0 AND delivery_of IS NULL AND {owned(viewer)}
        ORDER BY bytes DESC, id LIMIT :most"""
    found = named(sql, {"viewer": viewer.name, "most": most})
    return [{**row, "keep": bool(row["keep"])} for row in found]


def going(
    viewer: User, type_name: str, *, lifetime_days: float, within_days: float
) -> tuple[str | None, int, int]:
    """When the next job of a type is old enough to be deleted, from now on; how many are within
    some days, and their bytes.

    The first is the end of that job, to which its days have to be added; None without any.
    """
    of_type = f"type = :type AND {AGES} AND {owned(viewer)}"
    sql = f"""SELECT (SELECT CAST(min(completed_at) AS TEXT) FROM job WHERE {of_type}), count(*),
            CAST(coalesce(sum(bytes), 0) AS BIGINT)
        FROM job WHERE {of_type} AND completed_at < :ended"""
    ended = timestamp((within_days - lifetime_days) * DAY_S)
    ((first, jobs, size),) = query(sql, {"type": type_name, "viewer": viewer.name, "ended": ended})
    return first, jobs, size


def arriving() -> tuple[int, int]:
    """(how many uploads have arrived in part, or are a schedule's; the bytes that are there)."""
    sql = "SELECT count(*), CAST(coalesce(sum(stored_bytes), 0) AS BIGINT) FROM upload"
    ((count, size),) = query(sql)
    return count, size

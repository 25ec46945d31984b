"""The cache: results of completed items, known by everything they depend on.

An entry points at the newest item that has the result, and goes when that item goes. The
lifecycle writes entries inside its own transactions, and it alone gives an item a result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from bellhop.base.documents import Unreadable, stored
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.catalog.description import Description
from bellhop.database.database import database, query
from bellhop.functions.signature import FILES
from bellhop.jobs import queries

TRIM_BITE = 500
STORE = """
    INSERT INTO cache (key, type, owner, item, bytes, created_at, used_at)
    VALUES (:key, :type, :owner, :item, :bytes, :now, :now)
    ON CONFLICT (key) DO UPDATE SET type = excluded.type, owner = excluded.owner,
        item = excluded.item, bytes = excluded.bytes, created_at = excluded.created_at,
        used_at = excluded.used_at"""
COUNT = """
    INSERT INTO cache_count (type, hits, misses) VALUES (:type, :hits, :misses)
    ON CONFLICT (type) DO UPDATE
        SET hits = cache_count.hits + :hits, misses = cache_count.misses + :misses"""


HITS = "SELECT coalesce(sum(hits), 0), coalesce(sum(misses), 0) FROM cache_count"


@dataclass(frozen=True)
class Hit:
    """An earlier result: JSON texts, and the job that has it."""

    key: str
    job_id: str
    data: str
    files: str
    warnings: str


def key_of(
    job_type: Description,
    *,
    owner: str,
    params: Mapping[str, Any],
    given: Mapping[str, Any],
    sha256: str | None,
) -> str | None:
    """The SHA-256 in hex of all that a result depends on; None where none may be used again.

    `given` is the item's input, such as `{"file": "0.csv"}`, whose content is `sha256`.
    """
    kind, value = next(iter(given.items()))
    is_file = kind in FILES or "beside" in given
    if not job_type.cache or (is_file and sha256 is None):
        return None
    names = [value] if isinstance(value, str) else value
    content = [sha256, [PurePath(name).suffix for name in names]] if kind in FILES else value
    known_as = [job_type.type, job_type.version, job_type.code]
    parts = [owner, *known_as, params, kind, content]
    if beside := given.get("beside"):
        parts.append(
            [sha256, {n: [PurePath(f).suffix for f in each] for n, each in beside.items()}]
        )
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def lifetime_s(job_type: Description, most_days: float) -> float:
    """How old a result of this type may be when it is used again, in seconds."""
    own = job_type.cache
    return most_days * DAY_S if own is True else min(float(own), most_days * DAY_S)


def find(key: str, lifetime_s: float) -> Hit | None:
    """The result known by `key`, unless it is older than `lifetime_s`."""
    found = queries.cached(key, since=timestamp(-lifetime_s))
    if found is None or not _is_readable(found[2]):
        return None  # it is made anew, and takes the place of what cannot be read
    return Hit(key, *found)


def _is_readable(files: str) -> bool:
    """Whether this lists the files of a result."""
    try:
        listed = stored(files, list, "result", "", "files")
    except Unreadable:
        return False
    return all(
        isinstance(file, dict) and file.keys() >= {"name", "size", "path"} for file in listed
    )


def store(key: str, *, item: int, type_name: str, owner: str, size_bytes: int) -> None:
    """Keep the result that `item` has from now on; in the transaction that completes it."""
    entry = {"key": key, "type": type_name, "owner": owner, "item": item, "bytes": size_bytes}
    query(STORE, {**entry, "now": timestamp()})
    query(COUNT, {"type": type_name, "hits": 0, "misses": 1})


def take(key: str, *, item: int, type_name: str) -> None:
    """Note that `item` took the result; in the transaction that completes it."""
    values = {"key": key, "item": item, "now": timestamp()}
    query("UPDATE cache SET item = :item, used_at = :now WHERE key = :key", values)
    query(COUNT, {"type": type_name, "hits": 1, "misses": 0})


def clear(type_name: str | None = None) -> int:
    """Forget the entries, of one type or all; how many they were. Results stay with their jobs."""
    chosen = "type = :type" if type_name else "1 = 1"
    with database.atomic():
        return len(query(f"DELETE FROM cache WHERE {chosen} RETURNING 1", {"type": type_name}))


def trim(*, most_bytes: int, lifetime_s: float | None) -> int:
    """Forget what is too old, and beyond `most_bytes` what was not used for longest.

    Nothing is too old where `lifetime_s` is None.
    """
    with database.atomic():
        removed = []
        if lifetime_s is not None:
            removed = query(
                "DELETE FROM cache WHERE created_at < :oldest RETURNING 1",
                {"oldest": timestamp(-lifetime_s)},
            )
        ((size,),) = query("SELECT coalesce(sum(bytes), 0) FROM cache")
        oldest = "SELECT key, bytes FROM cache ORDER BY used_at LIMIT :bite"
        for key, entry_bytes in query(oldest, {"bite": TRIM_BITE}) if size > most_bytes else []:
            if size <= most_bytes:
                break
            size -= entry_bytes
            removed += query("DELETE FROM cache WHERE key = :key RETURNING 1", {"key": key})
    return len(removed)


def stats() -> dict[str, Any]:
    """Entries and bytes now, hits and misses since ever; `hit_ratio` is None before the first."""
    entries, size = query("SELECT count(*), coalesce(sum(bytes), 0) FROM cache")[0]
    hits, misses = query(
        "SELECT coalesce(sum(hits), 0), coalesce(sum(misses), 0) FROM cache_count"
    )[0]
    return {
        "entries": entries,
        "bytes": size,
        "hits": int(hits),
        "misses": int(misses),
        "hit_ratio": hits / (hits + misses) if hits + misses else None,
    }


def stats_by_type() -> list[dict[str, Any]]:
    """The same of each type that was ever looked up."""
    rows = query(
        """SELECT type, hits, misses, count(key), coalesce(sum(bytes), 0)
        FROM cache_count LEFT JOIN cache USING (type)
        GROUP BY type, hits, misses ORDER BY type"""
    )
    return [
        {"type": name, "entries": entries, "bytes": size, "hits": hits, "misses": misses}
        for name, hits, misses, entries, size in rows
    ]

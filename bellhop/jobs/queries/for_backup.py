"""What a backup and an upgrade ask: which jobs there are, and which files their rows name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bellhop.base.documents import Unreadable, stored
from bellhop.database.database import query
from bellhop.functions.signature import FILES
from bellhop.jobs.conditions import IS_UNFINISHED

RESULTS = """
    SELECT job.job_id, result.item, result.files FROM result
    JOIN item ON item.id = result.item JOIN job ON job.id = item.job
    WHERE result.files != '[]' ORDER BY result.item"""
INPUTS = f"""
    SELECT job.job_id, item.id, item.input FROM item JOIN job ON job.id = item.job
    WHERE item.step = 0 AND item.{IS_UNFINISHED} ORDER BY item.id"""


def every_job() -> list[str]:
    """The ids of all jobs, in the order in which they came."""
    return [job_id for (job_id,) in query("SELECT job_id FROM job ORDER BY id")]


def count_running() -> int:
    """How many items run, in rows of any schema."""
    return int(query("SELECT count(*) FROM item WHERE status = 'running'")[0][0])


def oldest_at() -> str:
    """When the oldest job came; "" without any."""
    found = query("SELECT created_at FROM job ORDER BY id LIMIT 1")
    return str(found[0][0]) if found else ""


def result_files() -> Iterator[tuple[str, int]]:
    """The keys of all output files that were recorded, such as results/JOB/0-0-1/a.csv; bytes."""
    for job_id, item, text in query(RESULTS):
        for file in _read(text, list, "result", item, "files"):
            if isinstance(file, dict) and isinstance(file.get("size"), int):
                yield f"results/{job_id}/{file.get('path')}", file["size"]


def needed_uploads() -> Iterator[str]:
    """The keys of the uploads of items that are not final, such as uploads/JOB/0.csv."""
    for job_id, item, text in query(INPUTS):
        given = _read(text, dict, "item", item, "input")
        beside = given.get("beside")
        named = [value for kind, value in given.items() if kind in FILES]
        named += beside.values() if isinstance(beside, dict) else ()
        for names in named:
            for name in names if isinstance(names, list) else [names]:
                yield f"uploads/{job_id}/{name}"


def _read(text: Any, kind: type, table: str, row: int, column: str) -> Any:
    """What a row holds; nothing where it cannot be read: such a row fails alone."""
    try:
        return stored(text, kind, table, row, column)
    except Unreadable:
        return kind()

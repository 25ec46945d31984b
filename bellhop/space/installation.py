"""What takes room beside single jobs: what rows and the system know without a look at each file,
and the document of the command, which looks at each.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from bellhop.accounts.access import BELLHOP
from bellhop.base.units import MEBIBYTE
from bellhop.database.database import database
from bellhop.jobs import queries
from bellhop.settings.settings import Settings
from bellhop.space import jobs
from bellhop.space.measured import Measure
from bellhop.storage.installation import Installation
from bellhop.stores.copying import free_bytes

ASKED_AT_ONCE = 10_000


def disk(settings: Settings) -> dict[str, int]:
    """The disk of the data folder, in bytes; of `free_bytes`, Bellhop leaves `reserve_bytes`."""
    found = os.statvfs(settings.data_dir)
    return {
        "free_bytes": free_bytes(settings.data_dir),
        "used_bytes": (found.f_blocks - found.f_bfree) * found.f_frsize,
        "reserve_bytes": settings.storage.reserve_mb * MEBIBYTE,
    }


def known(settings: Settings, here: Installation, jobs_bytes: int) -> dict[str, Any]:
    """What takes room on the disk of the data folder, without a look at each file.

    `other_bytes` is the rest of that disk: logs, environments, backups, and all that is not of
    Bellhop.
    """
    of_disk, (uploads, arriving_bytes) = disk(settings), queries.arriving()
    database_bytes, log_bytes = database.size_bytes(), database.log_bytes()
    here_bytes = arriving_bytes
    here_bytes += 0 if here.rows else database_bytes + log_bytes
    here_bytes += 0 if here.files else jobs_bytes
    return {
        "disk": of_disk,
        "database_bytes": database_bytes,
        "unused_bytes": database.unused_bytes(),
        "log_bytes": log_bytes,
        "jobs_bytes": jobs_bytes,
        "uploads": uploads,
        "uploads_bytes": arriving_bytes,
        "other_bytes": max(0, of_disk["used_bytes"] - here_bytes),
    }


def measured(settings: Settings, measure: Measure) -> dict[str, Any]:
    """What each kind of files takes; `is_complete` is false where there were too many."""
    measure.walk(settings.data_dir, settings.backup_folder)
    kinds = [{"kind": name, **asdict(of)} for name, of in measure.kinds.items() if of.bytes]
    return {
        "folder": str(settings.data_dir),
        "disk": disk(settings),
        "kinds": sorted(kinds, key=lambda of: (-of["bytes"], of["kind"])),
        "bytes": sum(of["bytes"] for of in kinds),
        "shared_bytes": measure.shared_bytes,
        "is_complete": measure.is_complete,
    }


def of_rows(settings: Settings, here: Installation, measure: Measure) -> dict[str, Any]:
    """What the rows say of jobs, and what of the measured files they know nothing of."""
    unknown = [*_unknown(measure.of_jobs)]
    return {
        "jobs": jobs.held(settings, BELLHOP),
        "unknown_jobs": len(unknown),
        "unknown_bytes": sum(measure.of_jobs[job_id] for job_id in unknown),
        "unused_bytes": database.unused_bytes(),
        "server": {"address": here.rows, "bytes": database.size_bytes()} if here.rows else None,
        "files": here.files or None,
    }


def _unknown(job_ids: Iterable[str]) -> Iterable[str]:
    every = [*job_ids]
    for begin in range(0, len(every), ASKED_AT_ONCE):
        yield from queries.unknown_jobs(every[begin : begin + ASKED_AT_ONCE])

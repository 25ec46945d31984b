"""What `check` asks of the write-ahead log: that nobody keeps it from being cut.

Whoever reads and does not end lets it grow until the disk is full.
"""

from __future__ import annotations

import os
import time

from bellhop.checks.answers import RESTART, Failed
from bellhop.database.database import database, query
from bellhop.storage.installation import Installation
from bellhop.storage.presence import LONG_LOG_BYTES
from bellhop.system import proctree

# The keeper cuts a long log ten times a second, as soon as nobody reads.
CUT_LIMIT_S, LOOK_EVERY_S = 2.0, 0.1
# Of a server: a backup may read for long, and a standby may be away for a while.
LONG_READ_S, MOST_KEPT_BYTES = 3600, 1 << 30
READS = """
    SELECT usename, pid, CAST(extract(epoch FROM now() - xact_start) AS BIGINT)
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
        AND pid != pg_backend_pid() AND extract(epoch FROM now() - xact_start) > :long_s
    ORDER BY xact_start"""
KEPT = """
    SELECT slot_name, CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) AS BIGINT)
    FROM pg_replication_slots
    WHERE NOT active AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > :most_bytes"""


def log_is_short(here: Installation) -> list[str]:
    """It gets shorter by itself, now or within a moment."""
    if here.rows:
        return _of_server()
    until = time.monotonic() + CUT_LIMIT_S
    while (size := database.log_bytes()) > LONG_LOG_BYTES:
        if time.monotonic() > until:
            raise Failed(f"it has {size >> 20} MiB and does not get shorter{_readers(here)}")
        time.sleep(LOOK_EVERY_S)
    return [f"{size >> 10} KiB"]


def _readers(here: Installation) -> str:
    """Who reads beside Bellhop, of which each process holds `alive.lock`, and what to do."""
    ours = {os.getpid(), *proctree.holding(here.folder / "alive.lock")}
    others = sorted(proctree.holding(here.database) - ours)
    if not others:
        return f"; {RESTART}"
    named = ", ".join(f"{proctree.name(pid)} ({pid})" for pid in others)
    ended = " ".join(map(str, others))
    return f", and other programs have the database open: {named}; end them: kill {ended}"


def _of_server() -> list[str]:
    """What this role can see: without `pg_monitor`, transactions of its own alone."""
    with database.connection_context():
        reads = query(READS, {"long_s": LONG_READ_S})
        kept = query(KEPT, {"most_bytes": MOST_KEPT_BYTES})
    wrong = [
        f"a transaction of {role} has been open for {age_s // 60} minutes, so the server cannot "
        f"clean up; end it: SELECT pg_terminate_backend({pid})"
        for role, pid, age_s in reads
    ]
    wrong += [
        f"the server keeps {size >> 20} MiB for the replication slot {name}, which nobody reads; "
        f"start that standby, or SELECT pg_drop_replication_slot('{name}')"
        for name, size in kept
    ]
    if wrong:
        raise Failed(*wrong)
    return ["nobody keeps the server from cutting it"]

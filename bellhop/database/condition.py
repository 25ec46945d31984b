"""What a person who runs Bellhop should know of its PostgreSQL server.

Every role can read all of it, except which of several standbys is synchronous (`pg_monitor`).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from bellhop.base.times import clock_problem
from bellhop.database.database import named, query

ROUND_TRIPS, SLOW_MS = 5, 2.0
FEW_CONNECTIONS = 5
SERVER = """
    SELECT current_setting('server_version') AS version,
        coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), '') AS encryption,
        coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', TRUE)
            AS is_local,
        current_setting('fsync') AS fsync,
        current_setting('full_page_writes') AS full_page_writes,
        current_setting('synchronous_commit') AS synchronous_commit,
        current_setting('synchronous_standby_names') AS names,
        current_user AS role"""
# -1 is no limit. The server keeps some connections for superusers and, from version 16 on, for
# roles that may use `pg_use_reserved_connections`.
FREE = """
    WITH used AS (SELECT datid, usesysid FROM pg_stat_activity
        WHERE datid IS NOT NULL AND usesysid IS NOT NULL)
    SELECT least(
        current_setting('max_connections')::int
            - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', TRUE), '0')::int
            - (SELECT count(*) FROM used),
        (SELECT nullif(rolconnlimit, -1) - (SELECT count(*) FROM used WHERE usesysid = oid)
            FROM pg_roles WHERE rolname = current_user),
        (SELECT nullif(datconnlimit, -1) - (SELECT count(*) FROM used WHERE datid = oid)
            FROM pg_database WHERE datname = current_database()))"""
# A backup and a copy for a new standby are here too. Without `pg_monitor`, all but the number of
# rows is hidden.
REPLICATION = "SELECT application_name AS name, state, sync_state FROM pg_stat_replication"
NEEDED = re.compile(r"\s*(?:(?:FIRST|ANY)\s+)?(\d+)\s*\(", re.IGNORECASE)
# `synchronous_commit` below `on`, and what it may cost.
LOSSES = {
    "off": "a crash of the server loses accepted jobs",
    "local": "a failover loses accepted jobs",
    "remote_write": "a failover after a crash of both machines loses accepted jobs",
}
MODES = ("none", "asynchronous", "synchronous", "quorum", "missing", "unknown")
MISSING = (
    "synchronous_standby_names is {}, but too few of these standbys are connected: "
    "every write waits for them; start them, or change the setting"
)
DAMAGE = "a power cut of the server can destroy the database"


@dataclass(frozen=True)
class Condition:
    """How a server is now.

    `encryption` is the version of TLS, empty without. `standby` is one of `MODES`: "missing" when
    commits wait for one that is not connected, "unknown" when this role cannot see it. `standbys`
    are the names of those that a commit waits for, or of all if it waits for none. `warnings` say
    what may lose jobs or is slow, `problems` what stops Bellhop now, and what to do about it.
    """

    version: str
    encryption: str
    round_trip_ms: float
    free_connections: int
    standby: str
    standbys: list[str]
    warnings: list[str]
    problems: list[str]

    def __str__(self) -> str:
        names = f" ({', '.join(self.standbys)})" if self.standbys else ""
        return (
            f"PostgreSQL {self.version}, {self.encryption or 'no TLS'}, "
            f"round trip {self.round_trip_ms:.2f} ms, "
            f"{self.free_connections} connections free, standby: {self.standby}{names}"
        )


def look() -> Condition:
    """How the server is that this process uses; takes some round trips."""
    (server,) = named(SERVER)
    trip_ms = round_trip_ms()
    free_connections = int(query(FREE)[0][0])
    standby, standbys = _standbys(server["names"], named(REPLICATION))
    return Condition(
        version=server["version"].partition(" ")[0],
        encryption=server["encryption"],
        round_trip_ms=trip_ms,
        free_connections=free_connections,
        standby=standby,
        standbys=standbys,
        warnings=[
            *_of_standby(standby, server["role"]),
            *_of_settings(server),
            *_of_place(server, trip_ms, free_connections),
        ],
        problems=[MISSING.format(server["names"])] if standby == "missing" else [],
    )


def round_trip_ms() -> float:
    """The shortest of some round trips to the server."""
    found = []
    for _ in range(ROUND_TRIPS):
        began = time.perf_counter()
        query("SELECT 1")
        found.append(time.perf_counter() - began)
    return min(found) * 1000


def _standbys(names: str, rows: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """Which standby mode is on, and the standbys that count."""
    shown = [row for row in rows if row["state"] in ("streaming", "catchup")]
    if not names:
        is_hidden = any(row["state"] is None for row in rows)
        return ("asynchronous" if shown or is_hidden else "none"), [row["name"] for row in shown]
    if any(row["state"] is None for row in rows):
        return "unknown", []
    awaited = [
        row for row in shown
        if row["state"] == "streaming" and row["sync_state"] in ("sync", "quorum")
    ]  # fmt: skip
    counted = NEEDED.match(names)
    if len(awaited) < (int(counted[1]) if counted else 1):
        return "missing", [row["name"] for row in awaited]
    is_quorum = any(row["sync_state"] == "quorum" for row in awaited)
    return ("quorum" if is_quorum else "synchronous"), [row["name"] for row in awaited]


def _of_standby(standby: str, role: str) -> list[str]:
    if standby == "asynchronous":
        return [
            "the standby is asynchronous: a failover to it loses accepted jobs; "
            "name it in synchronous_standby_names of the server"
        ]
    if standby == "unknown":
        return [
            "this role cannot see whether a standby is synchronous; "
            f'run as a superuser: GRANT pg_monitor TO "{role}"'
        ]
    return []


def _of_settings(server: dict[str, Any]) -> list[str]:
    level = server["synchronous_commit"]
    found = [f"{name} is off: {DAMAGE}; set it to on"
             for name in ("fsync", "full_page_writes") if server[name] == "off"]  # fmt: skip
    if loss := LOSSES.get(level):
        found.append(
            f"synchronous_commit is {level}: {loss}; "
            "set it to on for the server, the database and the role"
        )
    return found


def _of_place(server: dict[str, Any], trip_ms: float, free_connections: int) -> list[str]:
    found = []
    if not server["encryption"] and not server["is_local"]:
        found.append(
            "the connection is not encrypted; add sslmode=verify-full to [storage] database"
        )
    if trip_ms > SLOW_MS:
        found.append(
            f"a round trip takes {trip_ms:.1f} ms, and each move of an item needs several; "
            "run Bellhop closer to the server"
        )
    if free_connections < FEW_CONNECTIONS:
        found.append(
            f"{free_connections} connections are free; raise max_connections of the server, or "
            "end other programs that use it"
        )
    if wrong := clock_problem():
        found.append(wrong)
    return found

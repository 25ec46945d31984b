"""What the OpenAPI document says of the figures for monitoring."""

from __future__ import annotations

from bellhop.database.condition import MODES
from bellhop.web.openapi.schemas import (
    BACKLOG,
    Schema,
    count,
    list_of,
    map_of,
    named,
    number,
    one_of,
    or_null,
    record,
    text,
)

FIGURES: dict[str, Schema] = {
    "Monitor": record(
        "Figures for monitoring.", status=one_of(("ok", "degraded"), "The state of Bellhop."),
        problems=list_of({"type": "string"}, "Problems in words."),
        consumers=count("Live consumers."),
        queue=named("Bell"), disk=record(free_bytes=count("Free space for data."),
                                         database_bytes=count("Size of the database.")),
        queues=map_of(one_of(BACKLOG), "The backlog of each queue."),
        paused=list_of({"type": "string"}, "Paused queues."),
        unavailable_types=map_of(text(), "Job types that cannot run, and why."),
        cache=named("CacheFigures"),
        postgresql=or_null(named("Server", "The server of the database; null means SQLite."))),
    "Server": record(
        "A PostgreSQL server.", address=text("Hosts and name of the database."),
        version=text("Its version."),
        encryption=text("The version of TLS; empty without."),
        round_trip_ms=number("Milliseconds for the shortest statement."),
        free_connections=count("Connections that Bellhop can still open."),
        standby=one_of(MODES, "Which standbys a commit waits for; `missing`: it waits for one that "
                       "is not connected; `unknown`: the role of Bellhop cannot see it."),
        standbys=list_of({"type": "string"}, "Names of these standbys."),
        warnings=list_of({"type": "string"}, "In words, what can lose jobs or is slow."),
        problems=list_of({"type": "string"}, "In words, what stops Bellhop now.")),
}  # fmt: skip

"""What the OpenAPI document says of machines that join."""

from __future__ import annotations

from bellhop.base.addresses import API
from bellhop.web.openapi.operation import BODY, Route, shows, takes
from bellhop.web.openapi.schemas import (
    Schema,
    count,
    flag,
    map_of,
    named,
    number,
    one_of,
    record,
    text,
)

MACHINE_SCHEMAS: dict[str, Schema] = {
    "JoinRequest": record("A machine that joins.", token=text("Of `bellhop machine add`."),
        key=text("32 random bytes of the machine, as base64url without padding.")),
    "ServedQueue": record(
        "A queue that the machine serves.", workers=count("Items that run at the same time."),
        timeout_s=number("Time limit of an item, in seconds."),
        memory_mb=count("Memory limit of an item, in MiB; 0 means no limit.")),
    "Welcome": record(
        "What a new machine needs to know.", name=text("Its name."), machine=text("Its id."),
        installation=text("The id of the installation."),
        is_closed=flag("Whether a login is needed."),
        database=text("Address of the database, with the role and password of the machine."),
        files=text("Where the files of jobs are."),
        bell=one_of(("sqlite", "redis"), "Storage of the bell; sqlite: the database notifies."),
        redis_url=text("Address of Redis, if the bell is there."),
        certificates=map_of(text("PEM."), "The authorities that vouch for them, by field."),
        queues=map_of(named("ServedQueue"), "The queues that it serves.")),
}  # fmt: skip
MACHINES = (
    Route("POST", f"{API}/machines/join", name="joinMachine", summary="Join as a machine",
          words="`bellhop join` sends it. A token lets one machine in, within an hour; until that "
          "has started, it gets the same answer again. After unknown tokens, a try must wait.",
          body=takes("JoinRequest", {"token": "bellhop_join_TOKEN", "key": "A" * 43}),
          answers=shows("Welcome", "Welcome."), problems=(*BODY, "join-refused", "invalid-job")),
)  # fmt: skip

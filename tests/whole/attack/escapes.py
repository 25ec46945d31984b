"""Nothing outlives an item, however it was started and however the item ends."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import signal
import time
from pathlib import Path

from tests.whole.attack.rows import Plan, Row
from tests.whole.attack.stage import Caller, Stage, stage

WAYS = ("session", "orphan", "unadopted", "nested", "storm", "closed", "memory", "guardless",
        "namespaced", "passed on")  # fmt: skip
ENDS = ("cancel", "limit", "crash", "return", "kill -9 of the consumer", "stop")
GONE_WITHIN_S = 2.0
# What a busy machine may take to look.
ALLOWANCE_S = 1.0
# What is another process each moment is not seen by every look.
EMPTY_LOOKS = 5
MANY = 3  # at the same time, as the queue has workers
ROUNDS = 10  # ten ways, ten rounds: a hundred of each end


def attack(plan: Plan) -> list[Row]:
    """Every way to stay with every end of an item."""
    row = Row("nothing outlives an item", "0 processes after 2 s, 0 bytes of shared memory")
    rounds, tried = 1 if plan.is_quick else ROUNDS, 0
    order = random.Random(plan.seed)
    with stage(is_root=False) as on:
        assert on.serve_quietly(), on.log()
        for _ in range(rounds):
            for end in ENDS:
                ways = order.sample(WAYS, MANY if plan.is_quick else len(WAYS))
                tried += _round(on, row, end, ways)
    row.found = f"{len(row.misses)} of {tried} left something"
    return [row]


def _round(on: Stage, row: Row, end: str, ways: list[str]) -> int:
    """These ways with one end, some at the same time; how many there were."""
    tags = {way: f"atk{secrets.token_hex(5)}" for way in ways}
    for at in range(0, len(ways), MANY):
        some = ways[at : at + MANY]
        caller = on.caller("mallory")  # where a stop before has started another server
        jobs = {way: _submit(caller, way, tags[way], end) for way in some}
        _end(on, caller, jobs, end)
    deadline, empty = time.monotonic() + GONE_WITHIN_S + ALLOWANCE_S, 0
    while empty < EMPTY_LOOKS and time.monotonic() < deadline:
        empty = 0 if left(tags) else empty + 1
        time.sleep(0.05)
    for way, what in left(tags).items():
        row.misses.append(f"{way}, {end}: {what}")
    clean(tags)
    return len(ways)


def _submit(caller: Caller, way: str, tag: str, end: str) -> str:
    known = {"limit": "limit", "crash": "crash", "return": "return"}.get(end, "wait")
    kind = "escape_late" if end == "limit" else "escape"
    return caller.submit(kind, {"way": way, "tag": tag, "end": known})


def _end(on: Stage, caller: Caller, jobs: dict[str, str], end: str) -> None:
    """Bring the jobs to their end; afterwards the installation runs."""
    if end in ("cancel", "kill -9 of the consumer", "stop"):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and any(
            caller.get(f"/jobs/{job}").json()["current_step"] != "escaped" for job in jobs.values()
        ):
            time.sleep(0.05)
    if end == "kill -9 of the consumer":
        os.kill(on.pids()["consumer"], signal.SIGKILL)
    if end == "stop":
        on.stop()
        on.processes.clear()
        assert on.serve_quietly(), on.log()
    if end in ("cancel", "kill -9 of the consumer", "stop"):
        caller = on.caller("mallory")
        for job in jobs.values():
            caller.ask("POST", f"/jobs/{job}/cancel")
    for job in jobs.values():
        caller.final(job, 20)


def left(tags: dict[str, str]) -> dict[str, str]:
    """What is still there, by the way that it was made."""
    found: dict[str, str] = {}
    names = {tag: way for way, tag in tags.items()}
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if way := names.get(path.read_text().strip()):
                state = (path.parent / "stat").read_text().rpartition(")")[2].split()[0]
                if state not in "ZX":
                    found[way] = f"process {path.parent.name} lives"
    keys = {str(key_of(tag)): way for tag, way in names.items()}
    for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
        if way := keys.get(line.split()[0]):
            found[way] = "a segment of shared memory stays"
    for tag, way in names.items():
        if (Path("/dev/shm") / tag).exists():
            found[way] = "a file in /dev/shm stays"
    return found


def key_of(tag: str) -> int:
    return int.from_bytes(tag.encode()[-3:], "big")


def clean(tags: dict[str, str]) -> None:
    """Remove what is left, so that it is counted once."""
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if path.read_text().strip() in tags.values():
                os.kill(int(path.parent.name), signal.SIGKILL)
    for tag in tags.values():
        (Path("/dev/shm") / tag).unlink(missing_ok=True)
        os.system(f"ipcrm -M {key_of(tag)} 2>/dev/null")

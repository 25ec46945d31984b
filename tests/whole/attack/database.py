"""The database is removed, replaced or cut, while Bellhop runs and while it is stopped."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from tests.whole.attack.rows import Plan, Row
from tests.whole.attack.stage import Stage, stage

NOTICED_WITHIN_S = 2.0
# What a busy machine may take until a thread has its turn.
ALLOWANCE_S = 1.0
JOB = {"type": "honest", "items": [{"text": "a"}]}
PARTS = ("bellhop.db", "bellhop.db-wal", "bellhop.db-shm")


def remove(data: Path) -> None:
    for name in PARTS:
        (data / name).unlink(missing_ok=True)


def rename(data: Path) -> None:
    for name in PARTS:
        if (data / name).exists():
            (data / name).rename(data / f"{name}.aside")


def empty(data: Path) -> None:
    """A new, empty file in its place, as `touch` or a restore that failed leaves it."""
    remove(data)
    (data / "bellhop.db").touch()


def foreign(data: Path) -> None:
    """Another installation's: well-formed, of this version, and open to everybody."""
    draft = data / "draft.db"
    with sqlite3.connect(data / "bellhop.db") as source, sqlite3.connect(draft) as target:
        source.backup(target)
        target.execute("DELETE FROM account")
        target.execute("UPDATE counter SET value = 0 WHERE name = 'closed'")
    remove(data)
    draft.rename(data / "bellhop.db")


def other(data: Path) -> None:
    """A database of another program."""
    remove(data)
    with sqlite3.connect(data / "bellhop.db") as connection:
        connection.execute("CREATE TABLE t (a)")


def cut(data: Path) -> None:
    """Half of it, as a full disk or a broken copy leaves it."""
    path = data / "bellhop.db"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)
    for name in PARTS[1:]:
        (data / name).unlink(missing_ok=True)


def nothing_in_it(data: Path) -> None:
    with (data / "bellhop.db").open("r+b") as file:
        file.truncate(0)


def garbage(data: Path) -> None:
    (data / "bellhop.db").write_bytes(b"\xa5" * 100_000)


def whole_folder(data: Path) -> None:
    """Everything but the uploads and the record of the installation."""
    for path in data.iterdir():
        if path.is_file() and path.name not in ("installation.json", "bell.fifo"):
            path.unlink()


HARMS: tuple[Callable[[Path], None], ...] = (
    remove, rename, empty, foreign, other, cut, nothing_in_it, garbage, whole_folder,
)  # fmt: skip
QUICK = ("remove", "foreign")


def attack(plan: Plan) -> list[Row]:
    """While it runs, and while it is stopped."""
    asked = "no 202 and not ready within 2 s; never open again without the console"
    running = Row("database harmed while running", asked)
    stopped = Row("database harmed while stopped", asked)
    harms = [harm for harm in HARMS if not plan.is_quick or harm.__name__ in QUICK]
    with stage() as on:
        kept = on.folder / "kept"
        _fill(on)
        shutil.copytree(on.data, kept, symlinks=True, ignore=shutil.ignore_patterns("*.fifo"))
        for harm in harms:
            for row, attacked in ((running, _running), (stopped, _stopped)):
                shutil.rmtree(on.data)
                shutil.copytree(kept, on.data, symlinks=True)
                attacked(on, row, harm)
                on.kill_all()
    for row in (running, stopped):
        row.found = f"{len(row.misses)} faults in {len(harms)} ways"
    return [running, stopped]


def _fill(on: Stage) -> None:
    """Jobs of which something is lost with the database."""
    assert on.serve_quietly(), on.log()
    for _ in range(3):
        on.caller("victor").done("honest", "a", kind="text")
    on.stop()


def _running(on: Stage, row: Row, harm: Callable[[Path], None]) -> None:
    name = harm.__name__
    if not on.serve_quietly():
        return row.misses.append(f"{name}: it does not start with a whole database")
    caller, stranger = on.caller("victor"), on.caller()
    harm(on.data)
    time.sleep(NOTICED_WITHIN_S + ALLOWANCE_S)
    ready = stranger.get("//ready", limit_s=10).status
    row.expect(ready == 503, f"{name}: /ready answers {ready}")
    for who, answer in (("victor", caller), ("a stranger", stranger)):
        status = answer.ask("POST", "/jobs", JOB, limit_s=15).status
        row.expect(status not in (200, 202), f"{name}: {who} is told {status} for a new job")
    seen = stranger.get("/jobs", limit_s=15)
    row.expect(seen.status != 200, f"{name}: a stranger reads the list of jobs")
    on.kill_all()
    _again(on, row, f"{name}, restarted")


def _stopped(on: Stage, row: Row, harm: Callable[[Path], None]) -> None:
    harm(on.data)
    _again(on, row, harm.__name__)


def _again(on: Stage, row: Row, name: str) -> None:
    """A start after that: it may refuse, and must not let a stranger in."""
    if not on.serve_quietly():
        return
    stranger = on.caller()
    status = stranger.ask("POST", "/jobs", JOB).status
    row.expect(status not in (200, 202), f"{name}: a stranger is told {status} for a new job")
    seen = stranger.get("/jobs").status
    row.expect(seen != 200, f"{name}: a stranger reads the list of jobs")
    accounts = on.caller("ada").get("/account")
    row.expect(accounts.status != 200 or "ada" in accounts.body.decode(), f"{name}: it is open")
